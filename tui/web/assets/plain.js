// A seat without a screen: lines, and a field.
import {keep, kept} from './kept.js';
import {leave} from './leave.js';
import {Log} from './log.js';
import {Tabs} from './tabs.js';
import {Task} from './task.js';
import {words} from './words.js';

const $ = (id) => document.getElementById(id);
const [field, state] = [$('line'), $('state')];
const mostBytes = 2000;
const history = {list: [], at: 0, draft: ''};
const logs = []; // that were shown once: they stay connected, and say when there is something new
let log = null; // that is shown
let seat = null; // as the server told it

const on = {
  changed: (which) => which === log && render(),
  seat: begin,
  exercise: (told, version) => task.show(told, version),
  fresh: (which) => which === log || tabs.mark(which.tab, true),
  gone: () => location.replace('/?gone'),
  over() {
    state.textContent = `${words.over} ${words.overMore}`;
    document.title = words.over;
    for (const e of [field, $('leave'), ...document.querySelectorAll('#say button')]) e.disabled = true;
    for (const id of ['tabs', 'task-buttons']) $(id).hidden = true;
  },
};
const tabs = new Tabs($('tabs'), $('log'), {show, down: () => task.there && task.focus()});
const task = new Task({
  do: (what) => log.link.send({do: what}),
  tell: (text) => ($('told').textContent = text),
  changed: () => log && render(),
  folded() {},
});

function begin(told, which) {
  which.tab ||= told.tabs[0];
  if (seat) {
    if (told.tabs.join() !== seat.tabs.join()) location.reload(); // it is another one
    return;
  }
  seat = told;
  tabs.set(seat.tabs);
  if (seat.shell) {
    $('stop').hidden = false;
    $('line-hint').textContent = words.shellHint;
  }
  if (seat.exercise) {
    $('ask-leave-text').textContent = words.leaveExercise;
    task.begin();
  }
  const last = kept('tab', {here: true});
  show(seat.tabs.includes(last) ? last : seat.tabs[0]);
}

function show(name) {
  log.element.hidden = true;
  log = logs.find((l) => l.tab === name) ?? open(name);
  log.element.hidden = false;
  tabs.select(name);
  keep('tab', name, {here: true});
  const place = words.placeOf(name, seat.seat);
  $('title').textContent = words.linesOf(place);
  document.title = words.linesTitle(place);
  if (tabs.shown) $('line-label').textContent = words.lineFor(name);
  render();
}

function open(name) {
  const opened = new Log(name, $('log'), on);
  logs.push(opened);
  return opened;
}

function render() {
  const text = log.trouble || task.trouble;
  if (state.textContent !== text) state.textContent = text;
}

$('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const line = field.value;
  if (line === '' && !seat?.shell) return; // a shell takes Enter alone
  let error = '';
  if (new TextEncoder().encode(line).length > mostBytes) error = words.longLine;
  else if (!log.say(line)) error = words.lost;
  $('line-error').textContent = error;
  if (error) return;
  if (history.list.at(-1) !== line) history.list.push(line);
  if (history.list.length > 100) history.list.shift();
  history.at = history.list.length;
  field.value = '';
});

const stop = () => log.link.send({k: 'c', c: true});
$('stop').addEventListener('click', stop);
field.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.key === 'c' && seat?.shell && field.selectionStart === field.selectionEnd) {
    event.preventDefault();
    stop();
    return;
  }
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (!step || event.isComposing) return;
  event.preventDefault();
  if (history.at === history.list.length) history.draft = field.value;
  history.at = Math.min(Math.max(history.at + step, 0), history.list.length);
  field.value = history.list[history.at] ?? history.draft;
});

log = open('');
log.element.hidden = false;
leave($('leave'), $('ask-leave'), '/', () => logs.forEach((l) => l.link.close()));
for (const id of ['tabs', 'show-task', 'task']) $(id).addEventListener('keydown', (event) => event.key === 'Escape' && field.focus());
render();
field.focus();
