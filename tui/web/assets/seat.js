// A seat with screens: what belongs together.
import {Bar, pressed, rove, toggle} from './bar.js';
import {onScheme} from './colour.js';
import {Fit} from './fit.js';
import {keep, kept} from './kept.js';
import {Keys} from './keys.js';
import {leave} from './leave.js';
import {Link} from './link.js';
import {Notes} from './notes.js';
import {Pane} from './pane.js';
import {Selection} from './selection.js';
import {Tabs} from './tabs.js';
import {Task} from './task.js';
import {words} from './words.js';

const $ = (id) => document.getElementById(id);
const [place, field, state] = [$('screen'), $('keys'), $('state')];
const coarse = matchMedia('(pointer: coarse)');
const fit = new Fit(place);
const notes = new Notes($('notice'), $('letters'));
const panes = []; // that were shown once: they stay connected, and say when there is something new
let pane = null; // that is shown
let seat = null; // as the server told it
let size = {};
let asked = true; // the keyboard of a touch screen is wanted

// What a pane calls.
const on = {
  send,
  selection: () => selection.holding,
  tap: (touch) => (touch && !asked) || keys.focus(),
  changed: (which) => which === pane && render(),
  seat: begin,
  exercise: (told, version) => task.show(told, version),
  fresh: (which) => which === pane || tabs.mark(which.tab, true),
  unread: (bytes) => notes.tell(words.unread(bytes)),
  gone: () => location.replace('/?gone'),
  over: finish,
};

const tabs = new Tabs($('tabs'), $('place'), {
  show(name, here) {
    showTab(name);
    if (!here) refocus();
  },
  down: () => task.there && task.focus(),
});
const task = new Task({
  do(what) {
    const told = pane.trouble === '' && pane.link.send({do: what});
    if (!told) notes.tell(words.lost);
    return told;
  },
  tell: (text) => notes.tell(text),
  changed: render,
  folded(folded) {
    if (!coarse.matches) return;
    if (folded) refocus();
    else field.blur(); // the keyboard of a touch screen would be over it
  },
});

function send(message) {
  if (!pane.link.send(message) && state.textContent === '') notes.tell(words.tooFast);
}

// begin is what the server tells first, with each connection.
function begin(told, which) {
  which.tab ||= told.tabs[0];
  if (seat) {
    if (told.tabs.join() !== seat.tabs.join()) location.reload(); // it is another one
    return;
  }
  tabs.set(told.tabs);
  if (told.shell) bar.first($('shell-keys'));
  if (told.exercise) {
    $('ask-leave-text').textContent = words.leaveExercise;
    $('ask-lines-text').textContent += ` ${words.leaveNetwork}`;
    task.begin();
    resize(); // what is beside it makes the screen narrower
  }
  if (tabs.shown) $('leave-hint').textContent = words.leaveHint(told.exercise);
  seat = told; // from now on sizes are told, the first of which starts a program
  const last = kept('tab', {here: true});
  showTab(seat.tabs.includes(last) ? last : seat.tabs[0]);
}

function showTab(name) {
  selection.end();
  pane.element.hidden = true;
  pane = panes.find((p) => p.tab === name) ?? open(name);
  pane.element.hidden = false;
  pane.tell(size);
  tabs.select(name);
  if (tabs.shown) field.setAttribute('aria-label', words.keysOf(name));
  keep('tab', name, {here: true});
  render();
}

function open(name) {
  const opened = new Pane(name, place, fit, on);
  panes.push(opened);
  return opened;
}

const put = (e, text) => e.textContent === text || (e.textContent = text);

// render shows what belongs to the pane and is no row of its screen.
function render() {
  put(state, pane.trouble || task.trouble);
  place.classList.toggle('mouse', pane.mouse.uses);
  const title = pane.title || (seat ? words.screenTitle(words.placeOf(pane.tab, seat.seat)) : 'groupcast');
  if (document.title !== title) document.title = $('title').textContent = title;
  const looked = panes.filter((p) => p.looked);
  put($('looked'), looked.length === 0 ? '' : tabs.shown ? words.looksOn(looked.map((p) => p.tab).join(', ')) : words.looked);
  $('ended').hidden = pane.ended === '';
  put($('why'), pane.ended && words.ended(pane.ended));
  place.classList.toggle('over', pane.ended !== '');
  follow();
}

// follow puts the field where the cursor is: there input methods show what they compose. Notes
// are where it is not.
function follow() {
  const {x, y} = pane.screen.at;
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
  for (const id of ['settings', 'more', 'bar', 'tabs', 'show-task', 'task-buttons']) $(id).hidden = true;
}

const bar = new Bar($('bar'), $('show-keys'), {press: (k, mods) => keys.press(k, mods), type: (text) => keys.type(text)});
const keys = new Keys(field, {
  send,
  paste(text) {
    const message = {p: text};
    if (text === '') return;
    if (Link.fits(message)) send(message);
    else notes.tell(words.longPaste(Math.ceil(new TextEncoder().encode(text).length / 1000)));
  },
  leave: () => (tabs.shown ? tabs.focus() : $(seat?.exercise ? 'show-task' : 'lines').focus()),
  takeCtrl: () => bar.takeCtrl(),
  selected: (event) => selection.key(event),
});
// While text of the screen is selected the screen waits.
const selection = new Selection(place, {
  changed(selected) {
    for (const p of panes) p.screen.hold(selected && p === pane);
    notes.say(selected ? words.held : '');
  },
  ended: () => keys.focus(),
});

// refocus leads keys to the screen again, where no keyboard would come up for that.
function refocus() {
  if (asked) keys.focus();
}

const tellSize = () => seat && pane.tell(size);

// resize measures again, and tells the server when the size of the grid has changed.
function resize() {
  const view = window.visualViewport;
  const whole = !view || view.scale > 1.05; // somebody looks at a part of the page
  document.body.style.height = `${whole ? innerHeight : view.height}px`; // what a keyboard on the screen leaves
  document.body.style.top = whole ? '' : `${view.offsetTop}px`;
  scrollTo(0, 0);
  const before = fit.size;
  size = fit.measure();
  tellSize();
  if (fit.size !== before) repaint();
  follow();
}

function repaint() {
  for (const p of panes) p.screen.repaint();
}

pane = open('');
pane.element.hidden = false;
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
    repaint();
    notes.letters(words.size(size.w, size.h));
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
const close = () => panes.forEach((p) => p.link.close());
leave($('leave'), $('ask-leave'), '/', close);
leave($('lines'), $('ask-lines'), '/?plain', close);
rove($('settings'));

// Where there is little room the buttons of the page are behind one of them.
const more = $('more');
const unfold = (on) => more.setAttribute('aria-expanded', String(on));
more.addEventListener('mousedown', (event) => event.preventDefault());
more.addEventListener('click', () => unfold(more.getAttribute('aria-expanded') !== 'true'));
for (const id of ['lines', 'show-keys', 'leave']) $(id).addEventListener('click', () => unfold(false));
document.addEventListener('pointerdown', (event) => event.target.closest?.('#more, #settings') || unfold(false));
$('show-task').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown') return;
  event.preventDefault();
  task.focus();
});
for (const id of ['tabs', 'show-task', 'more', 'settings', 'task', 'bar']) $(id).addEventListener('keydown', back);
function back(event) {
  if (event.key === 'Escape' || (event.ctrlKey && event.key === 'm')) {
    event.preventDefault();
    unfold(false);
    keys.focus();
  }
}
for (const [name, focused] of [['focus', true], ['blur', false]]) field.addEventListener(name, () => place.classList.toggle('focused', focused));
render();
keys.focus();
