package class

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// drawnState is what a program wrote until its screen was in a state, since the state
// before, and the screen that tmux shows then.
type drawnState struct {
	session, name string
	bytes         []byte
	screen        []byte // as tmux capture-pane -e -N -p prints it
	alone         bool   // tmux was not asked
}

// drawnSizes are those that programs were recorded at.
var drawnSizes = []Size{{44, 12}, {80, 24}, {100, 30}}

func drawnFile(s Size) string {
	return filepath.Join("testdata", "tmux", fmt.Sprintf("%dx%d.tar.gz", s.Width, s.Height))
}

// readDrawn reads the states that were recorded at a size. Their files are named
// 01-SESSION/02-STATE.bytes, and .screen.
func readDrawn(t testing.TB, size Size) (list []drawnState) {
	t.Helper()
	packed, err := os.ReadFile(drawnFile(size))
	if err != nil {
		t.Fatal(err)
	}
	files, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		session, file := filepath.Split(header.Name)
		if name, ok := strings.CutSuffix(file, ".bytes"); ok {
			list = append(list, drawnState{session: session, name: name, bytes: b, alone: true})
		} else {
			list[len(list)-1].screen, list[len(list)-1].alone = b, false
		}
	}
}

// The same bytes make the same screens as in tmux, row by row: in every view of
// groupcast, and in what else runs in a seat.
func TestScreensAreThoseOfTmux(t *testing.T) {
	for _, size := range drawnSizes {
		t.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(t *testing.T) {
			states, differing, others := readDrawn(t, size), 0, 0
			if len(states) < 30 {
				t.Fatalf("only %d states were recorded", len(states))
			}
			rnd := rand.New(rand.NewPCG(26, 1))
			var term *Terminal
			for n, s := range states {
				if n == 0 || s.session != states[n-1].session {
					term = NewTerminal(size, func([]byte) {})
					defer term.Close()
					term.SetPause(0)
				}
				for b := s.bytes; len(b) > 0; {
					n := min(len(b), 1+rnd.IntN(3000))
					term.Write(b[:n])
					b = b[n:]
				}
				term.unhold()
				if s.alone {
					framed(t, s, term)
					continue
				}
				rows, looks := compareWithTmux(t, s, term)
				differing, others = differing+rows, others+looks
			}
			t.Logf("%d states: %d rows differ, and the looks of %d more", len(states), differing, others)
		})
	}
}

// framed looks for rows whose frame is broken: what is in them has not the width that
// the program took it for.
func framed(t *testing.T, s drawnState, term *Terminal) {
	t.Helper()
	screen, err := term.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for y, runs := range screen.Rows {
		cells := 0
		for _, r := range runs {
			cells += r.Cells
		}
		if text := rowText(runs); strings.HasPrefix(text, "│") && (!strings.HasSuffix(text, "│") || cells != screen.Width) {
			t.Errorf("%s%s: row %d has %d cells:\n%q", s.session, s.name, y, cells, text)
		}
	}
}

// compareWithTmux returns how many rows differ in their text, and how many in the look of
// it only.
func compareWithTmux(t *testing.T, s drawnState, term *Terminal) (rows, looks int) {
	t.Helper()
	screen, err := term.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(s.screen), "\n"), "\n")
	if len(lines) != screen.Height {
		t.Fatalf("%s%s: tmux shows %d rows of %d", s.session, s.name, len(lines), screen.Height)
	}
	styled := NewTerminal(Size{screen.Width, screen.Height}, func([]byte) {})
	defer styled.Close()
	for y, line := range lines {
		fmt.Fprintf(styled, "\x1b[%d;1H%s", y+1, line) // a look goes on in the next line
	}
	styled.unhold()
	theirs, err := styled.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for y, line := range lines {
		want := strings.TrimRight(ansi.Strip(line), " ")
		if got := strings.TrimRight(rowText(screen.Rows[y]), " "); got != want {
			t.Errorf("%s%s: row %d is\n%q, and in tmux\n%q", s.session, s.name, y, got, want)
			rows++
		} else if !slices.Equal(beforeBlanks(screen.Rows[y]), beforeBlanks(theirs.Rows[y])) {
			t.Errorf("%s%s: row %d looks like\n%v, and in tmux like\n%v", s.session, s.name, y, screen.Rows[y], theirs.Rows[y])
			looks++
		}
	}
	return rows, looks
}

// beforeBlanks is a row without the blanks at its end, whatever they look like: tmux
// prints none that were made by erasing.
func beforeBlanks(row []Run) []Run {
	row = slices.Clone(row)
	for n := len(row) - 1; n >= 0; n-- {
		text := strings.TrimRight(row[n].Text, " ")
		row[n].Cells -= len(row[n].Text) - len(text)
		if row[n].Text = text; text != "" {
			break
		}
		row = row[:n]
	}
	return row
}

func rowText(row []Run) string {
	var b strings.Builder
	for _, r := range row {
		b.WriteString(r.Text)
	}
	return b.String()
}

// writeDrawn writes the states of a size.
func writeDrawn(t *testing.T, size Size, list []drawnState) {
	t.Helper()
	var packed bytes.Buffer
	files, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	archive := tar.NewWriter(files)
	var err error
	for _, s := range list {
		for _, part := range []struct {
			suffix string
			b      []byte
		}{{".bytes", s.bytes}, {".screen", s.screen}} {
			if s.alone && part.b == nil {
				continue
			}
			err = cmp.Or(err, archive.WriteHeader(&tar.Header{Name: s.session + s.name + part.suffix, Mode: 0o644, Size: int64(len(part.b))}))
			if err == nil {
				_, err = archive.Write(part.b)
			}
		}
	}
	if err = cmp.Or(err, archive.Close(), files.Close(), os.MkdirAll(filepath.Dir(drawnFile(size)), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(drawnFile(size), packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
