// A UDP socket is connected. That sends nothing: the kernel looks up the
// route, and with it the address that datagrams will come from.
//
//   node connect.js receive
//   node connect.js connect ADDRESS
//   node connect.js send ADDRESS TEXT
const dgram = require('dgram');

const PORT = 1234;

function receive() {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    console.log(`heard ${text} from ${from.address}`);
  });
  socket.bind(PORT, () => console.log('ready'));
}

function connect(address, then) {
  // [
  const socket = dgram.createSocket('udp4');
  socket.connect(PORT, address, (err) => {
    if (err) throw err;
    console.log(`connected, from ${socket.address().address}`);
    then(socket);
  });
  // ]
}

function send(address, text) {
  connect(address, (socket) => {
    socket.send(text, (err) => {
      if (err) throw err;
      console.log(`sent ${text}`);
      socket.close();
    });
  });
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 0) {
  receive();
} else if (side === 'connect' && args.length === 1) {
  connect(args[0], (socket) => socket.close());
} else if (side === 'send' && args.length === 2) {
  send(...args);
} else {
  console.error('usage: receive, or connect ADDRESS, or send ADDRESS TEXT');
  process.exit(1);
}
