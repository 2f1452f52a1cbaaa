// A client of an echo server: sends payloads of these sizes to ADDRESS PORT,
// one after the other, and says how much came back byte exact, and from where.
const dgram = require('dgram');

const [address, port, ...sizes] = process.argv.slice(2);
const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
let sent;

function next() {
  if (sizes.length === 0) return socket.close();
  sent = Buffer.alloc(Number(sizes.shift()), 'all bytes \x00\xff', 'latin1');
  socket.send(sent, Number(port), address);
}

socket.on('message', (message, from) => {
  console.log(`${message.equals(sent) ? 'exact' : 'different'}: ${message.length} from ${from.address}:${from.port}`);
  next();
});
next();
