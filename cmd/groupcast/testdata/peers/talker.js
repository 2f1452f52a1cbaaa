// A member of GROUP at PORT, joined by the interface that has ADDRESS, which sends what it
// reads, a line a datagram.
const dgram = require('dgram');
const readline = require('readline');

const [group, port, address] = process.argv.slice(2);
const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.bind(Number(port), () => {
  socket.addMembership(group, address);
  socket.setMulticastInterface(address);
  readline.createInterface({ input: process.stdin }).on('line', (line) => socket.send(line, Number(port), group));
  console.log('ready');
});
socket.on('message', (message) => console.log(`heard ${message}`));
