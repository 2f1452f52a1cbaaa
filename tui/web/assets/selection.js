// Text of the screen that somebody has selected: copying it is the browser's.

// Selection calls on.changed(selected), and on.ended() when a key has ended it.
export class Selection {
  holding = false; // text is selected

  constructor(place, on) {
    this.place = place;
    this.on = on;
    document.addEventListener('selectionchange', () => {
      const now = this.there();
      if (now === this.holding) return;
      this.holding = now;
      on.changed(now);
    });
    // Rows are as wide as the screen: what is copied of them ends where their text does.
    document.addEventListener('copy', (event) => {
      if (!this.there()) return;
      event.preventDefault();
      event.clipboardData.setData('text/plain', getSelection().toString().replace(/[ \u00a0]+$/gm, ''));
    });
  }

  there() {
    const s = getSelection();
    return !s.isCollapsed && this.place.contains(s.anchorNode);
  }

  // key reports whether a key belongs to the selection. Any but those for copying ends it.
  key(event) {
    if (!this.there()) return false;
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyC') { // as terminals have it; the browser's is another
      event.preventDefault();
      document.execCommand('copy');
      return true;
    }
    if (event.ctrlKey || event.metaKey || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return true;
    this.end();
    this.on.ended();
    return event.key === 'Escape';
  }

  end() {
    if (this.there()) getSelection().removeAllRanges();
  }
}
