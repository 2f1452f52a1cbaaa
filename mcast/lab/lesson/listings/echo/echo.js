// The server sends each datagram back to where it came from. It accepts nobody
// and keeps no list of clients. The client gives each question a number and a
// deadline: a late reply is not taken for the reply to the next question.
//
//   node echo.js server
//   node echo.js client ADDRESS MILLISECONDS COUNT
const dgram = require('dgram');

const PORT = 1234;

function server() {
  const socket = dgram.createSocket('udp4');
  // [
  socket.on('message', (text, from) => {
    socket.send(text, from.port, from.address);
  });
  // ]
  socket.bind(PORT, () => console.log('ready'));
}

function client(address, wait, count) {
  const socket = dgram.createSocket('udp4');
  let question = 0;
  let replies = 0;
  let timer;
  function ask() {
    if (question === count) {
      socket.close();
      process.exitCode = replies === 0 ? 1 : 0;
      return;
    }
    question++;
    socket.send(`${question} HELLO!!`);
    // [
    timer = setTimeout(() => {
      console.log(`no reply to ${question} in time`);
      ask();
    }, wait);
    // ]
  }
  socket.on('message', (text) => {
    const number = parseInt(text.toString(), 10);
    // [
    if (number !== question) {
      console.log(`reply to ${number} came late`);
      return;
    }
    clearTimeout(timer);
    // ]
    console.log(`reply to ${question}`);
    replies++;
    ask();
  });
  socket.connect(PORT, address, ask);
}

const [side, ...args] = process.argv.slice(2);
if (side === 'server' && args.length === 0) {
  server();
} else if (side === 'client' && args.length === 3) {
  client(args[0], Number(args[1]), Number(args[2]));
} else {
  console.error('usage: server, or client ADDRESS MILLISECONDS COUNT');
  process.exit(1);
}
