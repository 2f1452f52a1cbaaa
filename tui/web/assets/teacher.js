// The teacher's key, and what is done with it.
import {words} from './boardwords.js';

const memory = 'groupcast.key';

// takeKey is the key of the address, which is then no longer there, or the one that this tab
// has had before; '': there is none.
export function takeKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given) {
    history.replaceState(null, '', location.pathname + location.search);
    remember(given);
    return given;
  }
  try {
    return sessionStorage.getItem(memory) ?? '';
  } catch {
    return '';
  }
}

export function forgetKey() {
  remember('');
}

function remember(key) {
  try {
    if (key) sessionStorage.setItem(memory, key);
    else sessionStorage.removeItem(memory);
  } catch {
    // this browser keeps nothing
  }
}

// post does something; it resolves to '', or to why it could not be done.
export async function post(key, what, body) {
  try {
    const response = await fetch(`/board/${what}`, {
      method: 'POST',
      headers: {'Content-Type': 'application/json', Authorization: `Bearer ${key}`},
      body: JSON.stringify(body),
    });
    if (response.ok) return '';
    const answer = await response.json().catch(() => ({}));
    return answer.error || words.badAnswer(response.status);
  } catch {
    return words.noAnswer;
  }
}
