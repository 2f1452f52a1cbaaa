import {ask} from './ask.js';

// leave lets a button give the seat back, when its question is answered by yes, and goes on
// to another page. close ends the connections of this one.
export function leave(button, dialog, next, close) {
  button.addEventListener('click', () => ask(dialog, async () => {
    close();
    try {
      await fetch('/leave', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'});
    } finally {
      location.replace(next);
    }
  }));
}
