package members

import (
	"testing"

	"pgregory.net/rapid"
)

// A window is a set of the numbers seen, in which all that is too old counts as seen.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		var n narrow
		seen, high := map[uint64]bool{}, uint64(0)
		steps := rapid.SliceOfN(rapid.Int64Range(-1500, 3000), 1, 200).Draw(t, "steps")
		for _, step := range steps {
			if step%3 != 0 {
				step /= 300 // mostly near each other
			}
			number := uint64(max(1, int64(high)+step))
			for _, o := range []uint64{number, number + 1, number - 1, max(high, 64) - 64, max(high, Window) - Window, high + 1} {
				if o == 0 {
					continue
				}
				if got, want := w.has(o), o <= high && (high-o >= Window || seen[o]); got != want {
					t.Fatalf("%d of %d: seen is %v, want %v", o, high, got, want)
				}
				if got, want := n.has(o), o <= high && (high-o >= 64 || seen[o]); got != want {
					t.Fatalf("%d of %d: seen in the narrow one is %v, want %v", o, high, got, want)
				}
			}
			w.set(number)
			n.set(number)
			seen[number] = true
			high = max(high, number)
		}
		w.full()
		if !w.has(high) || w.has(high+1) || high > 5 && !w.has(high-5) {
			t.Fatal("a full window is not full up to its highest number")
		}
	})
}

// What is kept of a stream: all up to a number, and which ones are missing.
func TestKeptNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k kept
		came, given := map[uint64]bool{}, uint64(0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			number := uint64(max(1, int64(k.top())+rapid.Int64Range(-40, 40).Draw(t, "step")))
			if rapid.IntRange(0, 50).Draw(t, "far") == 0 {
				number += 2000
			}
			if rapid.Bool().Draw(t, "know") {
				given += k.know(number)
			} else if !k.has(number) {
				given += k.take(number)
				came[number] = true
			}
			missing := 0
			for n := k.low + 1; n <= k.top(); n++ {
				if !came[n] {
					missing++
				}
				if came[n] != k.has(n) {
					t.Fatalf("%d: had is %v", n, k.has(n))
				}
			}
			if missing != k.missing() {
				t.Fatalf("%d are missing, want %d", k.missing(), missing)
			}
			if k.top()-k.low > Window || k.low > 0 && k.low < k.top() && k.has(k.low+1) {
				t.Fatalf("all up to %d, of %d", k.low, k.top())
			}
			if all := uint64(missing) + given; k.top() != all+uint64(len(came)) {
				t.Fatalf("%d numbers: %d came, %d are missing, %d given up", k.top(), len(came), missing, given)
			}
		}
	})
}

func TestBackoff(t *testing.T) {
	w := newNetwork(t, 1)
	w.joinAll(8)
	w.run(3e9)
	early := 0
	for range 10_000 {
		b := w.nodes[0].c.backoff()
		if b < 0 || b > backoffTime {
			t.Fatalf("%v", b)
		}
		if b < backoffTime/2 {
			early++
		}
	}
	// RFC 5401, section 3.2.3: with lambda = ln 8 + 1, (e^(lambda/2) - 1) / (e^lambda - 1) = 17.7 %.
	if early < 1600 || early > 1940 {
		t.Errorf("%d of 10,000 in the first half", early)
	}
}
