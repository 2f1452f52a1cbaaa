// A UDP client with node. It does not bind: the first send does that, to a port
// of the kernel's choice. The callback says that the kernel took the datagram,
// and not that anybody received it.
//
// On host A of a lab (groupcast lab enter A):
//
//   node docs/examples/unicast-client.js 192.168.8.226 hello
const dgram = require('dgram');

const [address, text] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');
socket.send(text, 1234, address, (err) => {
  if (err) throw err;
  console.log(`sent from port ${socket.address().port}`);
  socket.close();
});
