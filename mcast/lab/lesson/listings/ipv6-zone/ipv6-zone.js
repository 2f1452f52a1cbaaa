// Each link has its own ff02::114. The zone after % says which link is meant:
// it is the interface to join on, and to send through.
//
//   node ipv6-zone.js receive GROUP%ZONE
//   node ipv6-zone.js send GROUP%ZONE TEXT
const dgram = require('dgram');

const PORT = 1234;

function receive(groupAndZone) {
  const socket = dgram.createSocket('udp6');
  socket.on('message', (text) => console.log(`heard ${text}`));
  socket.bind(PORT, () => {
    // [
    const [group, zone] = groupAndZone.split('%');
    socket.addMembership(group, `::%${zone}`);
    // ]
    console.log('ready');
  });
}

function send(groupAndZone, text) {
  const zone = groupAndZone.split('%')[1];
  // [
  const socket = dgram.createSocket('udp6');
  socket.bind(() => {
    socket.setMulticastInterface(`::%${zone}`);
    socket.send(text, PORT, groupAndZone, (err) => {
      if (err) throw err;
      console.log(`sent ${text}`);
      socket.close();
    });
  });
  // ]
}

const [side, ...args] = process.argv.slice(2);
if (side === 'receive' && args.length === 1) {
  receive(...args);
} else if (side === 'send' && args.length === 2) {
  send(...args);
} else {
  console.error('usage: receive GROUP%ZONE, or send GROUP%ZONE TEXT');
  process.exit(1);
}
