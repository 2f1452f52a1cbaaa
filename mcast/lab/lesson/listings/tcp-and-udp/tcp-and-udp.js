// node has two modules for the two protocols. With UDP connect stores the
// peer's address in the socket and sends nothing. With TCP it sends a SYN and
// waits for the other host.
//
//   node tcp-and-udp.js server
//   node tcp-and-udp.js connect udp|tcp ADDRESS
const dgram = require('dgram');
const net = require('net');

const PORT = 1234;

function server() {
  const listener = net.createServer((socket) => {
    console.log(`accepted ${socket.remoteAddress}`);
    socket.on('error', (err) => console.error(`${err}`));
    socket.destroy();
  });
  listener.listen(PORT, '0.0.0.0', () => console.log('ready'));
}

function connect(kind, address) {
  function refused(err) {
    if (err.code !== 'ECONNREFUSED') throw err;
    console.log(`${kind}: refused`);
    process.exit(1);
  }
  // [
  if (kind === 'tcp') {
    const socket = net.connect(PORT, address, () => {
      console.log(`tcp: connected, from ${socket.localAddress}`);
      socket.destroy();
    });
    socket.on('error', refused);
  } else {
    const socket = dgram.createSocket('udp4');
    socket.connect(PORT, address, (err) => {
      if (err) throw err;
      console.log(`udp: connected, from ${socket.address().address}`);
      socket.close();
    });
  }
  // ]
}

const [side, ...args] = process.argv.slice(2);
if (side === 'server' && args.length === 0) {
  server();
} else if (side === 'connect' && args.length === 2) {
  connect(...args);
} else {
  console.error('usage: server, or connect udp|tcp ADDRESS');
  process.exit(1);
}
