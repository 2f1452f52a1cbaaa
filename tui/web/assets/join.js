import {words} from './words.js';

const form = document.getElementById('join');
const go = document.getElementById('go');
const fields = {code: document.getElementById('code'), name: document.getElementById('name')};
let busy = false;

// complain says what is wrong, at its field where it has one, and leads there.
function complain(text, field) {
  const input = fields[field];
  for (const [name, other] of Object.entries(fields)) {
    const here = other === input && text !== '';
    document.getElementById(`${name}-error`).textContent = here ? text : '';
    other.setAttribute('aria-invalid', String(here));
  }
  document.getElementById('form-error').textContent = input ? '' : text;
  if (text === '') return;
  (input ?? go).focus();
  input?.select(); // what is typed next replaces it
}

async function ask() {
  const response = await fetch('/join', {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({code: fields.code.value.trim().toUpperCase(), name: fields.name.value.trim(), plain: form.elements.plain.checked}),
  });
  let answer = {};
  try {
    answer = await response.json();
  } catch {
    // the next lines say so
  }
  if (response.ok && answer.seat) {
    location.assign(answer.seat);
    return true;
  }
  complain(answer.error || words.badAnswer(response.status), answer.field);
  return false;
}

for (const [name, input] of Object.entries(fields)) {
  input.addEventListener('input', () => {
    document.getElementById(`${name}-error`).textContent = '';
    input.setAttribute('aria-invalid', 'false');
  });
}

function wait(on) {
  busy = on;
  go.textContent = on ? words.joining : words.join;
  go.setAttribute('aria-disabled', String(on));
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (busy) return;
  if (fields.code.value.trim() === '') return complain(words.noCode, 'code');
  if (fields.name.value.trim() === '') return complain(words.noName, 'name');
  complain('');
  wait(true);
  let joined = false;
  try {
    joined = await ask();
  } catch {
    complain(words.noAnswer);
  }
  if (!joined) wait(false);
});

// A page that comes out of the browser's memory, by its button for back, asks the server
// again: there may be a seat now.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

go.disabled = false;
const query = new URLSearchParams(location.search);
if (query.has('gone')) document.getElementById('notice').textContent = words.gone;
form.elements.plain.checked = query.has('plain');
if (location.search) history.replaceState(null, '', '/');
(fields.code.value ? fields.name : fields.code).focus();
