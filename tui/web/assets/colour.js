// The colours of cells. Programs choose them for one background, and a page may have the
// other: text that could not be read gets darker or lighter, as far as is needed (WCAG
// 2.2, 1.4.3: 4.5 to 1).
const least = 4.5;
const dark = matchMedia('(prefers-color-scheme: dark)');
const grounds = {dark: {bg: '#0e1215', fg: '#d9dee3'}, light: {bg: '#ffffff', fg: '#1a1d21'}}; // as --screen and --screen-text
const mostKept = 4096;
let kept = new Map();

export const isDark = () => dark.matches;

// onScheme calls back when the page becomes light or dark.
export function onScheme(changed) {
  dark.addEventListener('change', () => {
    kept = new Map();
    changed();
  });
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hexOf = (rgb) => `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;

function luminance(rgb) {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function readable(fg, bg) {
  const from = channels(fg);
  const ground = channels(bg);
  const to = luminance(ground) > 0.18 ? 0 : 255;
  for (let part = 0; part < 1; part += 0.1) {
    const mixed = from.map((c) => c + (to - c) * part);
    if (contrast(mixed, ground) >= least) return hexOf(mixed);
  }
  return hexOf([to, to, to]);
}

// coloursOf are the colours of a run, as CSS has them; '' is the page's own. Lines and
// blocks are no text, and stay as they are.
export function coloursOf(fg, bg, reverse, drawing) {
  const key = `${fg}/${bg}/${reverse}/${drawing}`;
  let colours = kept.get(key);
  if (!colours) {
    const own = isDark() ? grounds.dark : grounds.light;
    let [front, back] = [fg || own.fg, bg || own.bg];
    if (reverse) [front, back] = [back, front];
    if (!drawing) front = readable(front, back);
    colours = {fg: front === own.fg && back === own.bg ? '' : front, bg: back === own.bg ? '' : back};
    if (kept.size >= mostKept) kept.clear();
    kept.set(key, colours);
  }
  return colours;
}
