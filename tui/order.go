package tui

// order is what a command asks for: a [session.Action], or one of the types
// below, which the screen carries out itself.
type order any

// The orders for the screen.
type (
	showHelp   struct{}
	showWho    struct{}                  // who was heard
	showMatrix struct{}                  // who hears whom
	showKey    struct{ rows []string }   // of a member
	clearTalk  struct{}                  // empties the talk
	openPicker struct{ kind pickerKind } // a command that was given nothing to choose
	quit       struct{}
)
