// Notes that a page shows for a moment.
const mostShown = 8000; // milliseconds

export class Notes {
  #timers = new Map();

  // notice is over the screen; head is small, and over nothing.
  constructor(notice, head) {
    this.notice = notice;
    this.head = head;
  }

  // tell says something for a moment.
  tell(text) {
    this.#put(this.notice, text, mostShown);
  }

  // say says something until something else is said; '': nothing.
  say(text) {
    this.#put(this.notice, text, 0);
  }

  // letters says how large the screen is.
  letters(text) {
    this.#put(this.head, text, mostShown);
  }

  #put(element, text, time) {
    clearTimeout(this.#timers.get(element));
    if (element.textContent !== text) element.textContent = text;
    if (time > 0) this.#timers.set(element, setTimeout(() => (element.textContent = ''), time));
  }
}
