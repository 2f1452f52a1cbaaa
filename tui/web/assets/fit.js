// How large letters are, and how many columns and rows have room.
import {keep, kept} from './kept.js';

const [least, most] = [8, 32]; // pixels
const usual = (width) => Math.min(18, Math.max(15, width / 107)); // pixels, of a window of that many
const [wide, legible, narrow] = [80, 12, 44]; // columns that are wanted; pixels that are not undercut for them; columns that are wanted even so
const limits = {columns: [20, 300], rows: [5, 100]}; // as the server has them

export class Fit {
  width = 8;
  height = 16;
  #chosen = Number(kept('letters')) || 0; // pixels; 0: what fits
  #pen = document.createElement('canvas').getContext('2d');
  #widths = new Map();

  constructor(element) {
    this.element = element;
    this.probe = document.createElement('span');
    this.probe.textContent = '0'.repeat(100);
    Object.assign(this.probe.style, {position: 'absolute', visibility: 'hidden', whiteSpace: 'pre', lineHeight: 'normal'});
  }

  // measure finds the size of letters and of a cell, and returns columns and rows.
  measure() {
    const {clientWidth: w, clientHeight: h} = this.element;
    let size = this.#chosen || usual(w);
    this.#cell(size);
    if (!this.#chosen) {
      const fitting = (columns) => (w / columns / this.width) * size;
      size = Math.min(size, Math.max(fitting(wide), Math.min(legible, fitting(narrow))));
      size = Math.max(least, Math.floor(size * 4) / 4);
      this.#cell(size);
    }
    this.size = size;
    const within = (n, [low, high]) => Math.min(Math.max(Math.floor(n), low), high);
    return {w: within(w / this.width, limits.columns), h: within(h / this.height, limits.rows)};
  }

  // letters sets their size, in pixels.
  letters(size) {
    this.size = size;
    this.#cell(size);
  }

  // The rows of a line are what the font itself says (line-height: normal): with more, upright
  // lines have gaps.
  #cell(size) {
    this.element.style.fontSize = `${size}px`;
    this.element.append(this.probe);
    const box = this.probe.getBoundingClientRect();
    this.probe.remove();
    this.width = box.width / 100;
    this.height = Math.floor(box.height);
    this.#pen.font = `${size}px ${getComputedStyle(this.element).fontFamily}`;
    this.#widths.clear();
  }

  // odd is by what to stretch a glyph that is not as wide as its cells; 0: it is.
  odd(glyph, cells) {
    let width = this.#widths.get(glyph);
    if (width === undefined) {
      width = this.#pen.measureText(glyph).width;
      if (this.#widths.size >= 4096) this.#widths.clear();
      this.#widths.set(glyph, width);
    }
    const room = cells * this.width;
    if (Math.abs(width - room) < 0.02 * room) return 0;
    return width > room ? room / width : 1;
  }

  // step makes letters larger or smaller by so many pixels, and remembers it.
  step(by) {
    this.#chosen = Math.min(most, Math.max(least, Math.round(this.size) + by));
    keep('letters', String(this.#chosen));
  }
}
