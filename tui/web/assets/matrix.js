// Who hears whom, as a table: rows hear columns.
import {words} from './boardwords.js';
import {make, nameOf, say, set} from './network.js';

const most = 80; // hosts

// Matrix calls on.choose(kind, name, element) and on.point(host or '').
export class Matrix {
  #names = '';
  #cells = new Map(); // by "by from"
  #heads = new Map();
  #at = ['', ''];

  constructor(element, on) {
    this.element = element;
    this.on = on;
    element.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button) on.choose('host', button.dataset.name, button);
    });
    for (const kind of ['pointerover', 'focusin']) element.addEventListener(kind, (event) => this.#point(event.target.closest('[data-by]')));
    for (const kind of ['pointerleave', 'focusout']) element.addEventListener(kind, () => this.#point(null));
  }

  show(net, teacher) {
    const names = shown(net);
    const key = `${teacher} ${names.join(' ')}`;
    if (key !== this.#names) {
      this.#names = key;
      this.#build(net, names, teacher);
    }
    for (const [name, head] of this.#heads) say(head, nameOf(net, name));
    for (const [pair, td] of this.#cells) {
      const [by, from] = pair.split(' ');
      const heard = net.hears.get(by)?.get(from);
      const tells = net.byHost.get(by)?.tells;
      say(td, heard ? '●' : tells ? '·' : '?');
      set(td, 'class', heard ? 'heard' : tells ? 'not' : 'unknown');
      set(td, 'aria-label', heard ? words.yes : tells ? words.no : words.notTold);
      set(td, 'title', heard ? words.cell(by, from, heard.datagrams, heard.ago) : '');
    }
  }

  #build(net, names, teacher) {
    this.#cells.clear();
    this.#heads.clear();
    if (names.length === 0 || names.length > most) {
      this.element.replaceChildren(make('p', {class: 'quiet'}, names.length ? words.largeMatrix(names.length) : words.noMatrix));
      return;
    }
    const head = make('tr', {}, make('td', {class: 'corner'}, words.corner), ...names.map((n) => make('th', {scope: 'col', 'data-from': n}, n)));
    const rows = names.map((by) => {
      const label = make(teacher ? 'button' : 'span', {'data-name': by, 'aria-haspopup': teacher ? 'dialog' : undefined});
      this.#heads.set(by, label);
      const cells = names.map((from) => {
        const td = make('td', {'data-by': by, 'data-from': from});
        if (from === by) td.className = 'self';
        else this.#cells.set(`${by} ${from}`, td);
        return td;
      });
      return make('tr', {'data-by': by}, make('th', {scope: 'row', 'data-by': by}, label), ...cells);
    });
    this.element.replaceChildren(make('table', {'aria-label': words.whoHears}, make('thead', {}, head), make('tbody', {}, ...rows)));
    this.element.firstChild.style.setProperty('--hosts', names.length);
  }

  // #point marks the row and the column of a cell.
  #point(cell) {
    const at = [cell?.dataset.by ?? '', cell?.dataset.from ?? ''];
    if (at[0] === this.#at[0] && at[1] === this.#at[1]) return;
    for (const e of this.element.querySelectorAll('.at')) e.classList.remove('at');
    this.#at = at;
    if (at[0]) this.element.querySelector(`tr[data-by="${CSS.escape(at[0])}"]`)?.classList.add('at');
    if (at[1]) for (const e of this.element.querySelectorAll(`[data-from="${CSS.escape(at[1])}"]`)) e.classList.add('at');
    this.on.point(at[0]);
  }
}

// shown are the hosts of the table: those with somebody or something that tells or is heard,
// or all where there are few.
function shown(net) {
  if (net.hosts.length <= 8) return net.hosts.map((h) => h.name);
  const heard = new Set((net.heard ?? []).map((h) => h.from));
  return net.hosts.filter((h) => h.student || h.tells || heard.has(h.name)).map((h) => h.name);
}

// List is the network in words: hosts with their wires, in a table.
export class List {
  #rows = new Map();

  constructor(element, on) {
    this.element = element;
    element.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button) on.choose(button.dataset.kind, button.dataset.name, button);
    });
  }

  layout(net, teacher) {
    const key = `${teacher} ${net.hosts.map((h) => h.name).join(' ')} ${net.wires.map((w) => w.name).join(' ')}`;
    if (key === this.key) return;
    this.key = key;
    this.#rows.clear();
    const name = (kind, n) => (teacher ? make('button', {'data-kind': kind, 'data-name': n, 'aria-haspopup': 'dialog'}, n) : n);
    const table = (caption, heads, kind, names) => {
      const body = names.map((n) => {
        const cells = heads.slice(1).map(() => make('td'));
        this.#rows.set(`${kind} ${n}`, cells);
        return make('tr', {}, make('th', {scope: 'row'}, name(kind, n)), ...cells);
      });
      return make('table', {}, make('caption', {class: 'unseen'}, caption), make('thead', {}, make('tr', {}, ...heads.map((h) => make('th', {scope: 'col'}, h)))), make('tbody', {}, ...body));
    };
    this.element.replaceChildren(
      table('Hosts', words.listColumns, 'host', net.hosts.map((h) => h.name)),
      table('Wires', words.listWires, 'wire', net.wires.map((w) => w.name)),
    );
  }

  show(net, teacher, states) {
    this.layout(net, teacher);
    const fill = (key, texts) => this.#rows.get(key)?.forEach((td, i) => say(td, texts[i]));
    for (const h of net.hosts) {
      const hears = h.tells ? [...net.hears.get(h.name).keys()].join(', ') || words.nothing : words.notTold;
      fill(`host ${h.name}`, [h.student ?? '', (h.groups ?? []).join(', ') || words.nothing, states.host(h), hears]);
    }
    for (const w of net.wires) fill(`wire ${w.name}`, [states.wire(w), String(w.packets ?? 0)]);
  }
}


