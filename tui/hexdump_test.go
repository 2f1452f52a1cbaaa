package tui

import (
	"bytes"
	"strings"
	"testing"
)

func TestHexdump(t *testing.T) {
	count := func(n int) []byte {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i + 0x18)
		}
		return data
	}
	for _, c := range []struct {
		name  string
		data  []byte
		width int
		want  string
	}{
		{"nothing", nil, 80, ""},
		{"a few bytes", []byte("hello"), 80, "0000  68 65 6c 6c 6f                                    hello"},
		{"16 in a row", count(18), 72, "" +
			"0000  18 19 1a 1b 1c 1d 1e 1f  20 21 22 23 24 25 26 27  ........ !\"#$%&'\n" +
			"0010  28 29                                             ()"},
		{"8 in a row", count(9), 71, "" +
			"0000  18 19 1a 1b 1c 1d 1e 1f  ........\n" +
			"0008  20                        "},
		{"4 in a row", []byte("\x7e\x7f\x80\xffz"), 43, "" +
			"0000  7e 7f 80 ff  ~...\n" +
			"0004  7a           z"},
		{"hardly any room", []byte("hello"), 7, "0000  6\n0004  6"},
		{"none", []byte("hi"), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(hexdump(c.data, c.width), "\n"); got != c.want {
				t.Errorf("at %d cells:\n%s\nwant\n%s", c.width, got, c.want)
			}
		})
	}
	rows := hexdump(bytes.Repeat([]byte{'x'}, 65507), 80)
	if last := rows[len(rows)-1]; len(rows) != 4095 || !strings.HasPrefix(last, "ffe0  78 78 78  ") {
		t.Errorf("the largest payload has %d rows, the last %q; want 4,095, the last at ffe0 with 3 bytes", len(rows), last)
	}
}
