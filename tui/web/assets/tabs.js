// Tabs of hosts (WAI-ARIA: tabs, of which the focused one is shown).
import {words} from './words.js';

const steps = {ArrowRight: 1, ArrowLeft: -1};

// Tabs calls on.show(name) and on.down(), for the key that leads further.
export class Tabs {
  #buttons = new Map(); // by their names

  constructor(list, panel, on) {
    this.list = list;
    this.panel = panel;
    this.on = on;
    list.addEventListener('mousedown', (event) => event.preventDefault()); // the focus stays where it is
    list.addEventListener('keydown', (event) => this.#key(event));
  }

  // set makes the tabs. One is none: then there is nothing to choose.
  set(names) {
    this.list.hidden = names.length < 2;
    if (this.list.hidden) return;
    this.panel.setAttribute('role', 'tabpanel');
    this.list.replaceChildren(...names.map((name, n) => {
      const button = document.createElement('button');
      const mark = document.createElement('span');
      Object.assign(button, {id: `tab-${n}`, type: 'button', textContent: name, tabIndex: -1});
      button.setAttribute('role', 'tab');
      button.setAttribute('aria-controls', this.panel.id);
      mark.className = 'unseen';
      button.append(mark);
      button.addEventListener('click', () => this.on.show(name, button === document.activeElement));
      this.#buttons.set(name, button);
      return button;
    }));
  }

  get shown() {
    return !this.list.hidden;
  }

  // select shows which one is shown.
  select(name) {
    for (const [other, button] of this.#buttons) {
      const on = other === name;
      button.setAttribute('aria-selected', String(on));
      button.tabIndex = on ? 0 : -1;
      if (!on) continue;
      this.panel.setAttribute('aria-labelledby', button.id);
      button.scrollIntoView({block: 'nearest', inline: 'nearest'});
    }
    this.mark(name, false);
  }

  // mark says that there is something new in a tab, or no more.
  mark(name, on) {
    const button = this.#buttons.get(name);
    if (!button || button.classList.contains('new') === on) return;
    button.classList.toggle('new', on);
    button.querySelector('.unseen').textContent = on ? words.fresh : '';
  }

  focus() {
    this.list.querySelector('[aria-selected="true"]').focus();
  }

  #key(event) {
    const names = [...this.#buttons.keys()];
    const at = names.findIndex((name) => this.#buttons.get(name) === event.target);
    if (at < 0) return;
    let next = {Home: 0, End: names.length - 1}[event.key];
    if (steps[event.key]) next = (at + steps[event.key] + names.length) % names.length;
    if (next === undefined && event.key !== 'ArrowDown') return;
    event.preventDefault();
    if (event.key === 'ArrowDown') return this.on.down();
    this.#buttons.get(names[next]).focus();
    this.on.show(names[next], true);
  }
}
