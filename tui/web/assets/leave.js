// leave lets a button give the seat back, when its question is answered by yes, and goes on
// to another page.
export function leave(button, dialog, next, link) {
  button.addEventListener('click', () => dialog.showModal());
  dialog.addEventListener('close', async () => {
    if (dialog.returnValue !== 'yes') return;
    link.close();
    try {
      await fetch('/leave', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'});
    } finally {
      location.replace(next);
    }
  });
}
