package stream

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// wire is a stream as a test tells it: "0 1 3 2 2" are numbers that come a
// millisecond apart, "+500" half a second in between, "end 7" the end of seven.
func wire(bits int, id uint64, story string) (list []Seen) {
	ms := 0
	end := false
	for _, word := range strings.Fields(story) {
		var n, to uint64
		switch {
		case word == "end":
			end = true
			continue
		case strings.HasPrefix(word, "+"):
			var more int
			fmt.Sscan(word[1:], &more)
			ms += more
			continue
		case strings.Contains(word, "-"):
			fmt.Sscanf(word, "%d-%d", &n, &to)
		default:
			fmt.Sscan(word, &n)
			to = n
		}
		for ; ; n++ {
			number := n
			if bits < 64 {
				number &= 1<<bits - 1
			}
			list = append(list, Seen{Sight: Sight{Format: Told, Number: number, Bits: bits, ID: id, End: end}, At: at(ms)})
			if end = false; n == to {
				break
			}
			ms++
		}
		ms++
	}
	return list
}

// play counts them as one stream, which only the tally can tell from several.
func play(list []Seen) *window {
	w := &window{Numbers: &Numbers{}}
	for n := range list {
		d, how, _ := w.where(&list[n])
		w.add(&list[n], d, how)
	}
	return w
}

func TestWindow(t *testing.T) {
	for _, tt := range []struct {
		what  string
		bits  int
		story string
		want  Numbers
	}{
		{"all come", 32, "5-1500", Numbers{First: 5, High: 1500, Distinct: 1496}},
		{"one is lost", 32, "0-4 6-9", Numbers{High: 9, Distinct: 9, Lost: 1}},
		{"three are lost", 32, "0-4 8-9", Numbers{High: 9, Distinct: 7, Lost: 3}},
		{"two change places", 32, "0 1 3 2 4", Numbers{High: 4, Distinct: 5, Reordered: 1}},
		{"a duplicate", 32, "0 1 2 1 3 3", Numbers{High: 3, Distinct: 4, Duplicates: 2}},
		{"a duplicate of the first", 32, "7 7 8", Numbers{First: 7, High: 8, Distinct: 2, Duplicates: 1}},
		{"before the first", 32, "7 5 8", Numbers{First: 7, High: 8, Distinct: 2, Early: 1}},
		{"given up in the window's end", 32, "0-4 6-1029", Numbers{High: 1029, Distinct: 1029, Lost: 1, Gone: 1}},
		{"not yet", 32, "0-4 6-1028", Numbers{High: 1028, Distinct: 1028, Lost: 1}},
		{"given up after 2 s", 32, "0-4 7-8 +1500 9 +600 10", Numbers{High: 10, Distinct: 9, Lost: 2, Gone: 2}},
		{"late after that", 32, "0-4 7-8 +1500 9 +600 10 5", Numbers{High: 10, Distinct: 10, Lost: 1, Gone: 2, Reordered: 1}},
		{"a hole longer than the window", 64, "0-9 +1 1000000-1000001", Numbers{High: 1000001, Distinct: 12, Lost: 999990, Gone: 998968}},
		{"the tail is lost", 64, "0-4 end 9", Numbers{High: 8, Distinct: 5, Lost: 4, Ended: true}},
		{"the end three times, and the last one late", 64, "0-4 end 6 end 6 5 end 6", Numbers{High: 5, Distinct: 6, Reordered: 1, Ended: true}},
		{"4 bits go round", 4, "0-40 43-50", Numbers{High: 50, Distinct: 49, Lost: 2}},
		{"8 bits go round", 8, "250-300 303-600", Numbers{First: 250, High: 600, Distinct: 349, Lost: 2}},
		{"16 bits go round", 16, "65530-65536 65538-65600", Numbers{First: 65530, High: 65600, Distinct: 70, Lost: 1}},
		{"31 bits go round", 31, "2147483640-2147483650 2147483652", Numbers{First: 2147483640, High: 2147483652, Distinct: 12, Lost: 1}},
		{"64 bits go round", 64, "18446744073709551614 18446744073709551615 0 2", Numbers{First: 1<<64 - 2, High: 2, Distinct: 4, Lost: 1}},
	} {
		w := play(wire(tt.bits, 0, tt.story))
		got := w.numbers()
		got.Format, got.Jitter = "", 0
		if got != tt.want {
			t.Errorf("%s:\n%+v, want\n%+v", tt.what, got, tt.want)
		}
		if got.Lost+got.Distinct != got.High-got.First+1 {
			t.Errorf("%s: %d lost and %d came of %d to %d", tt.what, got.Lost, got.Distinct, got.First, got.High)
		}
	}
}

