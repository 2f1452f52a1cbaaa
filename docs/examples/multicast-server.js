// A member of a group with node. It joins on the interface that has the address
// LOCAL; without LOCAL the kernel chooses the interface.
//
// On host B of a lab (groupcast lab enter B):
//
//   node docs/examples/multicast-server.js 192.168.8.226
const dgram = require('dgram');

const [local] = process.argv.slice(2);
const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (message, from) => {
  console.log(`receive msg: ${message} from ${from.address}:${from.port}`);
});
socket.bind(1234, () => {
  socket.addMembership('224.0.0.114', local);
  console.log('joined 224.0.0.114');
});
