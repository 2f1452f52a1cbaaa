// A member of GROUP at PORT, joined by the interface that has ADDRESS.
const dgram = require('dgram');

const [group, port, address] = process.argv.slice(2);
const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.bind(Number(port), () => {
  socket.addMembership(group, address);
  console.log('ready');
});
socket.on('message', (message) => console.log(`heard ${message}`));