// Numbers that go round while nothing comes are an estimate, and a sender that
// pauses lost nothing.
func TestRound(t *testing.T) {
	const second = 1000
	steady := fmt.Sprintf("0-%d", 10*second)
	for _, tt := range []struct {
		what, story    string
		lost, most     uint64
		about, atLeast bool
	}{
		{"a short outage", steady + " +5000 15000-16000", 4999, 4999, false, false},
		{"a long outage, at 1,000/s", steady + " +126000 136000-137000", 125999, 125999, true, false},
		{"a long pause", steady + " +126000 10001-12000", 0, 0, false, false},
		{"a long pause, and two are lost", steady + " +126000 10003-12000", 2, 2, false, false},
	} {
		n := play(wire(16, 0, tt.story)).numbers()
		if n.Lost < tt.lost || n.Lost > tt.most || n.About != tt.about || n.AtLeast != tt.atLeast {
			t.Errorf("%s: lost %d, about %v, at least %v", tt.what, n.Lost, n.About, n.AtLeast)
		}
	}
	// It pauses for 700 ms in each second, and then something is lost in a pause.
	story := "0-300"
	for n := 301; n < 6000; n += 300 {
		story += fmt.Sprintf(" +700 %d-%d", n, n+299)
	}
	if n := play(wire(8, 0, story+" +700 6020-6030")).numbers(); n.Lost != 19 || !n.AtLeast || n.About {
		t.Errorf("a loss in a pause: lost %d, about %v, at least %v", n.Lost, n.About, n.AtLeast)
	}
}

// Of what did not come no more is the socket's than what it dropped meanwhile.
func TestKernel(t *testing.T) {
	list := wire(32, 0, "0-4 6 10 11 20 12 13-19 21")
	for n := range list {
		switch s := &list[n]; {
		case s.Number >= 20:
			s.Drops = 12
		case s.Number >= 10:
			s.Drops = 4
		case s.Number == 6:
			s.Drops = 2
		}
	}
	// 5: one of one; 7 to 9: two of three; 12 to 19 come late
	if n := play(list).numbers(); n.Lost != 4 || n.LostKernel != 3 {
		t.Errorf("lost %d, of them %d by the kernel; want 4 and 3", n.Lost, n.LostKernel)
	}
}

func TestBursts(t *testing.T) {
	w := play(wire(32, 0, "0-9 11-19 22-29 +2100 30-39 +2100 50"))
	w.sweep(at(60000))
	if l := w.losses.lengths; l[0] != 1 || l[1] != 1 || l[3] != 1 {
		t.Errorf("lengths %v, want one of 1, one of 2, one of 10", l)
	}
	want := []uint64{10, 20, 40}
	for n, b := range w.losses.bursts {
		if b.First != want[n] {
			t.Errorf("burst %d begins with %d, want %d", n, b.First, want[n])
		}
	}
	if b := w.losses.bursts[0]; !b.At.Equal(at(10)) {
		t.Errorf("the first burst is of %v, want 10 ms", b.At.Sub(start))
	}
	if w.Gone != 13 {
		t.Errorf("gone %d, want 13", w.Gone)
	}
	w = play(wire(32, 0, "0-4 10 7 11-1100"))
	if l := w.losses.lengths; l[1] != 2 || w.Gone != 4 {
		t.Errorf("a late one splits a burst: lengths %v, gone %d", l, w.Gone)
	}
}

// What continuity counters miss is a lower bound, and given up at once.
func TestMissing(t *testing.T) {
	list := wire(32, 0, "0-9")
	for n := range list {
		list[n].Sight = Sight{Format: TS}
	}
	list[4].Missing, list[8].Missing = 3, 10
	list[8].Drops = 2
	w := &window{Numbers: &Numbers{}}
	for n := range list {
		w.add(&list[n], 0, exactly)
	}
	n := w.numbers()
	if n.Distinct != 10 || n.Lost != 13 || n.Gone != 13 || n.LostKernel != 2 || !n.AtLeast || n.Format != TS {
		t.Errorf("the numbers are %+v", n)
	}
	if b := w.losses.list(); len(b) != 2 || b[0].Length != 3 || b[0].Kernel || b[1].Length != 10 || !b[1].Kernel {
		t.Errorf("bursts %+v", b)
	}
}

