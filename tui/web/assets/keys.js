// The keyboard: a hidden field takes text, what input methods compose, and pastes; the
// keys that are no text are taken from their events.
const named = new Set([
  'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown', 'Insert', 'Delete', 'Enter', 'Tab', 'Backspace', 'Escape',
  'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12',
]);
const leaving = 'm'; // with ctrl: to the buttons. It is Enter to a terminal, which has a key for that
const pages = new Set(['v', '+', '-', '=', '0']); // with ctrl: paste, and the size of the whole page

// Keys calls on.send(message), on.paste(text), on.leave() and, to know whether ctrl of the
// bar is on and to switch it off, on.takeCtrl().
export class Keys {
  #composing = false;

  constructor(field, on) {
    this.field = field;
    this.on = on;
    field.addEventListener('keydown', (e) => this.#key(e));
    field.addEventListener('beforeinput', (e) => this.#before(e));
    field.addEventListener('input', (e) => e.isComposing || this.#text());
    field.addEventListener('compositionstart', () => this.#compose(true));
    field.addEventListener('compositionend', () => {
      this.#compose(false);
      this.#text();
    });
    field.addEventListener('paste', (e) => {
      e.preventDefault();
      on.paste(e.clipboardData.getData('text/plain'));
    });
    field.addEventListener('drop', (e) => {
      e.preventDefault();
      on.paste(e.dataTransfer.getData('text/plain'));
    });
    // Where nothing has the focus, a key is for the screen.
    document.addEventListener('keydown', (e) => {
      if (e.target !== document.body || on.selected(e)) return;
      this.focus();
      this.#key(e);
    });
  }

  focus() {
    this.field.focus({preventScroll: true});
  }

  #compose(on) {
    this.#composing = on;
    this.field.classList.toggle('composing', on);
  }

  #key(e) {
    if (e.isComposing || e.keyCode === 229 || e.metaKey) return; // an input method's, or the browser's
    const mods = {c: e.ctrlKey, a: e.altKey, s: e.shiftKey};
    if (named.has(e.key)) {
      if (e.key === 'Tab' && e.ctrlKey) return; // the browser's
      e.preventDefault();
      this.press(e.key, mods);
      return;
    }
    if ([...e.key].length !== 1 || e.getModifierState('AltGraph')) return;
    const key = e.key.toLowerCase();
    if (e.ctrlKey) {
      if (e.shiftKey || pages.has(key)) return;
      e.preventDefault();
      if (key === leaving) this.on.leave();
      else this.press(key, mods);
    } else if (e.altKey && /^[a-z0-9=.]$/i.test(e.key)) { // with others a Mac makes text
      e.preventDefault();
      this.press(e.key, mods);
    }
  }

  // type sends text, with ctrl where that of the bar is on.
  type(text) {
    if (this.#composing) {
      this.#compose(false);
      this.#text();
    }
    if (this.on.takeCtrl()) this.on.send({k: text, c: true});
    else this.on.send({i: text});
  }

  // press sends a key, with ctrl where that of the bar is on.
  press(k, {c = false, a = false, s = false} = {}) {
    if (this.#composing) { // what is composed comes before a key of the bar
      this.#compose(false);
      this.#text();
    }
    const message = {k};
    if (this.on.takeCtrl() || c) message.c = true;
    if (a) message.a = true;
    if (s) message.s = true;
    this.on.send(message);
  }

  // before takes what keyboards of touch screens tell only this way.
  #before(e) {
    if (this.#composing || this.field.value !== '') return;
    if (e.inputType === 'deleteContentBackward') this.press('Backspace');
    else if (e.inputType === 'insertLineBreak') this.press('Enter');
    else return;
    e.preventDefault();
  }

  #text() {
    if (this.#composing) return;
    let text = this.field.value;
    this.field.value = '';
    if (text !== '' && this.on.takeCtrl()) {
      const [first] = text;
      this.on.send({k: first.toLowerCase(), c: true});
      text = text.slice(first.length);
    }
    for (const [n, part] of text.split('\n').entries()) {
      if (n > 0) this.press('Enter');
      if (part !== '') this.on.send({i: part});
    }
  }
}
