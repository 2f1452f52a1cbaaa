// What can be chosen for a wire and for a host: the words of "groupcast lab fault".
import {words} from './boardwords.js';

const fixed = (...list) => list.map(([text, ...fault]) => ({text, fault}));

// wireChoices are rows of buttons, each with a label or ''.
export function wireChoices(name, wire) {
  if (!wire || wire.gone) return [['', fixed(['Make it again', 'make', name])]];
  const faults = wire.faults ?? [];
  const value = (kind, text, v) => ({text, fault: [kind, name, v], now: faults.includes(`${kind} ${v}`)});
  return [
    ['', fixed(
      wire.whole ? ['Cut', 'cut', name] : ['Heal', 'heal', name],
      wire.up ? ['Switch off', 'down', name] : ['Switch on', 'up', name],
      ['Delete', 'delete', name],
    )],
    ['Loss', [value('loss', '10 %', '10%'), value('loss', '30 %', '30%'), value('loss', '100 %', '100%'), value('loss', 'none', '0%')]],
    ['Delay', [value('delay', '100 ms', '100ms'), value('delay', '500 ms', '500ms'), value('delay', 'none', '0ms')]],
    ['Flag MULTICAST', fixed(['off', 'multicast', name, 'off'], ['on', 'multicast', name, 'on'])],
    ['rp_filter', fixed(['off (0)', 'rp_filter', name, '0'], ['strict (1)', 'rp_filter', name, '1'], ['loose (2)', 'rp_filter', name, '2'])],
  ];
}

export function hostChoices(name, host) {
  if (host?.dead) return [];
  return [
    ['Firewall drops', fixed(['in', 'firewall', name, 'in'], ['out', 'firewall', name, 'out'], ['both', 'firewall', name, 'both'], ['nothing', 'firewall', name, 'off'])],
    ['Filter drops', fixed(['reports', 'filter', name, 'reports'], ['queries', 'filter', name, 'queries'], ['answers', 'filter', name, 'answers'], ['nothing', 'filter', name, 'off'])],
    ['rp_filter', fixed(['off (0)', 'rp_filter', name, '0'], ['strict (1)', 'rp_filter', name, '1'], ['loose (2)', 'rp_filter', name, '2'])],
    ['', [{text: 'Kill', fault: ['kill', name], sure: words.sure.kill(name)}]],
  ];
}
