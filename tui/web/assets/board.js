// The board: what belongs together.
import {words} from './boardwords.js';
import {rove} from './bar.js';
import {Drawing} from './drawing.js';
import {Feed} from './feed.js';
import {Look} from './look.js';
import {List, Matrix} from './matrix.js';
import {Menu} from './menu.js';
import {index, pointedText, say, set, stateOf, troubles} from './network.js';
import {Log, Seats} from './seats.js';
import {forgetKey, post, takeKey} from './teacher.js';

const $ = (id) => document.getElementById(id);
const drawnHosts = 8; // with more of them the table of who hears whom comes first
const cell = 8.43; // pixels, of a character in a drawing
const aHost = 24; // columns; as wide as it is high
const legible = 1.15; // by how much a drawing is enlarged at least, where there is room

let key = takeKey();
let teacher = false;
let opened = new URLSearchParams(location.search).get('seat') ?? ''; // whose network is shown
let view = ''; // that was chosen
let hosts = 0;
let tabs = ['']; // of a seat
let board = null;
let net = null;
let pointed = '';
let feed = null;
let columns = 0;

const on = {choose, point, open, undo: (event) => act('undo', {event})};
const drawing = new Drawing($('drawing'), on);
const matrix = new Matrix($('matrix'), on);
const list = new List($('list'), on);
const seats = new Seats(on);
const log = new Log(on);
const look = new Look();
const menu = new Menu({post: act, open, look: (seat, tab, name) => look.open(key, seat, tab, name)});

function act(what, body) {
  return post(key, what, body);
}

// connect asks for the events of the network that is open.
function connect() {
  feed?.close();
  columns = room();
  const query = new URLSearchParams({columns});
  if (opened) query.set('seat', opened);
  feed = new Feed(`/board/events?${query}`, key, {
    event: (kind, message) => ({drawing: laid, board: told, over: finish})[kind]?.(message),
    lost: () => say($('state'), words.lost),
    refused,
  });
}

function refused(status, text, field) {
  if (field === 'key') {
    forgetKey();
    key = feed.key = '';
    say($('failed'), words.noKey(text));
    return true;
  }
  say($('state'), text || words.badAnswer(status));
  if (status === 404 && opened) {
    open('');
    return false;
  }
  return status !== 410;
}

// room is how many columns the drawing has room for.
function room() {
  const width = Math.max(320, innerWidth * (innerWidth < 1000 ? 1 : opened ? 0.48 : 0.6));
  if (hosts > drawnHosts && innerWidth >= 1000) { // they are all in view: in rows as long as they are many
    return Math.min(160, 8 + aHost * Math.ceil(Math.sqrt((hosts * width) / (innerHeight - 160))));
  }
  return Math.max(52, Math.min(128, Math.floor(width / cell / legible)));
}

let geometry = null;
let loose = new Set(); // wires on no switch
function laid(message) {
  geometry = message.geometry;
  loose = new Set(geometry?.wires.filter((w) => w.switch === '').map((w) => w.name));
  hosts = message.hosts;
  tabs = message.tabs ?? [''];
  if (geometry && Math.abs(room() - columns) > 7) return connect(); // now that it is known how many there are
  net = null;
  drawing.layout(geometry, teacher);
}

function told(message) {
  say($('state'), '');
  if (message.teacher !== teacher) {
    teacher = message.teacher;
    drawing.layout(geometry, teacher);
  }
  board = message.board;
  net = message.net ? index(message.net, loose) : null;
  if (teacher) say($('failed'), '');
  document.body.classList.toggle('private', board.private);
  document.body.classList.toggle('teacher', teacher);
  head();
  seats.show(board, teacher, opened);
  log.show(board, teacher);
  network(message);
  menu.update({net, board});
}

