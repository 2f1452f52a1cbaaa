// The panel of an exercise: what is to be done, what a check has seen, hints, and buttons.
import {ask} from './ask.js';
import {rove} from './bar.js';
import {keep, kept} from './kept.js';
import {words} from './words.js';

const [mostSeen, mostLength] = [8, 300]; // lines of what was seen; characters of a text
const buttons = ['check', 'hint', 'reset'];
const made = new Map(); // of which things the children of an element were made
const $ = (id) => document.getElementById(id);

// Task calls on.do(what), which is false when it cannot be told; on.tell(text), to say
// something where the panel is folded; on.changed(), when what is at work may be another; and
// on.folded(folded), when somebody folds or unfolds it.
export class Task {
  #state = null; // as the server told it
  #version = 0;
  #asked = ''; // what was asked for, until the server tells
  #resets = 0; // that this page asked for, and that are not done

  constructor(on) {
    this.on = on;
    this.panel = $('task');
    this.button = $('show-task');
    // The focus stays in the screen, where somebody types.
    for (const e of [this.button, $('task-buttons')]) e.addEventListener('mousedown', (event) => event.preventDefault());
    this.button.addEventListener('click', () => this.fold(!this.panel.hidden, {remember: true}));
    $('fold').addEventListener('click', () => {
      this.fold(true, {remember: true});
      this.button.focus();
    });
    $('check').addEventListener('click', () => this.#do('check'));
    $('hint').addEventListener('click', () => {
      const {hints, hints_of: of} = this.#state.progress;
      if (hints === of - 1) ask($('ask-hint'), () => this.#do('hint'));
      else if (hints < of) this.#do('hint');
    });
    $('reset').addEventListener('click', () => this.busy || ask($('ask-reset'), () => this.#do('reset')));
    rove($('task-buttons'));
  }

  // busy is what is at work; '': nothing.
  get busy() {
    return this.#state?.busy || this.#asked;
  }

  // trouble is why nothing can be done in the hosts now; '': it can.
  get trouble() {
    return {build: words.building, reset: words.rebuilding}[this.busy] ?? '';
  }

  get there() {
    return this.#state !== null;
  }

  // focus leads to the buttons.
  focus() {
    if (this.panel.hidden) this.fold(false);
    $('check').focus();
  }

  fold(on, {remember = false} = {}) {
    this.panel.hidden = on;
    this.button.setAttribute('aria-expanded', String(!on));
    if (!remember) return;
    keep('task', on ? 'folded' : 'open');
    this.on.folded(on);
  }

  #do(what) {
    if (this.busy || !this.on.do(what)) return;
    this.#asked = what;
    if (what === 'reset') this.#resets++;
    this.#buttons();
    this.#say(words.busy[what]);
    this.on.changed();
  }

  // begin shows the panel, as it was kept: there is an exercise.
  begin() {
    this.button.hidden = false;
    this.fold(kept('task') === 'folded');
  }

  // show shows how the exercise stands, unless something newer is shown: each tab tells it.
  show(state, version) {
    if (version <= this.#version) return;
    this.#version = version;
    const before = this.#state;
    [this.#state, this.#asked] = [state, ''];
    if (state.said) this.#resets = 0;
    $('task-title').textContent = state.title;
    list($('task-text'), state.task ?? [], paragraph, 'p');
    this.#progress(state);
    list($('task-list'), state.expectations ?? [], expectation);
    list($('task-hints'), state.hints ?? [], paragraph);
    $('task-hints-part').hidden = $('task-hints').childElementCount === 0;
    if ($('task-said').textContent !== (state.said ?? '')) $('task-said').textContent = clip(state.said ?? '');
    this.#buttons();
    if (!before) return;
    const [was, is] = [before.progress, state.progress];
    if (state.said && state.said !== before.said) this.#say(clip(state.said));
    else if (is.checks > was.checks) this.#say(words.met(is, true));
    else if (is.resets > was.resets) this.#rebuilt();
    else if (is.hints > was.hints) this.#say(words.hinted(is.hints, clip(state.hints.at(-1) ?? '')));
    else if (state.busy && state.busy !== before.busy) this.#say(words.busy[state.busy] ?? '');
    if (is.hints > was.hints) $('task-hints').lastElementChild?.scrollIntoView({block: 'nearest'});
    if (is.checks > was.checks) { // what is not met matters more, where there is no room for both
      $('task-met').scrollIntoView({block: 'nearest'});
      $('task-list').querySelector('.unmet')?.scrollIntoView({block: 'nearest'});
    }
    this.on.changed();
  }

  // rebuilt says that the network is another: the teacher can reset it, too.
  #rebuilt() {
    if (this.#resets > 0) this.#say(words.rebuilt);
    else this.on.tell(words.rebuiltForYou);
    this.#resets = 0;
  }

  #progress({progress, expectations}) {
    const checked = Boolean(expectations?.length);
    $('task-met').textContent = words.met(progress, checked);
    $('task-met').classList.toggle('solved', checked && progress.met === progress.of);
    $('task-short').textContent = words.metShort(progress, checked);
  }

  #buttons() {
    const {hints, hints_of: of} = this.#state.progress;
    const {busy} = this;
    for (const id of buttons) {
      const text = busy === id ? words.busy[id] : id === 'hint' ? words.hint(hints, of) : words[id];
      const off = busy !== '' || (id === 'hint' && hints >= of);
      if ($(id).textContent !== text) $(id).textContent = text;
      $(id).setAttribute('aria-disabled', String(off));
    }
    this.panel.setAttribute('aria-busy', String(busy !== ''));
  }

  // say is read aloud; where the panel is folded it is shown, too.
  #say(text) {
    if (this.panel.hidden) this.on.tell(text);
    else $('told').textContent = text;
  }
}

// list makes the children of an element, where they are others than before.
function list(parent, items, make, kind = 'li') {
  const now = JSON.stringify(items);
  if (made.get(parent) === now) return;
  made.set(parent, now);
  parent.replaceChildren(...items.map((item) => {
    const e = document.createElement(kind);
    make(e, item);
    return e;
  }));
}

const clip = (text) => (text.length > mostLength ? `${text.slice(0, mostLength)}…` : text);

function paragraph(e, text) {
  e.textContent = text;
}

function expectation(e, {text, after, seen = [], met, missing}) {
  e.className = met ? 'met' : 'unmet';
  const add = (kind, name, content) => {
    const child = document.createElement(kind);
    [child.className, child.textContent] = [name, content];
    e.append(child);
  };
  add('span', 'unseen', missing ? words.unknown : met ? words.isMet : words.isNotMet);
  add('span', 'text', clip(text));
  if (after) add('p', 'quiet', words.after(clip(after)));
  if (missing) add('p', 'quiet', words.missing(clip(missing)));
  if (seen.length === 0) {
    if (!met && !missing) add('p', 'quiet', words.seenNothing);
    return;
  }
  add('p', 'quiet', words.seen);
  add('pre', 'seen', [...seen.slice(0, mostSeen).map(clip), ...(seen.length > mostSeen ? ['…'] : [])].join('\n'));
}
