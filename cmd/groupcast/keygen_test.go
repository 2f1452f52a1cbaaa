package main

import (
	"bytes"
	"strings"
	"testing"
)

// What was drawn is worth what is said, and is nowhere that it was not put.
func TestKeygenSays(t *testing.T) {
	for _, tc := range []struct {
		file, says string
	}{
		{"", "groupcast: a passphrase of 6 words, 77 bits; put it into a file that only you can read, and talk with it: groupcast --passphrase-file FILE\n"},
		{"room.key", "groupcast: a passphrase of 6 words, 77 bits, in room.key: groupcast --passphrase-file room.key\n"},
	} {
		d := drawnSecret{flag: "--passphrase-file", text: "words", file: tc.file, bits: 77.88083746583494}
		var out, errs bytes.Buffer
		d.print(&out, true)
		d.explain(&errs)
		if first, _, _ := strings.Cut(errs.String(), "  hint"); first != tc.says {
			t.Errorf("it says %q, want %q", first, tc.says)
		}
		if got := out.String(); !strings.Contains(got, `"bits":77.8}`) || strings.Contains(got, "words") != (tc.file == "") {
			t.Errorf("in JSON it prints %s", got)
		}
	}
}
