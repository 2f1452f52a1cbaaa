// The sender of the article, with its fault: it names no interface, and the
// routing table decides. On host A of the lab "article" the datagram leaves
// through eth1, where nobody is. There is no error. multicast-client-mended.js
// is the same program, mended.
//
// On host A of a lab (groupcast lab enter A):
//
//   node docs/examples/multicast-client.js test
const dgram = require('dgram');

const [text] = process.argv.slice(2);
const socket = dgram.createSocket('udp4');
socket.bind(() => {
  socket.addMembership('224.0.0.114'); // chooses where to receive, not where to send
  socket.send(text, 1234, '224.0.0.114', (err) => {
    if (err) throw err;
    console.log(`sent ${text}`);
    socket.close();
  });
});
