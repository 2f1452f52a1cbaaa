// A UDP server with node: it prints each datagram and where it came from.
//
// On host B of a lab (groupcast lab enter B):
//
//   node docs/examples/unicast-server.js
const dgram = require('dgram');

const socket = dgram.createSocket('udp4');
socket.on('message', (message, from) => {
  console.log(`receive msg: ${message} from ${from.address}:${from.port}`);
});
socket.on('listening', () => {
  const { address, port } = socket.address();
  console.log(`listening on ${address}:${port}`);
});
socket.bind(1234);
