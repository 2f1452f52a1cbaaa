package web

import (
	"encoding/json"
	"errors"

	"github.com/groupcast/groupcast/mcast/class"
)

// message is what a page tells: one of its fields.
type message struct {
	Text   string  `json:"i"`
	Key    string  `json:"k"`
	Ctrl   bool    `json:"c"`
	Alt    bool    `json:"a"`
	Shift  bool    `json:"s"`
	Paste  string  `json:"p"`
	Mouse  []int   `json:"m"` // x, y, button, kind
	Width  int     `json:"w"`
	Height int     `json:"h"`
	Light  bool    `json:"light"` // with w and h: the page is light
	Say    *string `json:"say"`   // a line of a plain seat
	Seen   int64   `json:"seen"`  // the last line that a plain page has
	Do     string  `json:"do"`    // with the exercise: doCheck, doHint or doReset
}

// What a page can do with an exercise.
const (
	doCheck = "check"
	doHint  = "hint"
	doReset = "reset"
)

// maxKeyName bounds the name of a key, in bytes.
const maxKeyName = 32

var errMessage = errors.New("this is no message of a page")

// readMessage reads a message of a page. What is out of range in it is left to the class.
func readMessage(b []byte) (m message, err error) {
	if json.Unmarshal(b, &m) != nil || m.Mouse != nil && len(m.Mouse) != 4 || len(m.Key) > maxKeyName {
		return message{}, errMessage
	}
	switch m.Do {
	case "", doCheck, doHint, doReset:
	default:
		return message{}, errMessage
	}
	return m, nil
}

// input is what a person did.
func (m message) input() class.Input {
	in := class.Input{Text: m.Text, Paste: m.Paste}
	if m.Key != "" {
		in.Key = class.Key{Name: m.Key, Ctrl: m.Ctrl, Alt: m.Alt, Shift: m.Shift}
	}
	if m.Mouse != nil {
		in.Mouse = &class.Mouse{
			X: m.Mouse[0], Y: m.Mouse[1], Button: m.Mouse[2], Kind: class.MouseKind(m.Mouse[3]), Ctrl: m.Ctrl, Alt: m.Alt, Shift: m.Shift,
		}
	}
	if m.Width > 0 && m.Height > 0 {
		in.Size, in.Light = class.Size{Width: m.Width, Height: m.Height}, m.Light
	}
	return in
}

// do does with an exercise what a page tells. nil: there is none.
func (m message) do(x exercise) {
	if x == nil {
		return
	}
	switch m.Do {
	case doCheck:
		x.Check()
	case doHint:
		x.Hint()
	case doReset:
		x.Reset()
	}
}
