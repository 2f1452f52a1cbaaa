package web

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/class"
)

func TestReadMessage(t *testing.T) {
	for _, tt := range []struct {
		message string
		want    class.Input // zero: it is none
	}{
		{`{"i":"é<b>\n"}`, class.Input{Text: "é<b>\n"}},
		{`{"k":"ArrowUp","c":true}`, class.Input{Key: class.Key{Name: "ArrowUp", Ctrl: true}}},
		{`{"k":"Tab","a":true,"s":true}`, class.Input{Key: class.Key{Name: "Tab", Alt: true, Shift: true}}},
		{`{"p":"paste"}`, class.Input{Paste: "paste"}},
		{`{"m":[39,4,1,0],"s":true}`, class.Input{Mouse: &class.Mouse{X: 39, Y: 4, Button: 1, Kind: class.Press, Shift: true}}},
		{`{"m":[0,0,0,2]}`, class.Input{Mouse: &class.Mouse{Kind: class.Move}}},
		{`{"w":100,"h":30}`, class.Input{Size: class.Size{Width: 100, Height: 30}}},
		{`{"w":100}`, class.Input{}},
		{`{"w":-1,"h":-1}`, class.Input{}},
		{`{"c":true}`, class.Input{}},
		{`{"do":"check"}`, class.Input{}},
		{`{"later":[{}],"i":"x"}`, class.Input{Text: "x"}},
	} {
		m, err := readMessage([]byte(tt.message))
		if got := m.input(); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s is %+v, %v, want %+v", tt.message, got, err, tt.want)
		}
	}
	for _, bad := range []string{
		"", "x", "[]", `"i"`, `{"i":7}`, `{"i":"x"}{"i":"y"}`, `{"m":[1,2,3]}`, `{"m":[1,2,3,4,5]}`, `{"m":[1,2,3,0.5]}`, `{"m":[1,2,3,1e30]}`, `{"m":["1",2,3,0]}`,
		`{"w":1e400,"h":5}`, `{"seen":"1"}`, `{"do":"solve"}`, `{"do":7}`, `{"k":"` + strings.Repeat("k", maxKeyName+1) + `"}`, strings.Repeat(`{"i":`, 20_000),
	} {
		if m, err := readMessage([]byte(bad)); err != errMessage || !reflect.DeepEqual(m, message{}) {
			t.Errorf("%.40s is %+v, %v", bad, m, err)
		}
	}
}

// Whatever a page sends, a terminal has keys for it or none.
func FuzzReadMessage(f *testing.F) {
	for _, s := range []string{`{"i":"x"}`, `{"k":"F5","c":true,"a":true,"s":true}`, `{"m":[1,2,3,0]}`, `{"p":"\u001b[201~"}`, `{"w":100,"h":30}`, `{"say":"","seen":-9}`, `{"do":"hint"}`} {
		f.Add([]byte(s))
	}
	term := class.NewTerminal(class.Size{Width: 40, Height: 10}, func([]byte) {})
	f.Cleanup(term.Close)
	term.Write([]byte("\x1b[?1003;1006;2004;1h"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(b)
		if err != nil {
			return
		}
		in := m.input()
		keys := string(term.Encode(in))
		if most := 2*len(b) + 64; len(keys) > most {
			t.Errorf("%d bytes become %d", len(b), len(keys))
		}
		if paste := strings.TrimSuffix(strings.TrimPrefix(keys, "\x1b[200~"), "\x1b[201~"); in.Paste != "" && in.Text == "" && in.Key.Name == "" && in.Mouse == nil && strings.Contains(paste, "\x1b") {
			t.Errorf("a paste has %q", paste)
		}
		if got := term.Resize(in.Size); got.Width > class.MaxWidth || got.Height > class.MaxHeight {
			t.Errorf("%+v becomes %+v", in.Size, got)
		}
		if again, err := json.Marshal(m); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	})
}
