// A socket receives datagrams to the address that it is bound to. 0.0.0.0
// stands for every address. Several programs can have one port if each of them
// sets SO_REUSEADDR; "alone" does not set it.
//
//   node bind.js receive ADDRESS GROUP INTERFACE
//   node bind.js alone
//   node bind.js send ADDRESS TEXT
const dgram = require('dgram');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function receive(address, group, name) {
  // [
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(PORT, address, () => {
    socket.addMembership(group, addressOf(name));
    console.log('ready');
  });
  // ]
  socket.on('message', (text, from) => {
    console.log(`heard ${text} from ${from.address}`);
  });
}

function alone() {
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    if (err.code !== 'EADDRINUSE') throw err;
    console.log('the port is in use');
    process.exit(1);
  });
  socket.bind(PORT, () => {
    console.log('the port is mine');
    socket.close();
  });
}

function send(address, text) {
  const socket = dgram.createSocket('udp4');
  socket.send(text, PORT, address, (err) => {
    if (err) throw err;
    console.log(`sent ${text}`);
    socket.close();
  });
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 3) {
  receive(...args);
} else if (side === 'alone' && args.length === 0) {
  alone();
} else if (side === 'send' && args.length === 2) {
  send(...args);
} else {
  console.error('usage: receive ADDRESS GROUP INTERFACE, or alone, or send ADDRESS TEXT');
  process.exit(1);
}
