// A seat with a screen: what belongs together.
import {Bar, pressed, rove, toggle} from './bar.js';
import {isDark, onScheme} from './colour.js';
import {Fit} from './fit.js';
import {Keys} from './keys.js';
import {leave} from './leave.js';
import {Link} from './link.js';
import {Mouse} from './mouse.js';
import {Screen} from './screen.js';
import {words} from './words.js';

const $ = (id) => document.getElementById(id);
const [place, field, notice, state] = [$('screen'), $('keys'), $('notice'), $('state')];
const fit = new Fit(place);
const screen = new Screen(place, fit);
let size = {};
let lost = 0; // bytes that the program did not read, as the server last told
let asked = true; // the keyboard of a touch screen is wanted
let holding = false; // text is selected

const say = (text) => text === notice.textContent || (notice.textContent = text);
const mostShown = 8000; // milliseconds that a note stays
let saying = 0;
function tell(text) {
  say(text);
  clearTimeout(saying);
  saying = setTimeout(() => say(''), mostShown);
}
let sizing = 0;
function tellLetters(text) {
  $('letters').textContent = text;
  clearTimeout(sizing);
  sizing = setTimeout(() => ($('letters').textContent = ''), mostShown);
}

const link = new Link({
  open: tellSize,
  message: show,
  lost: () => (state.textContent = words.lost),
  refused: () => (state.textContent = words.tooMany),
  gone: () => location.replace('/?gone'),
  over: finish,
});

function send(message) {
  if (!link.send(message) && state.textContent === '') tell(words.tooFast);
}

function show(message) {
  if (state.textContent !== '') state.textContent = '';
  screen.show(message);
  mouse.uses = Boolean(message.mouse);
  place.classList.toggle('mouse', mouse.uses);
  const title = message.title || 'groupcast';
  if (document.title !== title) document.title = $('title').textContent = title;
  if (message.dropped > lost) tell(words.unread(message.dropped - lost));
  lost = message.dropped ?? 0;
  const ended = message.ended ?? '';
  if ($('ended').hidden === (ended !== '')) {
    $('ended').hidden = ended === '';
    $('why').textContent = ended && words.ended(ended);
    place.classList.toggle('over', ended !== '');
  }
  follow();
}

// follow puts the field where the cursor is: there input methods show what they compose.
function follow() {
  const {x, y} = screen.at;
  Object.assign(field.style, {
    transform: `translate(${x}px, ${y}px)`, width: field.classList.contains('composing') ? '' : `${fit.width}px`, height: `${fit.height}px`,
    fontSize: `${fit.size}px`, lineHeight: `${fit.height}px`,
  });
  $('notes').classList.toggle('top', y + fit.height > place.clientHeight / 2);
}

function finish() {
  document.title = words.over;
  state.textContent = '';
  place.classList.add('over');
  $('why').textContent = `${words.over} ${words.overMore}`;
  $('again').hidden = true;
  $('ended').hidden = false;
  field.disabled = true;
  $('settings').hidden = $('bar').hidden = true;
}

const bar = new Bar($('bar'), $('show-keys'), {press: (k, mods) => keys.press(k, mods)});
const keys = new Keys(field, {
  send,
  paste(text) {
    const message = {p: text};
    if (text === '') return;
    if (Link.fits(message)) send(message);
    else tell(words.longPaste(Math.ceil(new TextEncoder().encode(text).length / 1000)));
  },
  leave: () => $('lines').focus(),
  takeCtrl: () => bar.takeCtrl(),
  selected,
});
const mouse = new Mouse(screen, {
  send,
  selection: () => holding,
  tap: (touch) => (touch && !asked) || keys.focus(),
});

// While text of the screen is selected the screen waits, and copying is the browser's.
function selection() {
  const s = getSelection();
  return !s.isCollapsed && place.contains(s.anchorNode);
}

document.addEventListener('selectionchange', () => {
  const now = selection();
  if (now === holding) return;
  holding = now;
  screen.hold(now);
  clearTimeout(saying);
  say(now ? words.held : '');
});

// selected reports whether a key belongs to the selection. Any but those for copying ends it.
function selected(event) {
  if (!selection()) return false;
  if (event.ctrlKey || event.metaKey || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return true;
  getSelection().removeAllRanges();
  keys.focus();
  return event.key === 'Escape';
}

function tellSize() {
  link.send({...size, light: !isDark()});
}

// resize measures again, and tells the server when the size of the grid has changed.
function resize() {
  const view = window.visualViewport;
  const whole = !view || view.scale > 1.05; // somebody looks at a part of the page
  document.body.style.height = `${whole ? innerHeight : view.height}px`; // what a keyboard on the screen leaves
  document.body.style.top = whole ? '' : `${view.offsetTop}px`;
  scrollTo(0, 0);
  const before = fit.size;
  const next = fit.measure();
  if (next.w !== size.w || next.h !== size.h) {
    size = next;
    tellSize();
  }
  if (fit.size !== before) screen.repaint();
  follow();
}

let resizing = 0;
function soon() {
  clearTimeout(resizing);
  resizing = setTimeout(resize, 120);
}
for (const at of [window, window.visualViewport]) at?.addEventListener('resize', soon);
new ResizeObserver(soon).observe(place);
document.fonts.ready.then(soon);
onScheme(tellSize);
resize();

for (const [id, by] of [['smaller', -1], ['larger', 1]]) {
  $(id).addEventListener('click', () => {
    fit.step(by);
    resize();
    screen.repaint();
    tellLetters(words.size(size.w, size.h));
  });
}
$('again').addEventListener('click', () => {
  keys.press('Enter');
  keys.focus();
});
$('keyboard').addEventListener('click', (event) => {
  toggle(event.currentTarget);
  asked = pressed(event.currentTarget);
  if (asked) keys.focus();
  else field.blur();
});
leave($('leave'), $('ask-leave'), '/', link);
leave($('lines'), $('ask-lines'), '/?plain', link);
rove($('settings'));
$('settings').addEventListener('keydown', back);
$('bar').addEventListener('keydown', back);
function back(event) {
  if (event.key === 'Escape' || (event.ctrlKey && event.key === 'm')) {
    event.preventDefault();
    keys.focus();
  }
}
for (const [name, on] of [['focus', true], ['blur', false]]) field.addEventListener(name, () => place.classList.toggle('focused', on));
state.textContent = words.connecting;
keys.focus();
