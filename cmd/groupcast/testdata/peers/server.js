// The article's server: bound to the group's port, a member of the group,
// it prints what it receives. Byte exact, so in hexadecimal as well.
const dgram = require('dgram');

const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (message, from) => {
  console.log(`receive msg: ${message} from ${from.address}`);
  console.log(`hex: ${message.toString('hex')}`);
});
socket.bind(1234, () => {
  const local = process.argv[2]; // the address of an interface to join on
  socket.addMembership('224.0.0.114', local);
  console.log('ready');
});
