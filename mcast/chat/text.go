package chat

// Text is text that is safe to write to a terminal: it has no control
// characters, nor any for the direction of writing, nothing invisible but
// variation selectors (which choose how an emoji is drawn), and no pile of
// marks on one character. It may hold newlines, though not at its end. Only
// Sanitize and SanitizeString make it.
type Text struct{ s string }

// String returns the safe text.
func (t Text) String() string { return t.s }
