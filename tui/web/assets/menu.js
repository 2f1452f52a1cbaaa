// The menu of a host, of a wire, or of a seat: a dialog with buttons in groups.
import {whenClosed} from './ask.js';
import {words} from './boardwords.js';
import {hostChoices, wireChoices} from './faults.js';
import {make, say, stateOf, troubles} from './network.js';

const $ = (id) => document.getElementById(id);

// Menu calls on.post(what, body), which resolves to '' or a reason, on.look(seat, tab, name)
// and on.open(seat).
export class Menu {
  #dialog = $('menu');
  #of = null; // what it is about
  #shown = ''; // the choices that it has
  #busy = false;

  constructor(on) {
    this.on = on;
    $('menu-close').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => event.target === this.#dialog && this.#dialog.close()); // beside it
    whenClosed(this.#dialog, () => (this.#of = null)); // the focus goes back by itself
    this.#dialog.addEventListener('keydown', (event) => this.#arrows(event));
  }

  // open shows what can be done with something, beside the element that was clicked.
  open(of, element, state) {
    this.#of = of;
    this.#shown = '';
    say($('menu-head'), [of.host ?? of.seat, of.name].filter(Boolean).join(' · '));
    this.update(state);
    this.#dialog.showModal();
    this.#place(element.getBoundingClientRect());
    const first = [...$('groups').querySelectorAll('section')].find((s) => s.dataset.of === of.wire) ?? $('groups');
    first.querySelector('button')?.focus();
    first.scrollIntoView({block: 'nearest'});
  }

  #place(at) {
    const d = this.#dialog;
    d.style.left = d.style.top = '';
    if (innerWidth < 700) return; // it is at the lower end of the page
    const box = d.getBoundingClientRect();
    const within = (n, room, size) => `${Math.max(8, Math.min(n, room - size - 8))}px`;
    d.style.left = within(at.right + 8 + box.width < innerWidth ? at.right + 8 : at.left - box.width - 8, innerWidth, box.width);
    d.style.top = within(at.top - 40, innerHeight, box.height);
  }

  // update shows how things are now. The buttons stay while what can be chosen does.
  update(state) {
    if (!this.#of) return;
    const groups = this.#groups(state);
    const key = JSON.stringify(groups.map((g) => [g.head, g.rows]));
    if (key !== this.#shown) {
      const focused = document.activeElement?.closest('#groups button')?.dataset.key;
      this.#shown = key;
      $('groups').replaceChildren(...groups.map((g) => this.#group(g)));
      if (focused && this.#dialog.open) ([...$('groups').querySelectorAll('button')].find((b) => b.dataset.key === focused) ?? $('menu-close')).focus();
    }
    for (const g of groups) say($('groups').querySelector(`section[data-of="${CSS.escape(g.of)}"] .now`), g.now);
  }

  #groups({net, board}) {
    const {host, wire, seat, inNet} = this.#of;
    const groups = [];
    if (seat !== undefined) groups.push(this.#seat(seat, board));
    if (!host || !net) return groups;
    const h = net.byHost.get(host);
    const wires = net.wires.filter((w) => w.name.startsWith(`${host}.`));
    for (const w of wires.sort((a, b) => (b.name === wire) - (a.name === wire))) {
      groups.push({of: w.name, head: words.wire(w.name), now: words.now(stateOf(w).words.join(', ') || words.whole), rows: wireChoices(w.name, w), in: inNet});
    }
    if (h) {
      const about = {of: host, head: words.host(host), now: words.now(troubles(h).join(', ') || words.whole), rows: hostChoices(host, h), in: inNet};
      if (wire) groups.push(about);
      else groups.splice(seat === undefined ? 0 : 1, 0, about);
    }
    if (wire) groups.push(...groups.splice(0, seat === undefined ? 0 : 1)); // what is of the seat comes last
    return groups;
  }

  #seat(seat, board) {
    const s = board.seats.find((s) => s.seat === seat);
    const row = [];
    if (board.private && this.#of.inNet !== seat) row.push({text: words.open(seat), open: true});
    if (s?.name) {
      for (const tab of this.#of.tabs) row.push({text: words.lookOn(tab), look: tab});
      row.push({text: 'Reset', post: ['reset', {seat}], sure: words.sure.reset(seat, board.private)});
      row.push({text: 'Free the seat', post: ['free', {seat}], sure: words.sure.free(seat)});
    }
    return {of: `seat ${seat}`, head: words.seat(seat), now: s?.name ?? words.state.free, rows: [['', row]]};
  }

  #group(g) {
    const [head, error] = [make('h3', {}, g.head), make('p', {class: 'error', role: 'alert'})];
    const rows = g.rows.filter(([, list]) => list.length).map(([label, list]) => {
      const buttons = list.map((c) => {
        const key = `${g.of} ${label} ${c.text}`;
        const b = make('button', {'data-key': key, 'aria-pressed': c.now === undefined ? undefined : String(c.now)}, c.text);
        b.addEventListener('click', () => this.#do(c, g, error));
        return b;
      });
      return make('div', {class: 'row', role: 'group', 'aria-label': `${g.head}${label && `: ${label}`}`}, ...(label ? [make('span', {class: 'label'}, label)] : []), ...buttons);
    });
    return make('section', {'data-of': g.of}, head, make('p', {class: 'quiet now'}), ...rows, error);
  }

  async #do(choice, group, error) {
    if (this.#busy) return;
    const of = this.#of;
    if (choice.open) {
      this.#dialog.close();
      return this.on.open(of.seat);
    }
    if ('look' in choice) {
      this.#dialog.close();
      return this.on.look(of.seat, choice.look, of.name);
    }
    if (choice.sure && !(await sure(choice.sure))) return;
    const [what, body] = choice.post ?? ['fault', {seat: group.in, words: choice.fault}];
    this.#busy = true;
    error.textContent = '';
    const why = await this.on.post(what, body);
    this.#busy = false;
    if (why === '') {
      if (this.#of === of) this.#dialog.close();
      return;
    }
    // The group may have been made anew meanwhile.
    const at = $('groups').querySelector(`section[data-of="${CSS.escape(group.of)}"] .error`);
    if (at) at.textContent = why;
  }

  #arrows(event) {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const all = [...this.#dialog.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    all[(at + step + all.length) % all.length].focus();
  }
}

// sure asks a question.
export function sure([head, text, yes]) {
  const dialog = $('sure');
  say($('sure-head'), head);
  say($('sure-text'), text);
  say($('sure-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done) => whenClosed(dialog, () => done(dialog.returnValue === 'yes')));
}
