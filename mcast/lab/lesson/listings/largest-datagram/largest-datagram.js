// The IP header takes 20 bytes of a packet and the UDP header 8. Of an
// Ethernet's 1500 bytes 1472 are left for the payload; a larger datagram is
// cut into fragments. No datagram of IPv4 has more than 65507 bytes.
//
//   node largest-datagram.js receive GROUP INTERFACE
//   node largest-datagram.js send GROUP BYTES
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
    console.log(`heard ${text.length} bytes from ${from.address}`);
  });
  socket.bind(PORT, () => {
    socket.addMembership(group, addressOf(name));
    console.log('ready');
  });
}

function send(group, bytes) {
  const socket = dgram.createSocket('udp4');
  // [
  socket.send(Buffer.alloc(bytes), PORT, group, (err) => {
    if (err && err.code !== 'EMSGSIZE') throw err;
    if (err) {
      console.log(`${bytes} bytes are too many`);
      process.exit(1);
    }
    // 1480 bytes of each packet are for UDP: its header once, then the payload
    console.log(`sent ${bytes} bytes, packets: ${Math.ceil((8 + bytes) / 1480)}`);
    socket.close();
  });
  // ]
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 2) {
  receive(...args);
} else if (side === 'send' && args.length === 2) {
  send(args[0], Number(args[1]));
} else {
  console.error('usage: receive GROUP INTERFACE, or send GROUP BYTES');
  process.exit(1);
}
