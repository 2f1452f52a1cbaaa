// The article's server: bound to the group's port, a member of the group,
// it prints what it receives. Byte exact, so in hexadecimal as well.
const dgram = require('dgram');

// Arguments: the local address to join on, and the group. For IPv6 the local
// address is '::%eth0'.
const [local, group = '224.0.0.114'] = process.argv.slice(2);
const type = group.includes(':') ? 'udp6' : 'udp4';

const socket = dgram.createSocket({ type, reuseAddr: true });
socket.on('message', (message, from) => {
  console.log(`receive msg: ${message} from ${from.address}`);
  console.log(`hex: ${message.toString('hex')}`);
});
socket.bind(1234, () => {
  socket.addMembership(group, local);
  console.log('ready');
});
