// The grid: rows of runs, and a cursor. A run is [text, cells, foreground, background,
// look], of which the end may be missing. Text enters the page as text only.
import {coloursOf, onScheme} from './colour.js';

const looks = [[1, 'bold'], [2, 'faint'], [4, 'italic'], [8, 'under'], [16, 'blink'], [64, 'strike']];
const reversed = 32;
const segmenter = new Intl.Segmenter('und');
const ascii = /^[\x20-\x7e]*$/;
const single = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0391-\u03ff\u0400-\u0482\u2010-\u2027\u2190-\u22ff\u2500-\u25ff\u2800-\u28ff]*$/; // a character is a cell
const drawing = /^[\u2500-\u259f\u2800-\u28ff\s]*$/; // lines, blocks, dots

export class Screen {
  #rows = []; // runs, as they were told
  #lines = []; // their elements
  #cursor = document.createElement('div');
  #at = [0, 0, 0];
  #held = false;
  #late = new Set(); // rows to paint
  #frame = 0; // in which they will be

  constructor(element, fit) {
    this.element = element;
    this.fit = fit;
    this.#cursor.className = 'cursor';
    element.append(this.#cursor);
    onScheme(() => this.repaint());
  }

  // show takes a message of the server. It is painted with the next frame, and so are those
  // that come until then: a slow tablet paints fewer.
  show({w, h, rows, cur}) {
    if (h !== this.#rows.length || w !== this.columns) this.#resize(w, h);
    for (const [y, runs] of Object.entries(rows ?? {})) {
      if (!(y in this.#rows)) continue;
      this.#rows[y] = runs;
      this.#late.add(Number(y));
    }
    this.#at = cur;
    this.#soon();
  }

  #resize(w, h) {
    this.columns = w;
    this.#rows = Array.from({length: h}, () => []);
    while (this.#lines.length > h) this.#lines.pop().remove();
    while (this.#lines.length < h) {
      const line = document.createElement('div');
      line.className = 'line';
      this.#lines.push(line);
      this.#cursor.before(line);
    }
    this.repaint();
  }

  // repaint paints all rows anew: the colours of the page have changed, or the size of letters.
  repaint() {
    for (const [y, line] of this.#lines.entries()) {
      line.style.height = line.style.lineHeight = `${this.fit.height}px`;
      this.#late.add(y);
    }
    this.#soon();
  }

  // hold keeps rows as they are: somebody has selected text in them.
  hold(on) {
    this.#held = on;
    this.#soon();
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#place();
      if (this.#held) return;
      for (const y of this.#late) this.#lines[y]?.replaceChildren(...(this.#rows[y] ?? []).map((run) => this.#run(run)));
      this.#late.clear();
    });
  }

  #run([text, cells, fg = '', bg = '', look = 0]) {
    const e = document.createElement('span');
    const reverse = (look & reversed) !== 0;
    const colours = coloursOf(fg, bg, reverse, drawing.test(text));
    e.className = 'run';
    e.style.width = `${cells * this.fit.width}px`;
    if (colours.fg) e.style.color = colours.fg;
    if (colours.bg) e.style.backgroundColor = colours.bg;
    if (reverse || colours.bg) e.classList.add('ground');
    for (const [bit, name] of looks) if (look & bit) e.classList.add(name);
    this.#fill(e, text, cells);
    return e;
  }

  // fill puts text into a run. A character whose glyph is not as wide as its cells, as those
  // of another font are, gets a box of its own, so that what follows stays in its columns.
  #fill(e, text, cells) {
    if (ascii.test(text)) {
      e.textContent = text;
      return;
    }
    const glyphs = single.test(text) ? [...text] : Array.from(segmenter.segment(text), (s) => s.segment);
    if (glyphs.length > 1 && glyphs.length !== cells) { // the program's idea of characters is another
      e.textContent = text;
      return;
    }
    const each = glyphs.length === cells ? 1 : cells; // a wide character is alone in its run
    let plain = '';
    for (const glyph of glyphs) {
      const odd = this.fit.odd(glyph, each);
      if (!odd) {
        plain += glyph;
        continue;
      }
      const [box, inner] = [document.createElement('span'), document.createElement('span')];
      box.className = 'run';
      box.style.width = `${each * this.fit.width}px`;
      inner.className = 'odd';
      inner.style.transform = `scaleX(${odd})`;
      inner.textContent = glyph;
      box.append(inner);
      e.append(plain, box);
      plain = '';
    }
    e.append(plain);
  }

  #place() {
    const [x, y, visible] = this.#at;
    this.#cursor.hidden = !visible;
    this.#cursor.style.width = `${this.fit.width}px`;
    this.#cursor.style.height = `${this.fit.height}px`;
    this.#cursor.style.transform = `translate(${x * this.fit.width}px, ${y * this.fit.height}px)`;
  }

  // at is where the cursor is, in pixels from the upper left corner.
  get at() {
    return {x: this.#at[0] * this.fit.width, y: this.#at[1] * this.fit.height};
  }

  // cell is the one under a point of the window, in the bounds of the screen.
  cell(clientX, clientY) {
    const box = this.element.getBoundingClientRect();
    const within = (n, most) => Math.min(Math.max(Math.floor(n), 0), most - 1);
    return [within((clientX - box.left) / this.fit.width, this.columns), within((clientY - box.top) / this.fit.height, this.#rows.length)];
  }
}
