// A datagram counts against the send buffer until the interface has sent it.
// Where the buffer is full, node keeps datagrams in a queue of its own, and
// sends them later. A program can look at the length of that queue.
//
//   node send-buffer.js receive
//   node send-buffer.js send ADDRESS BYTES COUNT
const dgram = require('dgram');

const PORT = 1234;

function receive() {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    console.log(`heard ${text.length} bytes from ${from.address}`);
  });
  socket.bind(PORT, () => console.log('ready'));
}

function send(address, bytes, count) {
  const socket = dgram.createSocket('udp4');
  let left = count;
  socket.bind(0, () => {
    // [
    socket.setSendBufferSize(8192);
    const room = socket.getSendBufferSize(); // twice as much
    console.log(`send buffer of ${room} bytes`);
    for (let i = 0; i < count; i++) {
      socket.send(Buffer.alloc(bytes), PORT, address, (err) => {
        if (err) throw err;
        if (--left > 0) return;
        console.log(`all ${count} were sent`);
        socket.close();
      });
    }
    setTimeout(() => {
      if (left === 0 || socket.getSendQueueCount() === 0) return;
      console.log('the send buffer is full'); // the rest waits in node's queue
      process.exit(1);
    }, 100);
    // ]
  });
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 0) {
  receive();
} else if (side === 'send' && args.length === 3) {
  send(args[0], Number(args[1]), Number(args[2]));
} else {
  console.error('usage: receive, or send ADDRESS BYTES COUNT');
  process.exit(1);
}
