// Mouse and touch, as what a terminal has: buttons and a wheel at cells.
const [press, release, move] = [0, 1, 2];
const [up, down] = [4, 5]; // the wheel's
const slack = 10; // pixels that a finger may move and still tap

// Mouse calls on.send(message), on.selection() to know whether text is selected, and
// on.tap(), which is a click without a selection.
export class Mouse {
  #pressed = 0; // the button
  #last = '';
  #rolled = 0; // pixels of the wheel that make no row yet
  #fingers = new Map();
  #scrolled = false;
  #touch = false;
  uses = false; // the program wants to know of the mouse

  constructor(screen, on) {
    this.screen = screen;
    this.on = on;
    const e = screen.element;
    e.addEventListener('pointerdown', (event) => this.#down(event));
    e.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel']) e.addEventListener(end, (event) => this.#up(event));
    e.addEventListener('wheel', (event) => this.#wheel(event), {passive: false});
    e.addEventListener('click', (event) => this.#click(event));
    // The program's mouse selects no text, and takes the focus from nowhere.
    e.addEventListener('mousedown', (event) => this.#own(event) && event.preventDefault());
    e.addEventListener('contextmenu', (event) => this.#own(event) && !this.#touch && event.preventDefault());
  }

  // own reports whether an event is the program's. With shift, or where text is selected,
  // it is the browser's.
  #own(event) {
    return this.uses && !event.shiftKey && !this.on.selection();
  }

  #send(event, button, kind) {
    const m = [...this.screen.cell(event.clientX, event.clientY), button, kind];
    if (kind === move && m.join() === this.#last) return;
    this.#last = m.join();
    const message = {m};
    if (event.ctrlKey) message.c = true;
    if (event.altKey) message.a = true;
    this.on.send(message);
  }

  #down(event) {
    this.#touch = event.pointerType === 'touch';
    if (this.#touch) {
      if (this.#fingers.size === 0) this.#scrolled = false;
      this.#fingers.set(event.pointerId, {x: event.clientX, y: event.clientY, from: event.clientY});
      return;
    }
    if (!this.#own(event)) {
      if (event.shiftKey && event.button === 0) getSelection().removeAllRanges(); // or it would be extended
      return;
    }
    if (event.button > 2) return;
    this.#pressed = event.button + 1;
    this.screen.element.setPointerCapture(event.pointerId);
    this.#send(event, this.#pressed, press);
  }

  #move(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (finger) {
      this.#scroll(event, finger);
    } else if (this.#own(event) && event.pointerType !== 'touch') {
      this.#send(event, this.#pressed, move);
    }
  }

  #up(event) {
    if (this.#fingers.delete(event.pointerId)) return;
    if (this.#pressed) this.#send(event, this.#pressed, release);
    this.#pressed = 0;
  }

  #click(event) {
    if (!getSelection().isCollapsed || (this.#touch && this.#scrolled)) return;
    if (this.#touch) {
      this.#send(event, 1, press);
      this.#send(event, 1, release);
    }
    this.on.tap(this.#touch);
  }

  // scroll is what fingers do: one or two, and a row for each height of a row.
  #scroll(event, finger) {
    if (!this.#scrolled && Math.abs(event.clientY - finger.from) < slack) return;
    this.#scrolled = true;
    this.#roll({clientX: finger.x, clientY: finger.from}, (finger.y - event.clientY) / this.#fingers.size);
    finger.y = event.clientY;
  }

  #wheel(event) {
    if (event.ctrlKey) return; // the size of the page
    event.preventDefault();
    const unit = [1, this.screen.fit.height, this.screen.fit.height * 10][event.deltaMode];
    this.#roll(event, (event.deltaY * unit) / 2);
  }

  #roll(at, pixels) {
    this.#rolled += pixels;
    const row = this.screen.fit.height;
    for (let n = 0; Math.abs(this.#rolled) >= row && n < 5; n++) {
      this.#send(at, this.#rolled > 0 ? down : up, press);
      this.#rolled -= Math.sign(this.#rolled) * row;
    }
    this.#rolled %= row;
  }
}
