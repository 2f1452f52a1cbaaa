// A program joins a group for one source. What others send to the group is not
// for it.
//
//   node source-specific.js receive SOURCE GROUP INTERFACE
//   node source-specific.js send GROUP TEXT
const dgram = require('dgram');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function receive(source, group, name) {
  // [
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    console.log(`heard ${text} from ${from.address}`);
  });
  socket.bind(PORT, () => {
    socket.addSourceSpecificMembership(source, group, addressOf(name));
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
if (side === 'receive' && args.length === 3) {
  receive(...args);
} else if (side === 'send' && args.length === 2) {
  send(...args);
} else {
  console.error('usage: receive SOURCE GROUP INTERFACE, or send GROUP TEXT');
  process.exit(1);
}