function head() {
  const title = board.title || board.lesson || words.board;
  say($('title'), title);
  document.title = `${title} · groupcast`;
  const taken = board.seats.filter((s) => s.name);
  const counts = [words.counts(taken.length, board.seats.length)];
  if (board.lesson) counts.push(words.solved(taken.filter((s) => s.progress?.solved).length, taken.length));
  say($('counts'), counts.join(' · '));
  $('locked').hidden = !board.locked;
  $('lock').hidden = !teacher;
  say($('lock'), board.locked ? words.unlock : words.lock);
  set($('lock'), 'aria-pressed', String(board.locked));
}

// network shows the network in the view that was chosen, or that fits it.
function network({hidden, trouble}) {
  const wanted = !board.private || opened !== '';
  $('network').hidden = !wanted;
  if (!wanted) return;
  const of = board.seats.find((s) => s.seat === opened);
  say($('network-head'), opened ? words.networkOf([opened, of?.name].filter(Boolean).join(' ')) : words.network);
  $('close-net').hidden = !board.private;
  say($('trouble'), trouble || (hidden ? words.hidden : view === 'drawing' && !geometry ? words.tooLarge(hosts) : ''));
  const shown = view || (geometry && hosts <= drawnHosts ? 'drawing' : 'matrix');
  for (const b of $('views').children) set(b, 'aria-pressed', String(b.dataset.view === shown));
  for (const id of ['views', 'pointed']) $(id).hidden = !net;
  for (const l of document.querySelectorAll('.legend')) l.hidden = !net || l.dataset.of !== shown;
  $('drawing').hidden = !net || shown !== 'drawing';
  $('matrix').hidden = !net || shown !== 'matrix';
  $('list').hidden = !net || shown === 'matrix';
  $('list').classList.toggle('unseen', shown === 'drawing'); // what a screen reader reads of a drawing
  $('list').tabIndex = shown === 'list' ? 0 : -1;
  if (!net) return;
  if (shown === 'drawing') drawing.show(net);
  if (shown === 'matrix') matrix.show(net, teacher);
  else {
    list.show(net, teacher && shown === 'list', {
      host: (h) => [...troubles(h), ...(h.findings ?? [])].join(', ') || words.nothing,
      wire: (w) => stateOf(w).words.join(', ') || words.whole,
    });
  }
  say($('pointed'), pointed ? pointedText(net, pointed) : '');
}

function point(name) {
  pointed = name;
  if (net) say($('pointed'), name ? pointedText(net, name) : '');
}

// choose opens the menu of a host, a wire or a seat.
function choose(kind, name, element) {
  if (!teacher || !board) return;
  const host = kind === 'seat' ? (board.private ? undefined : name) : kind === 'wire' ? name.slice(0, name.indexOf('.')) : name;
  const seat = board.private ? (kind === 'seat' ? name : opened) : host;
  const known = board.seats.find((s) => s.seat === seat);
  menu.open({host, wire: kind === 'wire' ? name : undefined, seat: known && seat, name: known?.name, inNet: board.private ? opened : '', tabs: host && board.private ? [host] : tabs}, element, {net, board});
}

// open shows the network of a seat; '': of none.
function open(seat) {
  if (seat === opened) return;
  opened = seat;
  view = pointed = '';
  net = null;
  history.replaceState(null, '', seat ? `/board?seat=${encodeURIComponent(seat)}` : '/board');
  if (board) {
    seats.show(board, teacher, opened);
    network({});
  }
  connect();
}

function finish() {
  feed.close();
  for (const d of document.querySelectorAll('dialog[open]')) d.close();
  if (board) told({board, net, teacher: false}); // without buttons
  say($('state'), words.over);
  document.title = words.over;
}

$('views').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  view = button.dataset.view;
  if (board) network({});
});
rove($('views'));
$('close-net').addEventListener('click', () => {
  const seat = opened;
  open('');
  [...document.querySelectorAll('#rows tr')].find((tr) => tr.dataset.seat === seat)?.querySelector('button')?.focus();
});
$('lock').addEventListener('click', async () => say($('failed'), await act('lock', {locked: !board.locked})));

let resizing = 0;
addEventListener('resize', () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => Math.abs(room() - columns) > 7 && connect(), 300);
});
say($('state'), words.connecting);
connect();
