package ends

import (
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Whoever is not known takes nothing from who is: the user hears of a key when it asks
// first, again once the key is verified, and however many strangers asked before. What
// the user takes back is taken back, however often the user said something.
func TestStrangersBesideTheKnown(t *testing.T) {
	now, asked := start, 0
	ask := func(a *Answerer, who Asker) Answer {
		now, asked = now.Add(2*time.Second), asked+1
		return a.Take(now, who, &frame.Ask{Nonce: [8]byte{byte(asked), byte(asked >> 8), 1}, To: bob.Stream.Ref(), Key: seed(1)}, bob.Stream, false)
	}
	a := &Answerer{Asks: true}
	stranger, known := askedBy(alice, false), askedBy(alice, true)
	for n, tt := range []struct {
		who  Asker
		want Answer
	}{{stranger, Unknown}, {stranger, Refuse}, {known, Prompt}, {known, Refuse}} {
		if got := ask(a, tt.who); got != tt.want {
			t.Errorf("question %d: %d, want %d", n, got, tt.want)
		}
	}
	a = &Answerer{Asks: true}
	told := 0
	for n := range 2 * maxAskers {
		x := askedBy(eve, false)
		x.Key[0], x.Key[1] = byte(n), 1
		if ask(a, x) == Unknown {
			told++
		}
	}
	if got := ask(a, known); told != maxAskers || got != Prompt {
		t.Errorf("after %d strangers the user hears of one who is known: %d, want %d", told, got, Prompt)
	}
	a.Say(known.Key, true)
	for n := range 2 * maxAskers {
		x := askedBy(eve, true)
		x.Key[0], x.Key[1] = byte(n), 2
		a.Say(x.Key, n%2 == 0)
	}
	if got := ask(a, known); got != Tell || !a.Agreed(known.Key) || a.Agreed([32]byte{}) {
		t.Errorf("agreed: %d", got)
	}
	a.Say(known.Key, false)
	if got := ask(a, known); got != Refuse || a.Agreed(known.Key) {
		t.Errorf("taken back: %d", got)
	}
}
