// What is known of the network, in words that all views share.
import {words} from './boardwords.js';

// stateOf is the state of a wire: a kind for its colour, and words, the worst first.
export function stateOf(wire) {
  if (!wire || wire.gone) return {kind: 'gone', words: [words.fault.gone]};
  const list = new Set();
  if (!wire.whole) list.add(words.fault.cut);
  if (!wire.up) list.add(words.fault.down);
  for (const fault of wire.faults ?? []) if (fault !== 'cut' && fault !== 'down') list.add(fault);
  const kind = !wire.whole ? 'cut' : !wire.up ? 'down' : list.size ? 'faulty' : '';
  return {kind, words: [...list]};
}

// troubles are what is wrong with a host.
export function troubles(host) {
  return [...(host.dead ? [words.fault.dead] : []), ...(host.faults ?? []).filter((f) => f !== 'kill')];
}

// short is a text of at most n characters.
export function short(text, n) {
  const all = [...text];
  return all.length <= n ? text : `${all.slice(0, n - 1).join('')}…`;
}

// firstOf is the first of a list, and how many more there are.
export const firstOf = (list) => (list.length > 1 ? `${list[0]} +${list.length - 1}` : (list[0] ?? ''));

// nameOf is a host's name, with that of who sits there.
export const nameOf = (net, name) => {
  const student = net.byHost.get(name)?.student;
  return student ? `${name} ${student}` : name;
};

// index adds ways to find things in a network.
export function index(net, loose) {
  for (const w of net.wires) w.whole ||= loose.has(w.name); // there is nothing to cut
  net.byHost = new Map(net.hosts.map((h) => [h.name, h]));
  net.byWire = new Map(net.wires.map((w) => [w.name, w]));
  net.hears = new Map(net.hosts.map((h) => [h.name, new Map()]));
  for (const h of net.heard ?? []) net.hears.get(h.by)?.set(h.from, h);
  return net;
}

// pointedText says whom a host hears, and who hears it.
export function pointedText(net, name) {
  const host = net.byHost.get(name);
  if (!host) return '';
  const who = nameOf(net, name);
  const by = [...net.hears].filter(([, from]) => from.has(name)).map(([other]) => nameOf(net, other));
  const hears = host.tells ? words.hears(who, [...net.hears.get(name).keys()].map((other) => nameOf(net, other))) : words.tellsNothing(who);
  return `${hears} ${words.heardBy(who, by)}`;
}

// make makes an element of HTML, with text or children.
export function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) e.setAttribute(name, '');
    else if (value !== false && value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

// say sets text, if it is another one.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// set sets an attribute, if it is another one.
export function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
