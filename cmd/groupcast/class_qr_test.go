package main

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A QR code fits the terminal, is dark on light, and is the one of the text: its three
// corners are where cameras look for them.
func TestClassQR(t *testing.T) {
	t.Parallel()
	const url = "http://192.168.1.20:8080"
	for _, c := range []struct{ width, height, columns, rows int }{
		{120, 40, 33, 17}, {33, 23, 33, 17}, {80, 22, 29, 15}, {29, 21, 29, 15}, {28, 60, 0, 0}, {200, 20, 0, 0}, {0, 0, 0, 0},
	} {
		rows := qrRows(url, c.width, c.height)
		if len(rows) != c.rows {
			t.Errorf("in %dx%d it has %d rows, want %d", c.width, c.height, len(rows), c.rows)
		}
		for _, row := range rows {
			if w := ansi.StringWidth(row); w != c.columns || !strings.HasPrefix(row, "\x1b[38;5;16;48;5;231m") || !strings.HasSuffix(row, "\x1b[m") {
				t.Errorf("in %dx%d a row has %d columns, want %d: %q", c.width, c.height, w, c.columns, row)
			}
		}
	}
	rows := qrRows(url, 33, 23)
	corner := []string{"█▀▀▀▀▀█", "█ ███ █", "█ ▀▀▀ █", "▀▀▀▀▀▀▀"} // ISO/IEC 18004, 6.3.3.1
	for y, want := range corner {
		row := []rune(ansi.Strip(rows[2+y]))
		if got := string(row[4:11]); got != want {
			t.Errorf("row %d of its left corner is %q, want %q", y, got, want)
		}
		if got := string(row[22:29]); got != want {
			t.Errorf("row %d of its right corner is %q, want %q", y, got, want)
		}
	}
	for text, want := range map[string]bool{"http://127.0.0.1:8080": false, "http://[::1]:1": false, url: true, "https://[2001:db8::1]:8080": true, "\x00": false} {
		if got := opensElsewhere(text); got != want {
			t.Errorf("%q leads other devices here: %v", text, got)
		}
	}
}
