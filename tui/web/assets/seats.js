// The table of seats, and the log.
import {words} from './boardwords.js';
import {make, say, set} from './network.js';

const $ = (id) => document.getElementById(id);

// Seats calls on.open(seat) and on.choose('seat', seat, element).
export class Seats {
  #rows = new Map();
  #key = '';

  constructor(on) {
    this.on = on;
    $('rows').addEventListener('click', (event) => {
      const [button, row] = [event.target.closest('button'), event.target.closest('tr')];
      if (button?.dataset.do === 'menu') on.choose('seat', row.dataset.seat, button);
      else if (this.opens) on.open(row.dataset.seat);
    });
  }

  show(board, teacher, opened) {
    this.opens = board.private;
    const key = `${teacher} ${board.private} ${board.lesson ?? ''} ${board.seats.map((s) => s.seat).join(' ')}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#build(board, teacher);
    }
    for (const s of board.seats) {
      const {tr, button, cells} = this.#rows.get(s.seat);
      const state = stateOf(s);
      set(tr, 'class', `${state} ${s.seat === opened ? 'opened' : ''}`);
      if (this.opens) set(button, 'aria-pressed', String(s.seat === opened));
      say(cells.name, s.name ?? '');
      set(cells.name, 'title', s.name ?? '');
      say(cells.state, [words.state[state], s.looked && words.state.looked].filter(Boolean).join(', '));
      const p = s.name && s.progress;
      if (!cells.met) continue;
      say(cells.met, p ? words.met(p) : '');
      say(cells.hints, p ? words.hints(p) : '');
      say(cells.minutes, p ? String(Math.floor(p.seconds / 60)) : '');
    }
  }

  #build(board, teacher) {
    const columns = ['seat', 'name', 'state', ...(board.lesson ? ['met', 'hints', 'minutes'] : []), ...(teacher ? ['menu'] : [])];
    $('columns').replaceChildren(...columns.map((c) => make('th', {scope: 'col', class: c}, c === 'menu' ? make('span', {class: 'unseen'}, words.columns.menu) : words.columns[c])));
    this.#rows.clear();
    const rows = board.seats.map((s) => {
      const button = board.private ? make('button', {'aria-pressed': 'false', 'aria-label': words.open(s.seat)}, s.seat) : s.seat;
      const tr = make('tr', {'data-seat': s.seat}, make('th', {scope: 'row', class: 'seat'}, button));
      const cells = {};
      for (const c of columns.slice(1)) {
        cells[c] = c === 'menu' ? make('td', {class: c}, make('button', {'data-do': 'menu', 'aria-haspopup': 'dialog', 'aria-label': words.menuOf(s.seat)}, '⋯')) : make('td', {class: c});
        tr.append(cells[c]);
      }
      this.#rows.set(s.seat, {tr, button, cells});
      return tr;
    });
    $('rows').replaceChildren(...rows);
    $('rows').classList.toggle('opens', board.private);
  }
}

function stateOf(s) {
  if (!s.name) return 'free';
  if (s.progress?.solved) return 'solved';
  if (!s.running) return 'ended';
  return s.pages === 0 ? 'away' : 'here';
}

const mostShown = 100; // events
const quiet = 5000; // milliseconds between two announcements

// Log calls on.undo(event), which resolves to '' or a reason.
export class Log {
  #items = new Map();
  #told = null; // the last event that was announced
  #news = [];
  #timer = 0;

  constructor(on) {
    $('events').addEventListener('click', async (event) => {
      const button = event.target.closest('button');
      if (!button) return;
      const error = button.closest('li').querySelector('.error');
      button.setAttribute('aria-disabled', 'true');
      error.textContent = await on.undo(Number(button.dataset.event));
      button.setAttribute('aria-disabled', 'false');
    });
  }

  show(board, teacher) {
    const log = (board.log ?? []).slice(-mostShown);
    const kept = new Set(log.map((e) => e.n));
    for (const [n, {li}] of this.#items) {
      if (kept.has(n)) continue;
      li.remove();
      this.#items.delete(n);
    }
    for (const e of log) {
      if (!this.#items.has(e.n)) this.#add(e);
      const {li, error, button} = this.#items.get(e.n);
      const undo = teacher && e.undo ? 'yes' : '';
      if (undo && !button) {
        const made = make('button', {'data-event': e.n, 'aria-label': words.undoOf(e.text)}, words.undo);
        error.before(made);
        this.#items.set(e.n, {li, error, button: made});
      } else if (!undo && button) {
        if (document.activeElement === button) $('events').focus();
        button.remove();
        this.#items.set(e.n, {li, error});
      }
    }
    this.#announce(log);
  }

  #add(e) {
    const at = new Date(e.time);
    const clock = at.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
    const error = make('p', {class: 'error', role: 'alert'});
    const who = [e.seat, e.name].filter(Boolean).join(' ');
    const li = make('li', {}, make('time', {datetime: e.time}, clock), ' ', make('span', {class: 'who'}, who), ' ', make('span', {class: 'what'}, e.text), error);
    $('events').prepend(li);
    this.#items.set(e.n, {li, error});
  }

  // #announce tells a screen reader what is new, but no more often than every few seconds.
  #announce(log) {
    const last = log.at(-1)?.n ?? 0;
    if (this.#told !== null) this.#news.push(...log.filter((e) => e.n > this.#told));
    this.#told = last;
    if (this.#news.length === 0 || this.#timer) return;
    const tell = () => {
      const news = this.#news.splice(0);
      this.#timer = 0;
      if (news.length === 0) return;
      const e = news.at(-1);
      const text = [e.seat, e.name, e.text].filter(Boolean).join(' ');
      $('news').textContent = news.length === 1 ? text : words.happened(news.length, text);
      this.#timer = setTimeout(tell, quiet);
    };
    tell();
  }
}
