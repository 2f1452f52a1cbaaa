// The teacher looks on at a seat: its screen, or its lines, and nothing to do there.
import {whenClosed} from './ask.js';
import {words} from './boardwords.js';
import {Fit} from './fit.js';
import {make, say} from './network.js';
import {Screen} from './screen.js';

const $ = (id) => document.getElementById(id);
const [gone, over, badKey, tooMany] = [4001, 4002, 4003, 1013];
const [firstWait, mostWait] = [250, 5000]; // milliseconds
const mostLines = 500;
const letters = [6, 24]; // pixels

export class Look {
  #dialog = $('look');
  #socket = null;
  #timer = 0;
  #wait = firstWait;
  #ask = null;
  #view = null;

  constructor() {
    $('look-close').addEventListener('click', () => this.#dialog.close());
    whenClosed(this.#dialog, () => this.#stop());
    new ResizeObserver(() => this.#view?.fit?.()).observe($('looked'));
  }

  open(key, seat, tab, name) {
    this.#stop();
    this.#ask = {key, seat, tab};
    this.#wait = firstWait;
    say($('look-head'), words.look(seat, tab, name));
    say($('look-state'), words.connecting);
    $('looked').replaceChildren();
    this.#dialog.showModal();
    $('look-close').focus();
    this.#connect();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#ask = this.#view = null;
    this.#socket?.close();
    this.#socket = null;
  }

  #connect() {
    const ask = this.#ask;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/look`, 'groupcast.1');
    this.#socket = socket;
    this.#view = null;
    socket.addEventListener('open', () => socket.send(JSON.stringify(ask)));
    socket.addEventListener('message', (event) => {
      if (this.#ask !== ask) return;
      this.#wait = firstWait;
      say($('look-state'), '');
      this.#show(JSON.parse(event.data));
    });
    socket.addEventListener('close', (event) => {
      if (this.#ask !== ask) return;
      const why = {[gone]: event.reason ? `${event.reason}.` : words.looking.gone, [over]: words.over, [badKey]: words.looking.key}[event.code];
      say($('look-state'), why ?? (event.code === tooMany ? words.looking.many : words.looking.lost));
      if (why) return;
      this.#timer = setTimeout(() => this.#connect(), this.#wait * (0.8 + 0.4 * Math.random()));
      this.#wait = Math.min(2 * this.#wait, mostWait);
    });
  }

  #show(message) {
    if (message.w) (this.#view ??= new Grid()).show(message);
    else if (message.lines) (this.#view ??= new Lines()).show(message);
  }
}

// Grid is a screen whose letters are as large as its columns and rows allow.
class Grid {
  #place = make('div', {class: 'screen', 'aria-hidden': 'true'});
  #size = [0, 0];

  constructor() {
    $('looked').replaceChildren(this.#place);
    this.letters = new Fit(this.#place);
    this.screen = new Screen(this.#place, this.letters);
  }

  show(message) {
    if (message.w !== this.#size[0] || message.h !== this.#size[1]) {
      this.#size = [message.w, message.h];
      this.fit();
    }
    this.screen.show(message);
    say($('look-state'), message.ended ? words.looking.ended(message.ended) : '');
  }

  fit() {
    const [w, h] = this.#size;
    const room = $('looked');
    if (!w || !room.clientWidth) return;
    const try_ = letters[1];
    this.letters.letters(try_);
    const size = Math.min(try_, (try_ * room.clientWidth) / (w * this.letters.width), (try_ * room.clientHeight) / (h * this.letters.height));
    this.letters.letters(Math.max(letters[0], Math.floor(4 * size) / 4));
    this.#place.style.width = `${Math.ceil(w * this.letters.width)}px`;
    this.#place.style.height = `${h * this.letters.height}px`;
    this.screen.repaint();
  }
}

class Lines {
  #log = make('div', {class: 'lines', role: 'log', tabindex: '0', 'aria-label': 'Lines'});

  constructor() {
    $('looked').replaceChildren(this.#log);
  }

  show({lines}) {
    for (const line of lines) this.#log.append(make('p', {}, line));
    while (this.#log.children.length > mostLines) this.#log.firstChild.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
