// ask shows a question, and calls yes when it is answered by that.
export function ask(dialog, yes) {
  dialog.returnValue = ''; // Escape leaves what was answered last
  dialog.showModal();
  dialog.addEventListener('close', () => dialog.returnValue === 'yes' && yes(), {once: true});
}
