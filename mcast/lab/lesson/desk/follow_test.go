package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// What students let a check see is told as far as it fits in a message.
func TestFitting(t *testing.T) {
	few := []lesson.Expectation{{Line: 1, Text: "a", Seen: []string{"x", "y"}}, {Line: 2}}
	if got, want := fmt.Sprint(fitting(slices.Clone(few))), fmt.Sprint(few); got != want {
		t.Errorf("a few lines: %s, want %s", got, want)
	}
	hostile := strings.Repeat("\x01", 400) // 2,400 bytes of JSON
	for _, lines := range []int{10, 100, 5000} {
		list := make([]lesson.Expectation, 20)
		for i := range list {
			list[i] = lesson.Expectation{Line: i, Seen: slices.Repeat([]string{hostile}, lines)}
		}
		list = fitting(list)
		b, err := json.Marshal(list)
		if err != nil || len(b) > mostSeen || len(list) != 20 || len(list[0].Seen) == 0 || list[19].Line != 19 {
			t.Errorf("20 times %d lines are %d bytes, %v; %d expectations with %d lines", lines, len(b), err, len(list), len(list[0].Seen))
		}
	}
}
