// A seat without a screen: lines, and a field.
import {leave} from './leave.js';
import {Link} from './link.js';
import {words} from './words.js';

const $ = (id) => document.getElementById(id);
const [log, field, state] = [$('log'), $('line'), $('state')];
const mostLines = 1000;
const mostBytes = 2000;
const history = {list: [], at: 0, draft: ''};
let seen = 0; // the number of the last line that is shown

const link = new Link({
  open() {
    state.textContent = '';
    link.send({seen});
  },
  message: show,
  lost: () => (state.textContent = words.lost),
  refused: () => (state.textContent = words.tooMany),
  gone: () => location.replace('/?gone'),
  over() {
    state.textContent = `${words.over} ${words.overMore}`;
    document.title = words.over;
    for (const e of [field, $('leave'), document.querySelector('#say button')]) e.disabled = true;
  },
});

// show adds lines that are not shown yet: after the connection was lost all come again.
function show({lines, last, lost}) {
  if (last < seen) seen = 0; // another program's
  const news = lines.slice(Math.max(0, lines.length - (last - seen)));
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (lost && seen < last - lines.length) add(words.lines(last - lines.length - seen), 'note');
  for (const line of news) add(line);
  seen = last;
  while (log.childElementCount > mostLines) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function add(text, kind) {
  const p = document.createElement('p');
  p.textContent = text;
  if (kind) p.className = kind;
  log.append(p);
}

$('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const line = field.value;
  if (line === '') return;
  let error = '';
  if (new TextEncoder().encode(line).length > mostBytes) error = words.longLine;
  else if (!link.send({say: line})) error = words.lost;
  $('line-error').textContent = error;
  if (error) return;
  add(words.said(line), 'own');
  log.scrollTop = log.scrollHeight;
  if (history.list.at(-1) !== line) history.list.push(line);
  if (history.list.length > 100) history.list.shift();
  history.at = history.list.length;
  field.value = '';
});

field.addEventListener('keydown', (event) => {
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (!step || event.isComposing) return;
  event.preventDefault();
  if (history.at === history.list.length) history.draft = field.value;
  history.at = Math.min(Math.max(history.at + step, 0), history.list.length);
  field.value = history.list[history.at] ?? history.draft;
});

leave($('leave'), $('ask-leave'), '/', link);
state.textContent = words.connecting;
field.focus();
