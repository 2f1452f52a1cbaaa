package frame

import (
	"errors"
	"strings"
	"testing"
)

func TestNick(t *testing.T) {
	for _, tt := range []struct{ name, want string }{ // "": refused
		{"alice", "alice"},
		{"Alice", "Alice"},
		{"  Alice   Smith ", "Alice Smith"},
		{"Alice\u00a0Smith", "Alice Smith"},
		{"Ａｌｉｃｅ", "Alice"},
		{"grüße", "grüße"},
		{"gru\u0308ße", "grüße"},
		{"Ἀλέξανδρος", "Ἀλέξανδρος"},
		{"Việt", "Việt"},
		{"אבג", "אבג"},
		{"日本", "日本"},
		{"🦊", "🦊"},
		{strings.Repeat("ö", 32), strings.Repeat("ö", 32)},
		{strings.Repeat("ö", 33), ""},
		{strings.Repeat("x", 5000), ""},
		{"", ""},
		{"   ", ""},
		{"a\nb", ""},
		{"a\tb", ""},
		{"a\x1b[31mb", ""},
		{"a\x7fb", ""},
		{"a\u009bb", ""},
		{"a\u202eb", ""},
		{"a\u2066b", ""},
		{"a\u200fb", ""},
		{"a\u200bb", ""},
		{"a\u200db", ""},
		{"a\u00adb", ""},
		{"a\ufeffb", ""},
		{"a\u2028b", ""},
		{"a\u3164b", ""},
		{"a\u2800b", ""},
		{"a\ue000b", ""},
		{"a\U000e0041b", ""},
		{"a\xffb", ""},
		{"\u0301a", ""},
		{"a \u0301", ""},
		{"a\u0330\u0330\u0330\u0330\u0330", ""},
		{"a\u0330\u0330\u0330\u0330", "a\u0330\u0330\u0330\u0330"},
	} {
		got, err := Nick(tt.name)
		switch {
		case tt.want == "" && !errors.Is(err, ErrRange):
			t.Errorf("%+q became %+q, %v; it is to be refused", tt.name, got, err)
		case tt.want != "" && (err != nil || got != tt.want):
			t.Errorf("%+q became %+q, %v", tt.name, got, err)
		}
		if err != nil {
			continue
		}
		if again, err := Nick(got); again != got || err != nil {
			t.Errorf("%+q became %+q, and that %+q, %v", tt.name, got, again, err)
		}
	}
}

func TestSpaces(t *testing.T) {
	for number, want := range map[uint64]Space{
		0: 0, 1: Kept, 1<<63 - 1: Kept, 1 << 63: 0, 1<<63 + 1: Passing, 1<<63 + 1<<62 - 1: Passing,
		1<<63 + 1<<62: 0, 1<<63 + 1<<62 + 1: Direct, 1<<64 - 1: Direct,
	} {
		if got := SpaceOf(number); got != want {
			t.Errorf("number %#x is of space %d, not %d", number, got, want)
		}
	}
}
