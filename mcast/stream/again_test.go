package stream

import (
	"testing"

	"pgregory.net/rapid"
)

// A sender without an ID that begins anew within the window has not sent duplicates:
// what its next run lost is lost.
func TestRestartWithinTheWindow(t *testing.T) {
	told := Seq{Bits: 32}
	without := func(from, to, each int) (list [][]byte) {
		for n := from; n < to; n++ {
			if n%each != each-1 {
				list = append(list, u32(n))
			}
		}
		return list
	}
	for _, tt := range []struct {
		what string
		seq  Seq
		list [][]byte
		want string
	}{
		{"without each tenth", told, append(without(0, 800, 1000), without(0, 699, 10)...), "0: 1430 of seq, lost 69, restarts 1"},
		{"both without some", told, append(without(0, 800, 10), without(0, 699, 7)...), "0: 1320 of seq, lost 178, restarts 1"},
		{"past where it was", told, append(without(0, 300, 1000), without(0, 800, 20)...), "0: 1060 of seq, lost 39, restarts 1"},
		{"below the first that was heard", told, append(without(400, 600, 1000), without(0, 300, 10)...), "0: 470 of seq, lost 29, restarts 1"},
		{"a burst of 64 comes twice", told, append(without(0, 64, 1000), without(0, 128, 1000)...), "0: 128 of seq, duplicates 64"},
		{"300 come late", told, append(append(without(0, 100, 1000), without(400, 500, 1000)...), without(100, 400, 1000)...), "0: 500 of seq, reordered 300"},
	} {
		tally := numberedTally(tt.seq)
		hears(tally, 0, tt.list...)
		if got := summary(tally); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.what, got, tt.want)
		}
	}
	// One a tenth of a second is known by the time that it took.
	tally := numberedTally(told)
	for n, p := range append(without(0, 60, 1000), without(0, 40, 10)...) {
		hears(tally, 100*n, p)
	}
	if got, want := summary(tally), "0: 96 of seq, lost 3, restarts 1"; got != want {
		t.Errorf("slowly: got %s, want %s", got, want)
	}
}

// mcjoin that is started again with the process number that it had.
func TestMcjoinAnew(t *testing.T) {
	text := func(n int) []byte { return mcjoinText(4711, n, 1) }
	tally := numberedTally(Seq{})
	var list [][]byte
	list = append(list, row1(text, 0, 699)...)
	list = append(list, row1(text, 0, 199)...)
	list = append(list, row1(text, 203, 399)...)
	hears(tally, 0, list...)
	if got, want := summary(tally), "0: 1097 of mcjoin, lost 3, restarts 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a restart takes back adds up, whatever was lost of either run and wherever it
// began.
func TestAnewProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{16, 32, 64}).Draw(t, "bits")
		ms := 0
		tally := numberedTally(Seq{Bits: bits})
		root := &row{}
		root.w.Numbers = &root.Numbers
		w := &root.w
		from := rapid.SampledFrom([]uint64{0, 1<<16 - 300, 1 << 20}).Draw(t, "from")
		var want Numbers
		run := func(from uint64, n int) {
			each := uint64(rapid.IntRange(4, 50).Draw(t, "each"))
			first, last := true, from
			for k := from; k < from+uint64(n); k++ {
				if k%each == 1 {
					continue
				}
				if !first {
					want.Lost += k - last - 1
				}
				first, last = false, k
				want.Distinct++
				s := Seen{Sight: Sight{Format: Told, Bits: bits, Number: k & (1<<(bits-1)<<1 - 1)}, At: at(ms)}
				d, how, p := w.where(&s)
				if p != fits {
					t.Fatalf("%d is %d, and does not fit", k, d)
				}
				tally.count(root, root, &s, d, how)
				ms++
			}
		}
		n := rapid.IntRange(200, 900).Draw(t, "first run")
		run(from, n)
		run(from+uint64(rapid.IntRange(0, n-190).Draw(t, "begins")), rapid.IntRange(180, 1500).Draw(t, "second run"))
		w.finish()
		got := w.numbers()
		if got.Restarts != 1 || got.Distinct != want.Distinct || got.Lost != want.Lost || got.Gone != want.Lost ||
			got.Duplicates+got.Reordered+got.Early+got.Old+got.Stray != 0 {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

// Duplicates are no restart: each datagram by two paths, one later than the other and
// with losses of its own, and bursts that come again.
func TestDuplicatesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally, ms := numberedTally(Seq{Bits: 32}), 0
		came := map[int]int{}
		add := func(n int) {
			came[n]++
			ms = hears(tally, ms, u32(n))
		}
		if rapid.Bool().Draw(t, "bursts") {
			n := 0
			for range rapid.IntRange(1, 30).Draw(t, "how many") {
				size := rapid.IntRange(1, 80).Draw(t, "size")
				for range rapid.IntRange(1, 4).Draw(t, "times") {
					for k := range size {
						add(n + k)
					}
				}
				n += size
			}
		} else {
			later := rapid.IntRange(0, 500).Draw(t, "later")
			one, other := rapid.IntRange(3, 100).Draw(t, "one loses each"), rapid.IntRange(3, 100).Draw(t, "other loses each")
			for n := range rapid.IntRange(600, 3000).Draw(t, "datagrams") + later {
				if k := n; k%one != 1 && k < 3000 {
					add(k)
				}
				if k := n - later; k >= 0 && k%other != 1 {
					add(k)
				}
			}
		}
		duplicates := 0
		for _, n := range came {
			duplicates += n - 1
		}
		rows := tally.Snapshot()
		if n := rows[0].Numbers; len(rows) != 1 || n.Restarts != 0 || int(n.Duplicates) != duplicates || int(n.Distinct) != len(came) {
			t.Fatalf("%d rows; %d came and %d twice: %+v", len(rows), len(came), duplicates, n)
		}
	})
}
