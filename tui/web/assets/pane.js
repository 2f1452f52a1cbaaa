// A tab with a screen: what its program shows, and the connection to it.
import {isDark} from './colour.js';
import {Link} from './link.js';
import {Mouse} from './mouse.js';
import {Screen} from './screen.js';
import {words} from './words.js';

// Pane calls on.changed(pane), on.seat(seat, pane), on.exercise(state, version), on.fresh(pane) when
// there is something new on its screen, on.unread(bytes), on.gone() and on.over(); and, for
// the mouse, on.send(message), on.selection() and on.tap(touch).
export class Pane {
  trouble = words.connecting; // why it shows nothing; '': it does
  title = '';
  ended = ''; // why nothing runs; '': a program does
  looked = false; // the teacher looks on
  #size = null; // that was told last
  #told = '';
  #lost = 0; // bytes that the program did not read, as the server last told
  #first = true; // of the messages of a connection

  constructor(tab, place, fit, on) {
    this.tab = tab;
    this.on = on;
    this.element = document.createElement('div');
    this.element.className = 'pane';
    this.element.hidden = true;
    place.append(this.element);
    this.screen = new Screen(this.element, fit);
    this.mouse = new Mouse(this.screen, on);
    this.link = new Link({
      open: () => this.#open(),
      message: (message) => this.#take(message),
      lost: () => this.#trouble(words.lost),
      refused: () => this.#trouble(words.tooMany),
      gone: on.gone,
      over: on.over,
    }, tab ? `/ws?tab=${encodeURIComponent(tab)}` : '/ws');
  }

  // tell tells the server how large the screen is to be, if it was not told so. The first
  // time starts the program.
  tell({w, h}) {
    this.#size = {w, h, light: !isDark()};
    const told = JSON.stringify(this.#size);
    if (told !== this.#told && this.link.send(this.#size)) this.#told = told;
  }

  #open() {
    this.#told = '';
    this.#first = true;
    if (this.#size) this.tell(this.#size);
  }

  #trouble(text) {
    this.trouble = text;
    this.on.changed(this);
  }

  #take(message) {
    if (message.seat) {
      if (message.seat.exercise) this.#trouble(words.building);
      this.on.seat(message.seat, this);
      return;
    }
    if (message.exercise) {
      this.on.exercise(message.exercise, message.v);
      return;
    }
    this.trouble = '';
    this.title = message.title ?? '';
    this.ended = message.ended ?? '';
    this.looked = Boolean(message.looked);
    this.mouse.uses = Boolean(message.mouse);
    this.screen.show(message);
    if (message.dropped > this.#lost) this.on.unread(message.dropped - this.#lost);
    this.#lost = message.dropped ?? 0;
    if (message.rows && !this.#first) this.on.fresh(this);
    this.#first = false;
    this.on.changed(this);
  }
}
