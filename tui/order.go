package tui

// order is what a command asks for: a session.Action, or one of the following,
// which the screen does by itself.
type order any

// What the screen does by itself.
type (
	showHelp   struct{}
	showWho    struct{}                  // who was heard
	clearTalk  struct{}                  // empties the talk
	openPicker struct{ kind pickerKind } // a command that was given nothing to choose
	quit       struct{}
)
