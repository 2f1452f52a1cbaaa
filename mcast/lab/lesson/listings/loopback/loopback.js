// The sender's socket decides whether the members on its own host get a
// loopback copy. On is the default.
//
//   node loopback.js receive GROUP INTERFACE
//   node loopback.js send GROUP INTERFACE on|off TEXT
const dgram = require('dgram');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function receive(group, name) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    console.log(`heard ${text} from ${from.address}`);
  });
  socket.bind(PORT, () => {
    socket.addMembership(group, addressOf(name));
    console.log('ready');
  });
}

function send(group, name, on, text) {
  // [
  const socket = dgram.createSocket('udp4');
  socket.bind(() => {
    socket.setMulticastInterface(addressOf(name));
    socket.setMulticastLoopback(on === 'on');
    socket.send(text, PORT, group, (err) => {
      if (err) throw err;
      console.log(`sent ${text}`);
      socket.close();
    });
  });
  // ]
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 2) {
  receive(...args);
} else if (side === 'send' && args.length === 4) {
  send(...args);
} else {
  console.error('usage: receive GROUP INTERFACE, or send GROUP INTERFACE on|off TEXT');
  process.exit(1);
}
