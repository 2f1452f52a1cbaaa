// One question to a group, and a reply of each member, to the asker alone.
// Nobody knows how many there will be: the asker reads until its deadline.
//
//   node ask-a-group.js answer GROUP INTERFACE
//   node ask-a-group.js ask GROUP INTERFACE MILLISECONDS
const dgram = require('dgram');
const os = require('os');

const PORT = 1234;

// node names an interface by an address of it.
function addressOf(name) {
  return os.networkInterfaces()[name].find((a) => a.family === 'IPv4').address;
}

function answer(group, name) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => {
    socket.send(text, from.port, from.address);
  });
  socket.bind(PORT, () => {
    socket.addMembership(group, addressOf(name));
    console.log('ready');
  });
}

function ask(group, name, wait) {
  const socket = dgram.createSocket('udp4');
  let replies = 0;
  // [
  socket.on('message', (text, from) => {
    console.log(`reply from ${from.address}`);
    replies++;
  });
  // ]
  socket.bind(() => {
    socket.setMulticastInterface(addressOf(name));
    // [
    socket.send('?', PORT, group);
    // ]
  });
  // [
  setTimeout(() => {
    console.log(`replies: ${replies}`);
    process.exit(replies === 0 ? 1 : 0);
  }, wait);
  // ]
}

const [side, ...args] = process.argv.slice(2);
if (side === 'answer' && args.length === 2) {
  answer(...args);
} else if (side === 'ask' && args.length === 3) {
  ask(args[0], args[1], Number(args[2]));
} else {
  console.error('usage: answer GROUP INTERFACE, or ask GROUP INTERFACE MILLISECONDS');
  process.exit(1);
}
