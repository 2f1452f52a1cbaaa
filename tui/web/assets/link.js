// The connection to the class: messages both ways, and again when it is lost.
const [firstWait, mostWait] = [250, 5000]; // milliseconds
const rate = 150; // messages a second; the server ends a connection at 200
const mostQueued = 500;
const mostBytes = 60_000; // of a message; the server takes 64 KiB
const gone = 4001; // codes of closing
const over = 4002;
const tooMany = 1013; // pages of this seat

// Link calls on.open(), on.message(object), on.lost(), on.refused(), on.gone() and on.over().
// After the last two it does nothing any more.
export class Link {
  #socket = null;
  #wait = firstWait;
  #queue = [];
  #tokens = rate;
  #refilled = performance.now();
  #timer = 0;
  #done = false;

  constructor(on, path = '/ws') {
    this.on = on;
    this.path = path;
    addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
    this.#open();
  }

  #open() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${this.path}`, 'groupcast.1');
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#queue = [];
      this.on.open();
    });
    socket.addEventListener('message', (event) => {
      this.#wait = firstWait;
      this.on.message(JSON.parse(event.data));
    });
    socket.addEventListener('close', (event) => {
      this.#socket = null;
      if (this.#done) return;
      if (event.code === gone || event.code === over) return this.#end(event.code);
      if (event.code === tooMany) this.on.refused();
      else this.on.lost();
      this.#later();
    });
  }

  #end(code) {
    this.#done = true;
    if (code === over) this.on.over();
    else this.on.gone();
  }

  #later() {
    this.#timer = setTimeout(() => this.#open(), this.#wait * (0.8 + 0.4 * Math.random()));
    this.#wait = Math.min(2 * this.#wait, mostWait);
  }

  #hurry() {
    if (this.#timer && !this.#done) this.#open();
  }

  close() {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  // send sends a message, or keeps it for a moment where there are too many. false: it is
  // lost, because there is no connection or no room.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    const last = this.#queue.at(-1);
    if (last?.i !== undefined && message.i !== undefined) last.i += message.i;
    else if (last?.m?.[3] === 2 && message.m?.[3] === 2) last.m = message.m; // a move after a move
    else if (this.#queue.length < mostQueued) this.#queue.push(message);
    else return false;
    this.#flush();
    return true;
  }

  // fits reports whether a message is short enough for the server.
  static fits(message) {
    return new TextEncoder().encode(JSON.stringify(message)).length <= mostBytes;
  }

  #flush() {
    const now = performance.now();
    this.#tokens = Math.min(rate / 4, this.#tokens + ((now - this.#refilled) * rate) / 1000);
    this.#refilled = now;
    while (this.#queue.length > 0 && this.#tokens >= 1 && this.#socket?.readyState === WebSocket.OPEN) {
      this.#tokens--;
      this.#socket.send(JSON.stringify(this.#queue.shift()));
    }
    if (this.#queue.length > 0 && !this.waiting) {
      this.waiting = setTimeout(() => {
        this.waiting = 0;
        this.#flush();
      }, 20);
    }
  }
}
