// What a board is told: server-sent events, read by fetch, because EventSource sends no
// key and tells no reason.
const [firstWait, mostWait] = [250, 5000]; // milliseconds
const silence = 25_000; // milliseconds, after which a connection is lost; the server says something every 10 s
const mostHeld = 64 << 20; // characters of one event

// Feed calls on.open(), on.event(kind, object), on.lost() and on.refused(status, text,
// field), which returns whether to ask again.
export class Feed {
  #abort = new AbortController();
  #wait = firstWait;
  #hurry = () => {};
  #done = false;

  constructor(url, key, on) {
    this.url = url;
    this.key = key;
    this.on = on;
    addEventListener('online', () => this.#hurry(), {signal: this.#abort.signal});
    this.#run();
  }

  close() {
    this.#done = true;
    this.#abort.abort();
    this.#hurry();
  }

  async #run() {
    while (!this.#done) {
      let again = true;
      try {
        again = await this.#once();
      } catch {
        // the connection is lost
      }
      if (this.#done || !again) return;
      this.on.lost();
      await this.#rest();
    }
  }

  #rest() {
    const wait = this.#wait * (0.8 + 0.4 * Math.random());
    this.#wait = Math.min(2 * this.#wait, mostWait);
    return new Promise((done) => {
      const timer = setTimeout(done, wait);
      this.#hurry = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  async #once() {
    const once = new AbortController();
    const stop = () => once.abort();
    this.#abort.signal.addEventListener('abort', stop);
    let timer = setTimeout(stop, silence);
    try {
      const response = await fetch(this.url, {cache: 'no-store', signal: once.signal, headers: this.key ? {Authorization: `Bearer ${this.key}`} : {}});
      if (!response.ok) {
        const answer = await response.json().catch(() => ({}));
        return !this.#done && this.on.refused(response.status, answer.error ?? '', answer.field ?? '');
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let held = '';
      for (;;) {
        const {value, done} = await reader.read();
        if (done || this.#done) return true;
        clearTimeout(timer);
        timer = setTimeout(stop, silence);
        this.#wait = firstWait;
        held += value;
        const events = held.split('\n\n');
        held = events.pop();
        if (held.length > mostHeld) return true;
        for (const event of events) this.#event(event);
      }
    } finally {
      clearTimeout(timer);
      this.#abort.signal.removeEventListener('abort', stop);
      once.abort();
    }
  }

  #event(text) {
    const [kind, data] = text.split('\n');
    if (this.#done || !kind.startsWith('event: ') || !data?.startsWith('data: ')) return; // a comment
    this.on.event(kind.slice(7), JSON.parse(data.slice(6)));
  }
}
