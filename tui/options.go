package tui

import (
	"io"
	"time"
)

// Options say how [Run] and its like draw, and what they call themselves. The zero value is the terminal of the
// process.
type Options struct {
	Input  io.Reader        // nil: standard input
	Output io.Writer        // nil: standard output
	Env    []string         // TERM, NO_COLOR and so on; nil: os.Environ
	Now    func() time.Time // nil: time.Now
	Host   string           // of a lab, where the session is: the screen bears its name; "": of none
	Theme  Theme            // the zero Theme: as the terminal says
	// Recording says that what is shown is recorded as well, or why that stopped; "":
	// it is not. nil: it never is.
	Recording func() string
	ASCII     bool // draw with ASCII only; what people write is shown as it is

	NoMouse bool // leave the mouse to the terminal
	Notify  bool // ring the bell and count new lines in the window's title while the terminal is not looked at
	Suspend bool // ctrl+z stops the program: a shell is there that can continue it
	Seat    bool // of a class: no shell is there, and nothing for one is advised
	Lesson  bool // lead through the article above the talk: the session is host A of lab.Article
}
