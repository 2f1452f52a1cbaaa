// ask shows a question, and calls yes when it is answered by that.
export function ask(dialog, yes) {
  dialog.returnValue = ''; // Escape leaves what was answered last
  dialog.showModal();
  whenClosed(dialog, () => {
    dialog.onclose = null;
    refocus(document.activeElement);
    if (dialog.returnValue === 'yes') yes();
  });
}

// whenClosed calls then each time that a dialog is closed, in place of what was called before.
export function whenClosed(dialog, then) {
  dialog.onclose = () => dialog.open || then(); // it may be open again: the event comes late
}

// refocus puts the caret into the field that has the focus: Chromium gives it the focus back
// only, and what is typed there goes nowhere.
function refocus(field) {
  if (!field?.matches('textarea, input')) return;
  field.blur();
  field.focus({preventScroll: true});
}
