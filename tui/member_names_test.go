package tui

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// What tells a name from another is found as this expression finds it.
func TestApart(t *testing.T) {
	expression := regexp.MustCompile(`(~[0-9a-f]{4})?( #[0-9]+)?$`)
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"~", " ", "#", " #", "0", "9a", "f", "g", "~7f3c", " #2", "ü"}
	found := 0
	for range 20_000 {
		name := ""
		for range random.IntN(6) {
			name += parts[random.IntN(len(parts))]
		}
		want := expression.FindStringIndex(name)[0]
		if got := apart(name); got != want {
			t.Fatalf("in %q it begins at %d, want %d", name, got, want)
		}
		if want < len(name) {
			found++
		}
	}
	if found < 1000 {
		t.Errorf("only %d of the names have such an end", found)
	}
}
