package class

import (
	"bytes"
	"io"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
	"github.com/charmbracelet/x/vt"
)

// maxCount bounds the number that a sequence gives, of lines or characters.
const maxCount = 1000

// start makes an emulator. The caller holds t.mu, or has t alone.
func (t *Terminal) start() {
	e := vt.NewEmulator(t.size.Width, t.size.Height)
	t.emu, t.modes, t.wraps, t.leaves = e, modesSet{}, false, nil
	t.input, _ = e.InputPipe().(*io.PipeWriter)
	t.lighten()
	e.SetScrollbackSize(1) // of the main screen; no call reaches that of the other, which is therefore never used
	e.SetCallbacks(vt.Callbacks{
		EnableMode:  func(m ansi.Mode) { t.modes.set(m, true) },
		DisableMode: func(m ansi.Mode) { t.modes.set(m, false) },
	})
	for _, final := range "hl" {
		e.RegisterCsiHandler(ansi.Command('?', 0, byte(final)), func(p ansi.Params) bool { return t.private(p, final == 'h') })
		e.RegisterCsiHandler(int(final), func(p ansi.Params) bool { return keepModes(p, ansiModes) })
	}
	for _, final := range "@ABCDEFGILMPSTXZ`abde" {
		e.RegisterCsiHandler(int(final), func(p ansi.Params) bool { return bounded(p, maxCount) })
	}
	e.RegisterCsiHandler(ansi.Command('?', '$', 'p'), func(p ansi.Params) bool { // DECRQM
		if len(p) != 1 || p[0].Param(0) != int(ansi.ModeUnicodeCore) {
			return false
		}
		// Its characters are grapheme clusters, whatever is set: programs count cells as it does.
		_, _ = io.WriteString(e.InputPipe(), ansi.ReportMode(ansi.ModeUnicodeCore, ansi.ModePermanentlySet))
		return true
	})
	e.RegisterCsiHandler('r', func(p ansi.Params) bool { return bounded(p, e.Height()) })
	e.RegisterCsiHandler('s', func(p ansi.Params) bool { return bounded(p, e.Width()) })
	go t.answer(e)
}

// answer passes on what an emulator answers, until it is closed.
func (t *Terminal) answer(e *vt.Emulator) {
	b := make([]byte, 256)
	for {
		n, err := e.Read(b)
		if n > 0 {
			t.reply(append([]byte(nil), b[:n]...))
		}
		if err != nil {
			return
		}
	}
}

// bounded makes the numbers of a sequence small enough.
func bounded(p ansi.Params, most int) (handled bool) {
	for n := range p {
		if p[n].Param(0) > most {
			p[n] = ansi.Param(most)
		}
	}
	return false
}

// Modes that the emulator is told of: it keeps each that it hears of, whatever its number.
var (
	ansiModes    = map[int]bool{20: true} // LNM
	privateModes = map[int]bool{
		1: true, 6: true, 7: true, 9: true, 25: true, 66: true, 69: true, 1000: true, 1001: true, 1002: true, 1003: true,
		1004: true, 1006: true, 1048: true, 2004: true, 2048: true,
	}
)

// keepModes leaves out the other modes of a sequence.
func keepModes(p ansi.Params, known map[int]bool) (handled bool) {
	for n := range p {
		if !known[p[n].Param(0)] {
			p[n] = parser.MissingParam
		}
	}
	return false
}

// private keeps the emulator from its alternate screen. Entering it and leaving it both
// clear the screen.
func (t *Terminal) private(p ansi.Params, set bool) (handled bool) {
	for n := range p {
		switch p[n].Param(0) {
		case 47, 1047, 1049:
			leaves := !set
			t.leaves = &leaves
		}
	}
	return keepModes(p, privateModes)
}

// drawing is a terminal whose stream is read. The caller holds its mu.
type drawing Terminal

func (d *drawing) text(b []byte) {
	d.wrap()
	d.write(b)
}

// wide draws a character of two cells. The emulator cuts one that has no room in its
// line, and forgets that the line is full after one that had just enough.
func (d *drawing) wide(b []byte) {
	last := d.emu.Width() - 1
	if d.emu.CursorPosition().X == last && !d.modes.noWrap {
		d.wraps = true
	}
	d.wrap()
	x := d.emu.CursorPosition().X
	d.write(b)
	d.wraps = x == last-1 && !d.modes.noWrap
}

// wrap begins the next line if one is full.
func (d *drawing) wrap() {
	if d.wraps {
		d.wraps = false
		d.write([]byte("\r\x1bD"))
	}
}

func (d *drawing) control(c byte) {
	d.wraps = d.wraps && c == bel
	d.write([]byte{c})
}

func (d *drawing) sequence(b []byte) {
	d.wraps = d.wraps && b[len(b)-1] == 'm'
	d.write(b)
	if d.leaves != nil {
		clear := "\x1b7\x1b[H\x1b[2J"
		if *d.leaves {
			clear = "\x1b[H\x1b[2J\x1b8"
		}
		d.leaves = nil
		d.write([]byte(clear))
	}
	x, y := d.emu.CursorPosition().X, d.emu.CursorPosition().Y
	if w, h := d.emu.Width(), d.emu.Height(); x >= w || y >= h { // it was saved when there was room
		d.write([]byte(ansi.CursorPosition(min(x, w-1)+1, min(y, h-1)+1)))
	}
}

// command draws nothing. Titles do not go to the emulator, which takes a byte of some
// characters for their end; links would be as long as they like, in each cell.
func (d *drawing) command(b []byte) {
	number, rest, _ := bytes.Cut(b, []byte(";"))
	switch string(number) {
	case "0", "2":
		d.title = titleOf(string(rest))
	case "10", "11", "12": // colours, which may be asked for
		if string(rest) == "?" {
			d.write([]byte("\x1b]" + string(b) + "\a"))
		}
	}
}

// write draws. A mistake in the emulator costs the picture and no more.
func (d *drawing) write(b []byte) {
	defer (*Terminal)(d).recovers()
	_, _ = d.emu.Write(b)
}

func (t *Terminal) recovers() {
	if recover() != nil {
		_ = t.input.Close()
		t.crashes++
		t.start()
	}
}

// fit gives the emulator the size that was asked for.
func (t *Terminal) fit() {
	if t.emu.Width() == t.size.Width && t.emu.Height() == t.size.Height {
		return
	}
	defer t.recovers()
	t.wraps = false
	t.emu.Resize(t.size.Width, t.size.Height)
}
