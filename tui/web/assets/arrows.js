// Where arrows between hosts are.

// arrowsOf are those of who hears whom, of one host or, '', of all: paths from box to box,
// with a head at both ends where both hear. Boxes are those of a drawing, by their hosts.
export function arrowsOf(net, boxes, of) {
  const list = [];
  const done = new Set();
  const slot = new Map([...boxes.keys()].map((name, i) => [name, 0.12 + (0.76 * (i + 0.5)) / boxes.size]));
  for (const [by, heard] of net.hears) {
    for (const from of heard.keys()) {
      if (from === by || !boxes.has(by) || !boxes.has(from) || (of && of !== by && of !== from) || done.has(`${by} ${from}`)) continue;
      const both = net.hears.get(from)?.has(by) ?? false;
      if (both) done.add(`${from} ${by}`);
      list.push({d: between(boxes.get(from), slot.get(by), boxes.get(by), slot.get(from)), ends: [from, by], both});
    }
  }
  return list;
}

const gap = 4; // pixels between an arrow and a box

// between is an arc below boxes that stand side by side, and otherwise a line that is bent a
// little. Each end has a place of its own at its box: p and q are the parts of the width.
function between(a, p, b, q) {
  const [x1, x2] = [a.x + a.width * p, b.x + b.width * q];
  const [ay, by] = [a.y + a.height / 2, b.y + b.height / 2];
  if (Math.abs(ay - by) < Math.min(a.height, b.height)) {
    const [y1, y2] = [a.y + a.height + gap, b.y + b.height + gap];
    const deep = Math.max(y1, y2) + 16 + Math.min(60, Math.abs(x2 - x1) * 0.09);
    return `M${round(x1)} ${round(y1)}Q${round((x1 + x2) / 2)} ${round(deep)} ${round(x2)} ${round(y2)}`;
  }
  const [y1, y2] = by > ay ? [a.y + a.height + gap, b.y - gap] : [a.y - gap, b.y + b.height + gap];
  const bend = (y2 - y1) * 0.3;
  return `M${round(x1)} ${round(y1)}C${round(x1)} ${round(y1 + bend)} ${round(x2)} ${round(y2 - bend)} ${round(x2)} ${round(y2)}`;
}

const round = (n) => Math.round(10 * n) / 10;
