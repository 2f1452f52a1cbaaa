// A tab without a screen: the lines of its program, and the connection to it.
import {Link} from './link.js';
import {words} from './words.js';

const mostLines = 1000;

// Log calls on.changed(log), on.seat(seat, log), on.exercise(state, version), on.fresh(log) when
// there is a new line, on.gone() and on.over().
export class Log {
  trouble = words.connecting; // why it shows nothing; '': it does
  #seen = 0; // the number of the last line that is shown
  #first = true; // of the messages of a connection
  #end = true; // the last line is in view
  #height = 0; // of the view, when that was found

  constructor(tab, place, on) {
    this.tab = tab;
    this.on = on;
    this.element = document.createElement('div');
    Object.assign(this.element, {className: 'log', tabIndex: 0, hidden: true});
    this.element.setAttribute('role', 'log');
    this.element.setAttribute('aria-label', words.log);
    place.append(this.element);
    // When the task above it grows the view has fewer lines: they stay the last ones. Chromium
    // calls that scrolling, before it calls it another size.
    this.element.addEventListener('scroll', () => {
      if (this.element.clientHeight === this.#height) this.#end = this.#atEnd();
    });
    new ResizeObserver(() => {
      if (this.#end) this.#toEnd();
      this.#height = this.element.clientHeight;
    }).observe(this.element);
    this.link = new Link({
      open: () => {
        this.#first = true;
        this.link.send({seen: this.#seen});
        this.#trouble('');
      },
      message: (message) => this.#take(message),
      lost: () => this.#trouble(words.lost),
      refused: () => this.#trouble(words.tooMany),
      gone: on.gone,
      over: on.over,
    }, tab ? `/ws?tab=${encodeURIComponent(tab)}` : '/ws');
  }

  // say sends a line, and reports whether it could.
  say(line) {
    if (!this.link.send({say: line})) return false;
    this.#add(words.said(line), 'own');
    this.#toEnd();
    return true;
  }

  #atEnd() {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < 40;
  }

  #toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  #trouble(text) {
    this.trouble = text;
    this.on.changed(this);
  }

  #take(message) {
    if (message.seat) this.on.seat(message.seat, this);
    else if (message.exercise) this.on.exercise(message.exercise, message.v);
    else this.#show(message);
  }

  // show adds lines that are not shown yet: after the connection was lost all come again.
  #show({lines, last, lost}) {
    if (last < this.#seen) this.#seen = 0; // another program's
    const {element} = this;
    const news = lines.slice(Math.max(0, lines.length - (last - this.#seen)));
    const atEnd = this.#atEnd();
    if (lost && this.#seen < last - lines.length) this.#add(words.lines(last - lines.length - this.#seen), 'note');
    for (const line of news) this.#add(line);
    this.#seen = last;
    while (element.childElementCount > mostLines) element.firstElementChild.remove();
    if (atEnd) this.#toEnd();
    if (news.length > 0 && !this.#first) this.on.fresh(this);
    this.#first = false;
  }

  #add(text, kind) {
    const p = document.createElement('p');
    p.textContent = text;
    if (kind) p.className = kind;
    this.element.append(p);
  }
}
