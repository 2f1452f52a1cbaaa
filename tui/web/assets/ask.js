// ask shows a question, and calls yes when it is answered by that.
export function ask(dialog, yes) {
  dialog.returnValue = ''; // Escape leaves what was answered last
  dialog.showModal();
  dialog.onclose = () => {
    if (dialog.open) return; // it was closed and is asked again: the event comes later than either
    dialog.onclose = null;
    refocus(document.activeElement);
    if (dialog.returnValue === 'yes') yes();
  };
}

// refocus puts the caret into the field that has the focus: Chromium gives it the focus back
// only, and what is typed there goes nowhere.
function refocus(field) {
  if (!field?.matches('textarea, input')) return;
  field.blur();
  field.focus({preventScroll: true});
}
