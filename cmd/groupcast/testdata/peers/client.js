// The article's client: bound to the group's port, a member of the group, it
// sends one datagram. (The article says 'test'.)
const dgram = require('dgram');

const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.bind(1234, () => {
  socket.addMembership('224.0.0.114');
  socket.send(process.argv[2] || 'test', 1234, '224.0.0.114', (err) => {
    if (err) throw err;
    socket.close();
  });
});
