// The drawing of a network. The server says where things are; this draws them once, and
// then changes what they show.
import {arrowsOf} from './arrows.js';
import {words} from './boardwords.js';
import {firstOf, say, set, short, stateOf, troubles} from './network.js';

const svgNS = 'http://www.w3.org/2000/svg';
const stateWidth = 14; // characters that there is room for
const below = 56; // pixels for arrows below the last hosts
const allArrows = 8; // hosts; with more, those of the host that is pointed at

function svg(tag, attributes, ...children) {
  const e = document.createElementNS(svgNS, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

const path = (lines) => lines.map(([x1, y1, x2, y2]) => `M${x1} ${y1}L${x2} ${y2}`).join('');
const within = ([x1, y1, x2, y2]) => (x1 === x2 && y2 - y1 > 20 ? [x1, y1 + 8, x2, y2 - 8] : [x1, y1, x1, y1]); // of bars that it crosses, not of its own
const text = ({text, x, y}, kind) => svg('text', {x, y, class: kind}, text);

// Drawing calls on.choose(kind, name, element) and on.point(host or '').
export class Drawing {
  #hosts = new Map();
  #wires = new Map();
  #items = [];
  #arrows = null;
  #pointed = '';
  #net = null;

  constructor(element, on) {
    this.element = element;
    this.on = on;
    element.addEventListener('click', (event) => this.#choose(event));
    element.addEventListener('keydown', (event) => this.#key(event));
    for (const kind of ['pointerover', 'focusin']) element.addEventListener(kind, (event) => this.#point(event.target.closest('.host')?.dataset.name ?? ''));
    for (const kind of ['pointerleave', 'focusout']) element.addEventListener(kind, () => this.#point(''));
  }

  // layout draws what never changes; null: there is no drawing.
  layout(geometry, teacher) {
    this.#hosts.clear();
    this.#wires.clear();
    this.#items = [];
    this.geometry = geometry;
    if (!geometry) return this.element.replaceChildren();
    const [width, height] = [geometry.width, geometry.height + below];
    this.#arrows = svg('g', {class: 'arrows', 'aria-hidden': 'true'});
    const head = svg('marker', {id: 'head', viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto-start-reverse'}, svg('path', {d: 'M0 0L10 5L0 10Z', class: 'head'}));
    const root = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: teacher ? 'group' : 'img', 'aria-label': words.drawing(geometry.hosts.length), class: teacher ? 'teacher' : ''}, svg('defs', {}, head));
    root.style.maxWidth = `${2.2 * width}px`;
    for (const s of geometry.switches) {
      root.append(svg('path', {d: path(s.bars), class: 'bar'}), svg('path', {d: path(s.cables), class: 'cable'}), ...s.texts.map((t) => text(t, 'switch')));
    }
    const item = (kind, name, ...children) => {
      const g = svg('g', {class: kind, 'data-kind': kind, 'data-name': name}, ...children);
      if (teacher) {
        for (const [k, v] of [['role', 'button'], ['aria-haspopup', 'dialog'], ['tabindex', this.#items.length ? -1 : 0]]) g.setAttribute(k, v);
      }
      this.#items.push(g);
      return g;
    };
    const [boxes, wires] = [[], []];
    for (const h of geometry.hosts) {
      const rows = h.rows.map((at) => text({text: '', ...at}, ''));
      const g = item('host', h.name, svg('rect', {x: h.x, y: h.y, width: h.width, height: h.height, rx: h.router ? 16 : 4}), ...h.texts.map((t) => text(t, 'name')), ...rows, svg('title', {}));
      for (const [i, kind] of ['student', 'groups', 'troubles'].entries()) rows[i]?.classList.add(kind);
      boxes.push(svg('path', {d: path(h.stem), class: 'stem'}), g);
      this.#hosts.set(h.name, {g, rows, columns: h.columns, at: h});
      for (const w of geometry.wires.filter((w) => w.host === h.name)) {
        const [x1, y1, x2, y2] = w.lines.at(-1);
        const mid = [(x1 + x2) / 2, (y1 + y2) / 2];
        const state = text({text: '', ...(w.room ?? {x: x2, y: y2})}, 'state');
        const wire = item('wire', w.name, svg('path', {d: path(w.lines), class: 'near'}), svg('path', {d: path(w.lines.map(within)), class: 'halo'}), svg('path', {d: path(w.lines), class: 'line'}),
          svg('path', {d: `M${mid[0] - 7} ${mid[1] - 7}l14 14m0 -14l-14 14`, class: 'cross'}), ...w.texts.map((t) => text(t, 'label')), state, svg('title', {}));
        wires.push(wire);
        this.#wires.set(w.name, {g: wire, state});
      }
    }
    root.append(this.#arrows, ...wires, ...boxes);
    this.element.replaceChildren(root);
    this.#net = null;
  }

  // show shows how the network is now.
  show(net) {
    this.#net = net;
    if (!this.geometry) return;
    for (const [name, {g, state}] of this.#wires) {
      const now = stateOf(net.byWire.get(name));
      set(g, 'class', `wire ${now.kind}`);
      say(state, short(firstOf(now.words), stateWidth));
      const all = now.words.join(', ') || words.whole;
      set(g, 'aria-label', words.wireLabel(name, all));
      say(g.lastChild, `${name}: ${all}`);
    }
    for (const [name, {g, rows, columns}] of this.#hosts) {
      const host = net.byHost.get(name) ?? {name};
      const wrong = troubles(host);
      const groups = host.groups ?? [];
      const found = (host.findings ?? []).map((f) => `! ${f}`);
      set(g, 'class', ['host', host.dead ? 'dead' : '', groups.length ? 'joined' : '', wrong.length ? 'faulty' : ''].join(' '));
      const texts = [host.student ?? '', groups.length ? `● ${firstOf([...new Set(groups.map((g) => g.split(' ')[0]))])}` : '', firstOf([...wrong, ...found])];
      for (const [i, row] of rows.entries()) say(row, short(texts[i] ?? '', columns));
      const all = [...wrong, ...(host.findings ?? [])].join(', ');
      set(g, 'aria-label', words.hostLabel(host, all));
      say(g.lastChild, words.hostLabel(host, all));
    }
    this.#draw();
  }

  #draw() {
    const net = this.#net;
    if (!net || !this.geometry) return;
    const few = this.geometry.hosts.length <= allArrows;
    const boxes = new Map([...this.#hosts].map(([name, {at}]) => [name, at]));
    const list = arrowsOf(net, boxes, few ? '' : this.#pointed || '\0');
    for (const [i, a] of list.entries()) {
      const e = this.#arrows.children[i] ?? this.#arrows.appendChild(svg('path', {'marker-end': 'url(#head)'}));
      set(e, 'd', a.d);
      set(e, 'data-by', a.ends.join(' '));
      set(e, 'class', this.#pointed && !a.ends.includes(this.#pointed) ? 'arrow other' : 'arrow');
      if (a.both) set(e, 'marker-start', 'url(#head)');
      else e.removeAttribute('marker-start');
    }
    while (this.#arrows.children.length > list.length) this.#arrows.lastChild.remove();
  }

  #point(name) {
    if (name === this.#pointed) return;
    this.#pointed = name;
    this.#draw();
    this.on.point(name);
  }

  #choose(event) {
    const g = event.target.closest('[role="button"]');
    if (!g) return;
    this.#rove(g);
    this.on.choose(g.dataset.kind, g.dataset.name, g);
  }

  #rove(g) {
    for (const other of this.#items) other.setAttribute('tabindex', other === g ? 0 : -1);
  }

  // One stop of the tab key; arrows lead from thing to thing.
  #key(event) {
    const at = this.#items.indexOf(event.target);
    if (at < 0) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return this.on.choose(event.target.dataset.kind, event.target.dataset.name, event.target);
    }
    const next = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1}[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const g = this.#items.at(next % this.#items.length);
    this.#rove(g);
    g.focus();
  }
}
