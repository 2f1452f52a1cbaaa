// Where arrows between hosts are.

// arrowsOf are those of who hears whom, of one host or, '', of all: paths from box to box,
// with a head at both ends where both hear.
export function arrowsOf(net, boxes, of) {
  const list = [];
  const done = new Set();
  for (const [by, heard] of net.hears) {
    for (const from of heard.keys()) {
      if (from === by || !boxes.has(by) || !boxes.has(from) || (of && of !== by && of !== from) || done.has(`${by} ${from}`)) continue;
      const both = net.hears.get(from)?.has(by) ?? false;
      if (both) done.add(`${from} ${by}`);
      list.push({d: between(boxes.get(from), boxes.get(by)), ends: [from, by], both});
    }
  }
  return list;
}

const middle = (b) => [b.x + b.width / 2, b.y + b.height / 2];
const gap = 3; // pixels between an arrow and a box

// between is an arc below boxes that stand side by side, and otherwise a line that is bent a
// little, so that it lies on no wire.
function between(a, b) {
  const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
  const right = Math.sign(bx - ax) || 1;
  if (Math.abs(ay - by) < Math.min(a.height, b.height)) {
    const [x1, x2] = [ax + right * a.width * 0.25, bx - right * b.width * 0.25];
    const [y1, y2] = [a.y + a.height + gap, b.y + b.height + gap];
    const deep = Math.max(y1, y2) + 18 + Math.min(50, Math.abs(x2 - x1) * 0.07);
    return `M${round(x1)} ${round(y1)}Q${round((x1 + x2) / 2)} ${round(deep)} ${round(x2)} ${round(y2)}`;
  }
  const down = by > ay;
  const [x1, x2] = [ax + a.width * 0.22, bx + b.width * 0.22];
  const [y1, y2] = down ? [a.y + a.height + gap, b.y - gap] : [a.y - gap, b.y + b.height + gap];
  const bend = 24 + Math.abs(x2 - x1) * 0.05;
  return `M${round(x1)} ${round(y1)}Q${round((x1 + x2) / 2 + bend)} ${round((y1 + y2) / 2)} ${round(x2)} ${round(y2)}`;
}

const round = (n) => Math.round(10 * n) / 10;
