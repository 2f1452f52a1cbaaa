// What scripts tell people. What a page always shows is in its own markup.
export const words = {
  connecting: 'Connecting…',
  lost: 'The connection is lost. Trying again…',
  tooMany: 'This seat is shown on too many pages. Close one of them.',
  over: 'The class is over.',
  overMore: 'You can close this page.',
  unread: (n) => `${n} ${n === 1 ? 'byte was' : 'bytes were'} not read by the program, and are lost.`,
  longPaste: (kB) => `This is too long to paste: ${kB} kB. Up to 60 kB can be pasted at once.`,
  tooFast: 'Too many keys at once: some of them are lost.',
  ended: (why) => `The program does not run now: ${why}.`,
  held: 'Text is selected: the screen waits. Copy it, or press Escape to go on.',
  lines: (n) => `${n} earlier ${n === 1 ? 'line is' : 'lines are'} no longer kept.`,
  longLine: 'This line is too long: 2000 bytes fit.',
  size: (columns, rows) => `${columns} columns, ${rows} rows`,

  gone: 'This browser has no seat now: you left it, nobody typed for a long time, or the class was started again. Join again here.',
  noCode: 'Type the code that your teacher shows.',
  noName: 'Type a name.',
  joining: 'Joining…',
  join: 'Join',
  noAnswer: 'The class does not answer. Is this device still in the network of the class?',
  badAnswer: (status) => `The class gave an answer that this page cannot read (status ${status}).`,
};
