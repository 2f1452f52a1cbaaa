// Datagrams wait in the socket's receive buffer until the program reads them.
// What finds it full is dropped, and the kernel counts that. The program asks
// for a buffer of so many bytes, and is busy until a line comes on standard
// input. node has no call for the count of a socket: the last column of
// /proc/net/udp has it.
//
//   node receive-buffer.js receive GROUP INTERFACE BYTES
//   node receive-buffer.js send GROUP COUNT
const dgram = require('dgram');
const fs = require('fs');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function receive(group, name, bytes) {
  const socket = dgram.createSocket('udp4');
  let n = 0;
  socket.on('message', () => n++);
  socket.bind(PORT, () => {
    // [
    socket.setRecvBufferSize(Number(bytes));
    const granted = socket.getRecvBufferSize(); // twice as much
    console.log(`buffer of ${granted} bytes`);
    // ]
    socket.addMembership(group, addressOf(name));
    console.log('ready');
    fs.readSync(0, Buffer.alloc(100)); // busy: nothing else happens meanwhile
    setTimeout(() => {
      const dropped = drops(PORT);
      console.log(`of ${n + dropped} datagrams ${dropped > 0 ? 'some were' : 'none was'} dropped`);
      socket.close();
    }, 100);
  });
}

// [
function drops(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = fs.readFileSync('/proc/net/udp', 'utf8').split('\n');
  const line = lines.find((l) => l.includes(`:${hex} 00000000:0000`));
  return Number(line.trim().split(/ +/).at(-1));
}
// ]

function send(group, count) {
  const socket = dgram.createSocket('udp4');
  let left = count;
  for (let i = 0; i < count; i++) {
    socket.send('burst', PORT, group, (err) => {
      if (err) throw err;
      if (--left > 0) return;
      console.log(`sent ${count}`);
      socket.close();
    });
  }
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 3) {
  receive(...args);
} else if (side === 'send' && args.length === 2) {
  send(args[0], Number(args[1]));
} else {
  console.error('usage: receive GROUP INTERFACE BYTES, or send GROUP COUNT');
  process.exit(1);
}
