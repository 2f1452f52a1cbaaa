package frame_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
)

// A nickname that is taken is shown as it is: the sanitiser has nothing to replace.
func TestNicksAreShownAsTheyAre(t *testing.T) {
	shown := func(t interface{ Errorf(string, ...any) }, name string) {
		nick, err := frame.Nick(name)
		if err != nil {
			return
		}
		if s := chat.SanitizeString(nick).String(); s != nick {
			t.Errorf("%+q is taken and shown as %+q", nick, s)
		}
		if again, err := frame.Nick(nick); again != nick || err != nil {
			t.Errorf("%+q becomes %+q, %v", nick, again, err)
		}
	}
	for r := range rune(unicode.MaxRune + 1) {
		if !unicode.IsGraphic(r) && r%1009 != 0 || unicode.Is(unicode.Han, r) && r%100 != 0 || unicode.Is(unicode.Hangul, r) && r > 0xac00 && r%100 != 0 {
			continue
		}
		for _, name := range []string{"a" + string(r), string(r) + "b", strings.Repeat(string(r), 9)} {
			if chat.SanitizeString(name).String() != name {
				shown(t, name)
			}
		}
	}
	if t.Failed() {
		return
	}
	pieces := []string{"a", " ", "क्ष", "क", "्", "ไำ", "각", "ᄀ", "ᅡ", "ᆨ", "ำ", "👍🏽", "🏽", "🇩🇪", "\u0301", "\u0330", "☁", "\ufe0f", "\u0d4e", "\U000111c2", "\u200d", "ß", "Ａ", "ｶﾞ", "\u0338", "=", "\u3099", "か"}
	rapid.Check(t, func(t *rapid.T) {
		name := ""
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			name += rapid.SampledFrom(pieces).Draw(t, "piece")
		}
		shown(t, name)
		shown(t, rapid.StringN(1, 8, -1).Draw(t, "any"))
	})
}