// Of many holes at once the time of the last ones is kept together.
func TestManyHoles(t *testing.T) {
	var story strings.Builder
	for n := range 400 {
		fmt.Fprint(&story, 2*n, " ")
	}
	w := play(wire(32, 0, story.String()))
	if w.Gone != 0 || w.Lost != 399 {
		t.Errorf("%d lost, %d given up; want 399 and none", w.Lost, w.Gone)
	}
	w.sweep(at(400 + 2000))
	if w.Gone != 399 || w.open != 0 || w.losses.lengths[0] != 399 || len(w.losses.list()) != 64 || w.losses.list()[63].First != 797 {
		t.Errorf("%d given up, %d open, lengths %v", w.Gone, w.open, w.losses.lengths)
	}
}

func TestJitter(t *testing.T) {
	list := wire(32, 0, "0-2000")
	for n := range list {
		list[n].At = at(10 * n)
	}
	if n := play(list).numbers(); n.Jitter > time.Microsecond || n.Sent {
		t.Errorf("without jitter it is %v", n.Jitter)
	}
	for n := range list {
		list[n].Sent = time.Duration(10*n+n%2) * time.Millisecond
	}
	if n := play(list).numbers(); n.Jitter < 900*time.Microsecond || n.Jitter > 1100*time.Microsecond || !n.Sent {
		t.Errorf("each second one is sent a millisecond late: %v", n.Jitter)
	}
	list[1000].Sent += time.Hour
	for n := 1001; n < len(list); n++ {
		list[n].Sent += time.Hour
	}
	if n := play(list).numbers(); n.Jitter > 1100*time.Microsecond {
		t.Errorf("the sender's clock is set: %v", n.Jitter)
	}
}

// With a window of 1,024 the same is counted as with all memory.
func TestWindowProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{4, 8, 16, 31, 32, 64}).Draw(t, "bits")
		far := min(windowSize, 1<<(min(bits, 31)-1)) - 1 // as far as a number may be off
		n := rapid.SampledFrom([]uint64{1 << 40, 1<<40 + 1<<uint(min(bits, 32)) - 5, 1<<64 - 3}).Draw(t, "first")
		type number struct{ came bool }
		came := map[uint64]number{}
		w, first, high := &window{Numbers: &Numbers{}}, n, n
		var want Numbers
		add := func(n uint64) {
			s := Seen{Sight: Sight{Number: n, Bits: bits, Format: Told}, At: start.Add(time.Duration(high-first) * time.Millisecond)}
			if bits < 64 {
				s.Number &= 1<<bits - 1
			}
			d, how, p := w.where(&s)
			if p != fits {
				t.Fatalf("number %d after %d is %d, and does not fit", n-first, high-first, d)
			}
			w.add(&s, d, how)
			switch {
			case int64(n-first) < 0:
				want.Early++
			case came[n].came:
				want.Duplicates++
			default:
				if int64(n-high) < 0 {
					want.Reordered++
				}
				came[n] = number{true}
			}
		}
		add(n)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0: // some are lost
				high += uint64(rapid.IntRange(1, max(1, far)).Draw(t, "lost"))
				add(high)
			case 1, 2: // an older one comes, late or again
				add(high - uint64(rapid.IntRange(0, far).Draw(t, "back")))
			case 3: // a row of them
				for range rapid.IntRange(1, 200).Draw(t, "row") {
					high++
					add(high)
				}
			default:
				high++
				add(high)
			}
		}
		want.Distinct = uint64(len(came))
		want.Lost = high - first + 1 - want.Distinct
		got := w.numbers()
		if got.High-got.First != high-first || got.Distinct != want.Distinct || got.Lost != want.Lost ||
			got.Duplicates != want.Duplicates || got.Reordered != want.Reordered || got.Early != want.Early || got.AtLeast {
			t.Fatalf("%d bits: got %+v\nwant %+v, %d numbers", bits, got, want, high-first+1)
		}
		w.finish()
		var sum, bursts uint64
		for _, b := range w.losses.list() {
			if bursts++; b.Length == 0 || b.First-w.First > high-first {
				t.Fatalf("a burst of %d from %d on", b.Length, b.First-w.First)
			}
			sum += b.Length
		}
		if w.Gone < w.Lost || w.open != 0 {
			t.Fatalf("%d of %d are given up, and %d open", w.Gone, w.Lost, w.open)
		}
		if bursts < maxBursts && sum != w.Gone {
			t.Fatalf("bursts of %d, and %d are given up", sum, w.Gone)
		}
	})
}
