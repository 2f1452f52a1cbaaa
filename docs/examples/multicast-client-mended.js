// The sender of multicast-client.js, mended: setMulticastInterface names the
// outgoing interface by one of its addresses. A sender need not be a member.
//
// On host A of a lab (groupcast lab enter A):
//
//   node docs/examples/multicast-client-mended.js 192.168.8.164 test
const dgram = require('dgram');

const [local, text] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');
socket.bind(() => {
  socket.setMulticastInterface(local); // only after bind: before it there is no socket
  socket.send(text, 1234, '224.0.0.114', (err) => {
    if (err) throw err;
    console.log(`sent ${text}`);
    socket.close();
  });
});
