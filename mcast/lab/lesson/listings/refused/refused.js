// Nobody listens on the port. The first send of a connected socket succeeds
// all the same. The other host answers with an ICMP message, and the next call
// on the socket fails with ECONNREFUSED: here the one that waits for a reply.
// node waits for datagrams by itself, so the error is an event.
//
//   node refused.js server
//   node refused.js client ADDRESS TEXT
const dgram = require('dgram');

const PORT = 1234;

function server() {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    socket.send(text, from.port, from.address);
  });
  socket.bind(PORT, () => console.log('ready'));
}

function client(address, text) {
  // [
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    if (err.code !== 'ECONNREFUSED') throw err;
    console.log('refused: no program has this port');
    process.exit(1);
  });
  socket.connect(PORT, address, () => {
    socket.send(text, () => console.log(`sent ${text}`));
  });
  // ]
  const deadline = setTimeout(() => process.exit(1), 20000);
  socket.on('message', (reply) => {
    console.log(`reply ${reply}`);
    clearTimeout(deadline);
    socket.close();
  });
}

const [side, ...args] = process.argv.slice(2);
if (side === 'server' && args.length === 0) {
  server();
} else if (side === 'client' && args.length === 2) {
  client(...args);
} else {
  console.error('usage: server, or client ADDRESS TEXT');
  process.exit(1);
}
