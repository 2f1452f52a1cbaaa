// Buttons: keys for touch screens and those that browsers keep, and what the page itself
// can do.
import {keep, kept} from './kept.js';

// Bar calls on.press(key, modifiers) and on.type(text).
export class Bar {
  #ctrl = document.getElementById('ctrl');

  constructor(bar, show, on) {
    this.bar = bar;
    this.show = show;
    // The focus stays where it is, and so does the keyboard of a touch screen.
    for (const e of [bar, show]) e.addEventListener('mousedown', (event) => event.preventDefault());
    bar.addEventListener('click', (event) => {
      const button = event.target.closest('[data-key]');
      if (button) on.press(button.dataset.key, {c: 'ctrl' in button.dataset});
      const text = event.target.closest('[data-text]');
      if (text) on.type(text.dataset.text);
    });
    this.#ctrl.addEventListener('click', () => toggle(this.#ctrl));
    for (const button of bar.querySelectorAll('[data-repeat]')) repeat(button);
    show.addEventListener('click', () => this.#shown(bar.hidden, true));
    this.#shown({true: true, false: false}[kept('keys')] ?? matchMedia('(pointer: coarse)').matches, false);
    rove(bar);
  }

  // takeCtrl reports whether ctrl is on, and switches it off.
  takeCtrl() {
    const on = pressed(this.#ctrl);
    if (on) toggle(this.#ctrl);
    return on;
  }

  // first puts keys before the others that do not fit at once.
  first(group) {
    group.parentElement.prepend(group);
  }

  #shown(on, remember) {
    this.bar.hidden = !on;
    this.show.setAttribute('aria-pressed', String(on));
    if (remember) keep('keys', String(on));
  }
}

export const pressed = (button) => button.getAttribute('aria-pressed') === 'true';
export const toggle = (button) => button.setAttribute('aria-pressed', String(!pressed(button)));

// repeat clicks a button as long as it is held.
function repeat(button) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  button.addEventListener('pointerdown', () => {
    const again = () => {
      button.click();
      timer = setTimeout(again, 70);
    };
    timer = setTimeout(again, 450);
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) button.addEventListener(end, stop);
  button.addEventListener('contextmenu', (event) => event.preventDefault());
}

// rove makes the buttons one stop of the tab key, with arrows between them (WAI-ARIA:
// toolbar).
export function rove(toolbar) {
  const all = [...toolbar.querySelectorAll('button')];
  const only = (one) => all.forEach((b) => (b.tabIndex = b === one ? 0 : -1));
  only(all[0]);
  toolbar.addEventListener('focusin', (event) => all.includes(event.target) && only(event.target));
  toolbar.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const buttons = [...toolbar.querySelectorAll('button')]; // in their order now
    const at = buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });
}
