// A program receives the group that it has joined, and not the groups that
// others have joined on the same port. "plain" is a program without that: it
// receives them as well. node has no IP_MULTICAST_ALL, so it binds the socket
// to the group. Then unicast datagrams do not arrive either.
//
//   node only-my-group.js receive GROUP INTERFACE
//   node only-my-group.js plain GROUP INTERFACE
//   node only-my-group.js send GROUP TEXT
const dgram = require('dgram');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function receive(group, name, plain) {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (text, from) => {
    console.log(`heard ${text} from ${from.address}`);
  });
  // [
  // Bound to the group, the socket receives what is sent to it, and nothing else.
  socket.bind({ port: PORT, address: plain ? '0.0.0.0' : group }, () => {
    socket.addMembership(group, addressOf(name));
    console.log('ready');
  });
  // ]
}

function send(group, text) {
  const socket = dgram.createSocket('udp4');
  socket.send(text, PORT, group, (err) => {
    if (err) throw err;
    console.log(`sent ${text}`);
    socket.close();
  });
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 2) {
  receive(args[0], args[1], false);
} else if (side === 'plain' && args.length === 2) {
  receive(args[0], args[1], true);
} else if (side === 'send' && args.length === 2) {
  send(...args);
} else {
  console.error('usage: receive GROUP INTERFACE, or plain GROUP INTERFACE, or send GROUP TEXT');
  process.exit(1);
}
