package stream

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// rtp is a datagram of RTP with 20 bytes of payload.
func rtp(ssrc uint32, number int) []byte {
	b := make([]byte, 32)
	b[0], b[1] = 0x80, 96
	binary.BigEndian.PutUint16(b[2:], uint16(number))
	binary.BigEndian.PutUint32(b[4:], uint32(number)*900)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	return b
}

// own is a datagram of send --rate.
func own(id uint64, number uint64, end bool, promise time.Duration) []byte {
	b := make([]byte, 64)
	Header{Stream: id, Number: number, End: end, Promise: promise}.Put(b)
	return b
}

// u32 is a datagram that has its number in the first four bytes.
func u32(number int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(number)) }

// hears adds datagrams a millisecond apart, from ms on.
func hears(t *Tally, ms int, payloads ...[]byte) int {
	for _, p := range payloads {
		t.Add(&Datagram{At: at(ms), Group: group, From: a, IfIndex: 2, Bytes: len(p), Payload: p})
		ms++
	}
	return ms
}

func row1(f func(int) []byte, from, to int) (list [][]byte) {
	for n := from; n <= to; n++ {
		list = append(list, f(n))
	}
	return list
}

// alternate takes one of each in turn.
func alternate(lists ...[][]byte) (list [][]byte) {
	for n := range lists[0] {
		for _, l := range lists {
			list = append(list, l[n])
		}
	}
	return list
}

func numberedTally(seq Seq) *Tally {
	return New(Config{Rows: 64, Numbers: true, Seq: seq, Every: 100 * time.Millisecond})
}

// summary is what a story of streams is judged by: "0: 100 lost 3 restarts 1".
func summary(t *Tally) string {
	var list []string
	for _, r := range t.Snapshot() {
		n := r.Numbers
		s := fmt.Sprintf("%d: %d of %s", r.Sub, n.Distinct, n.Format)
		for _, c := range []struct {
			what string
			n    int
		}{{"lost", int(n.Lost)}, {"stray", int(n.Stray)}, {"duplicates", int(n.Duplicates)}, {"reordered", int(n.Reordered)}, {"restarts", n.Restarts}} {
			if c.n != 0 {
				s += fmt.Sprintf(", %s %d", c.what, c.n)
			}
		}
		if n.Ended {
			s += ", ended"
		}
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

func TestStreamsOfASocket(t *testing.T) {
	ssrc := func(id uint32) func(int) []byte { return func(n int) []byte { return rtp(id, n) } }
	ours := func(id uint64) func(int) []byte { return func(n int) []byte { return own(id, uint64(n), false, 0) } }
	told := Seq{Bits: 32}
	for _, tt := range []struct {
		what string
		seq  Seq
		list [][]byte
		want string
	}{
		{"ours", Seq{}, slices.Concat(row1(ours(7), 0, 99), row1(ours(7), 103, 199)), "0: 197 of groupcast, lost 3"},
		{"ours, and the tail is lost", Seq{}, slices.Concat(row1(ours(7), 0, 99), [][]byte{own(7, 105, true, 0), own(7, 105, true, 0)}), "0: 100 of groupcast, lost 5, ended"},
		{"ours begins anew", Seq{}, slices.Concat(row1(ours(7), 0, 99), [][]byte{own(7, 100, true, 0)}, row1(ours(8), 0, 49)), "0: 150 of groupcast, restarts 1"},
		{"RTP", Seq{}, slices.Concat(row1(ssrc(1), 65500, 65599), row1(ssrc(1), 65602, 65699)), "0: 198 of RTP, lost 2"},
		{"RTP, and a new source", Seq{}, slices.Concat(row1(ssrc(1), 0, 99), nil, row1(ssrc(2), 5000, 5099)), "0: 200 of RTP, restarts 1"},
		{"two sources in turn", Seq{}, alternate(row1(ssrc(1), 0, 99), row1(ssrc(2), 900, 999)), "0: 100 of RTP; 1: 100 of RTP"},
		{"four sources in turn", Seq{}, alternate(row1(ssrc(1), 0, 99), row1(ssrc(2), 900, 999), row1(ssrc(3), 700, 799), row1(ssrc(4), 800, 899)), "0: 100 of RTP; 1: 100 of RTP; 2: 100 of RTP; 3: 100 of RTP"},
		{"one of them in bursts", Seq{}, slices.Concat(row1(ssrc(1), 0, 99), alternate(row1(ssrc(1), 100, 120), row1(ssrc(2), 900, 920)), row1(ssrc(1), 121, 150), row1(ssrc(2), 922, 950)), "0: 151 of RTP; 1: 50 of RTP, lost 1"},
		{"RTP jumps: with a source it is loss", Seq{}, slices.Concat(row1(ssrc(1), 0, 99), row1(ssrc(1), 5000, 5099)), "0: 200 of RTP, lost 4900"},
		{"a number jumps, and the next one follows", told, slices.Concat(row1(u32, 0, 99), row1(u32, 1000000, 1000099)), "0: 200 of seq, restarts 1"},
		{"it goes back", told, slices.Concat(row1(u32, 5000, 5099), row1(u32, 0, 99)), "0: 200 of seq, restarts 1"},
		{"one number fits nothing", told, slices.Concat(row1(u32, 0, 99), [][]byte{u32(1 << 30)}, row1(u32, 100, 199)), "0: 200 of seq, stray 1"},
		{"two counters", told, alternate(row1(u32, 0, 99), row1(u32, 1000000, 1000099)), "0: 100 of seq; 1: 100 of seq"},
		{"a fifth source beside four is not counted", Seq{}, slices.Concat(
			alternate(row1(ssrc(1), 0, 99), row1(ssrc(2), 0, 99), row1(ssrc(3), 0, 99), row1(ssrc(4), 0, 99)),
			alternate(row1(ssrc(1), 100, 109), row1(ssrc(2), 100, 109), row1(ssrc(3), 100, 109), row1(ssrc(4), 100, 109), row1(ssrc(5), 0, 9)),
		), "0: 110 of RTP, stray 10; 1: 110 of RTP; 2: 110 of RTP; 3: 110 of RTP"},
		{"one of four begins anew", Seq{}, slices.Concat(
			alternate(row1(ssrc(1), 0, 99), row1(ssrc(2), 0, 99), row1(ssrc(3), 0, 99), row1(ssrc(4), 0, 99)),
			alternate(row1(ssrc(1), 100, 119), row1(ssrc(2), 100, 119), row1(ssrc(5), 0, 19), row1(ssrc(4), 100, 119)),
		), "0: 120 of RTP; 1: 120 of RTP; 2: 118 of RTP, stray 2, restarts 1; 3: 120 of RTP"},
		{"the end of a stream that was not heard", Seq{}, slices.Concat(row1(ours(7), 0, 99), [][]byte{own(8, 50, true, 0)}, row1(ours(7), 100, 199)), "0: 200 of groupcast"},
		{"an end that lies", Seq{}, slices.Concat(row1(ours(7), 0, 99), [][]byte{own(7, 1<<60, true, 0)}), "0: 100 of groupcast, ended"},
		{"a loss of 500", told, slices.Concat(row1(u32, 0, 99), row1(u32, 600, 699)), "0: 200 of seq, lost 500"},
		{"numbers that lie", Seq{Bits: 64}, row1(func(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)<<60) }, 0, 40), ""},
		{"ours that lie", Seq{}, row1(func(n int) []byte { return own(7, uint64(n)<<58, false, 0) }, 0, 40), ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			tally := numberedTally(tt.seq)
			hears(tally, 0, tt.list...)
			if got := summary(tally); got != tt.want && tt.want != "" {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			datagrams := 0
			for _, r := range tally.Snapshot() {
				if datagrams += r.Datagrams; r.Numbers.Lost > 1<<30 {
					t.Errorf("a loss of %d", r.Numbers.Lost)
				}
			}
			if datagrams += int(tally.Ends()); datagrams != len(tt.list) {
				t.Errorf("%d datagrams are counted, and %d came", datagrams, len(tt.list))
			}
		})
	}
}

// Where rows are full, two streams of one socket are one row, and nothing is lost
// that was not.
func TestNoRowForAnotherStream(t *testing.T) {
	tally := New(Config{Rows: 1, Numbers: true})
	ssrc := func(id uint32) func(int) []byte { return func(n int) []byte { return rtp(id, n) } }
	hears(tally, 0, alternate(row1(ssrc(1), 0, 99), row1(ssrc(2), 900, 999))...)
	rows := tally.Snapshot()
	if len(rows) != 1 || rows[0].Datagrams != 200 || rows[0].Numbers.Lost != 0 {
		t.Errorf("rows %+v", rows)
	}
}

// A restart of a sender that was silent, or that ended on the same port.
func TestRestartLater(t *testing.T) {
	tally := numberedTally(Seq{Bits: 32})
	ms := hears(tally, 0, row1(u32, 1, 500)...)
	hears(tally, ms+5000, row1(u32, 1, 600)...)
	if got, want := summary(tally), "0: 1100 of seq, restarts 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A sender of RTP that begins anew with its SSRC, further on than its rate explains. A
// burst may be as short, and is a loss.
func TestRestartOfRTP(t *testing.T) {
	for to, want := range map[int]string{0: "0: 3002 of RTP, restarts 1", 41_000: "0: 3002 of RTP, lost 4999"} {
		tally := numberedTally(Seq{})
		numbers := func(n int) []byte { return rtp(1, n) }
		hears(tally, 0, slices.Concat(row1(numbers, 34_000, 36_000), row1(numbers, to, to+1000))...)
		if got := summary(tally); got != want {
			t.Errorf("to %d: got %s, want %s", to, got, want)
		}
	}
}

func TestDamagedAndNewer(t *testing.T) {
	tally := numberedTally(Seq{})
	damaged, newer := own(7, 1, false, 0), own(7, 2, false, 0)
	damaged[50] = 1
	newer[3] = 2
	hears(tally, 0, damaged, newer)
	if n := len(tally.Snapshot()); n != 0 || tally.Damaged() != 1 || tally.Newer() != 1 {
		t.Errorf("%d rows, %d damaged, %d newer", n, tally.Damaged(), tally.Newer())
	}
	if u := tally.Unreadable(); len(u) != 1 || u[0].From != a || u[0].Damaged != 1 || u[0].Newer != 1 {
		t.Errorf("unreadable: %+v", u)
	}
	if got := kinds1(tally.Tick(at(9))); !slices.Equal(got, []string{"unreadable"}) {
		t.Errorf("events %q", got)
	}
	hears(tally, 10, own(7, 0, false, 0), damaged, own(7, 1, false, 0))
	if got, want := summary(tally), "0: 2 of groupcast"; got != want || tally.Damaged() != 2 || tally.Snapshot()[0].Datagrams != 3 {
		t.Errorf("%s, want %s; %d damaged, %d datagrams", got, want, tally.Damaged(), tally.Snapshot()[0].Datagrams)
	}
}

func kinds1(events []Event) (list []string) {
	for _, e := range events {
		s := string(e.Kind)
		if e.Lost > 0 {
			s += fmt.Sprintf(" %d", e.Lost)
		}
		list = append(list, s)
	}
	return list
}

func TestEvents(t *testing.T) {
	tally := numberedTally(Seq{})
	ms := hears(tally, 0, slices.Concat(row1(func(n int) []byte { return rtp(1, n) }, 0, 99), row1(func(n int) []byte { return rtp(1, n) }, 105, 205), row1(func(n int) []byte { return rtp(1, n) }, 208, 300))...)
	if got, want := kinds1(tally.Tick(at(ms))), []string{"first", "format"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if got, want := kinds1(tally.Tick(at(ms+2500))), []string{"stopped", "loss 7"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	ms = hears(tally, ms+2600, row1(func(n int) []byte { return rtp(2, n) }, 0, 20)...)
	ms = hears(tally, ms, make([][]byte, 0)...)
	text := slices.Repeat([][]byte{[]byte("hello, everybody, how are you today?")}, 10)
	hears(tally, ms, text...)
	if got, want := kinds1(tally.Tick(at(ms+100))), []string{"restart", "no format"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if n := tally.Snapshot()[0].Numbers; n.Lost != 7 || n.Format != "" || n.Restarts != 1 {
		t.Errorf("what was counted is lost: %+v", n)
	}
}

// Events that nobody fetches are counted.
func TestEventsLost(t *testing.T) {
	tally := New(Config{Rows: 8, Numbers: true})
	for n := range 5000 {
		tally.Add(&Datagram{At: at(n), Group: group, From: netip.AddrPortFrom(a.Addr(), uint16(n)), IfIndex: 2, Payload: []byte("x"), Bytes: 1})
	}
	if n, lost := len(tally.Tick(at(5000))), tally.EventsLost(); n != 4096 || lost != 5000-4096 {
		t.Errorf("%d events, and %d lost", n, lost)
	}
	if o := tally.Others(); o.Streams != 4992 || o.Datagrams != 4992 || o.Bytes != 4992 {
		t.Errorf("others: %+v", o)
	}
}

func TestDetail(t *testing.T) {
	tally := numberedTally(Seq{Bits: 32})
	hears(tally, 0, slices.Concat(row1(u32, 0, 9), row1(u32, 12, 19))...)
	tally.Tick(at(3000))
	key := tally.Snapshot()[0].Key
	d, known := tally.Detail(key)
	if !known || len(d.Bursts) != 1 || d.Bursts[0].First != 10 || d.Bursts[0].Length != 2 || d.Lengths[1] != 1 || len(d.Gaps) != 1 || d.Gaps[0].Count != 17 || d.Why == "" {
		t.Errorf("known %v: %+v", known, d)
	}
	key.Sub = 1
	if _, known := tally.Detail(key); known {
		t.Error("there is detail of a stream that is not there")
	}
}

// A promise makes a sender steady at once, and an end is no silence.
func TestPromisedSilence(t *testing.T) {
	for _, tt := range []struct {
		what    string
		promise time.Duration
		end     bool
		until   int
		want    string
	}{
		{"nothing is promised", 0, false, 20000, ""},
		{"a second is promised", time.Second, false, 4200, "silent"},
		{"before the bar", time.Second, false, 3900, ""},
		{"it ended", time.Second, true, 20000, "end"},
	} {
		tally := numberedTally(Seq{})
		list := [][]byte{own(7, 0, false, tt.promise), own(7, 1, false, tt.promise), own(7, 2, false, tt.promise)}
		if tt.end {
			list = append(list, own(7, 3, true, 0))
		}
		hears(tally, 0, list...)
		var got []string
		for ms := 0; ms <= tt.until; ms += 100 {
			for _, e := range tally.Tick(at(ms)) {
				if e.Kind != First && e.Kind != Found {
					got = append(got, string(e.Kind))
				}
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

// With a bar of the user's anybody who is not heard is missed.
func TestMaxGap(t *testing.T) {
	tally := New(Config{Rows: 8, MaxGap: 500 * time.Millisecond})
	sends(tally, a, 0, 1, 0)
	if got := tick(tally, 100, 400); got != nil {
		t.Errorf("before the bar: %q", got)
	}
	if got := tick(tally, 500, 700); !slices.Equal(got, []string{"silent 00.000"}) {
		t.Errorf("after it: %q", got)
	}
}

func TestOnAndOff(t *testing.T) {
	tally := New(Config{Rows: 8, Every: 100 * time.Millisecond})
	ms := sends(tally, a, 0, 60, 100)
	var got []string
	now := 0
	until := func(to int) {
		for ; now < to; now += 100 {
			for _, e := range tally.Tick(at(now)) {
				s := string(e.Kind)
				if e.Count > 0 {
					s += fmt.Sprintf(" %d, %v", e.Count, e.For)
				}
				got = append(got, s)
			}
		}
	}
	for range 7 {
		until(ms + 10000)
		ms = sends(tally, a, ms+10000, 30, 100)
	}
	until(ms + 20*60*1000)
	want := []string{"silent", "back", "silent", "back", "silent", "back", "on and off 4, 10.1s", "on and off 4, 4m22s", "silent"}
	if len(got) != len(want) || !slices.Equal(got[:7], want[:7]) || got[8] != "silent" || !strings.HasPrefix(got[7], "on and off 4") {
		t.Errorf("events %q, want about %q", got, want)
	}
	if r := tally.Snapshot()[0]; r.Silences != 8 || r.SilentSince.IsZero() {
		t.Errorf("%d silences, silent since %v", r.Silences, r.SilentSince)
	}
}

// Rows are bounded; who was silent longest makes room, one host gets no more than
// its share, the last row of a group that is kept stays, and the sums are exact.
func TestRoom(t *testing.T) {
	tally := New(Config{Rows: 100, PerHost: 25})
	b := netip.MustParseAddr("10.0.0.2")
	keptGroup := netip.MustParseAddrPort("239.9.9.9:1")
	tally.Keep(keptGroup)
	tally.Add(&Datagram{At: at(0), Group: keptGroup, From: netip.AddrPortFrom(b, 1), Bytes: 1})
	sum := 1
	for n := range 60 {
		tally.Add(&Datagram{At: at(1 + n), Group: group, From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(n)}), 9), Bytes: 1})
		sum++
	}
	for n := range 1000 {
		tally.Add(&Datagram{At: at(1000 + n), Group: group, From: netip.AddrPortFrom(a.Addr(), uint16(n)), Bytes: 1})
		sum++
		if n%10 == 0 { // it goes on
			tally.Add(&Datagram{At: at(1000 + n), Group: group, From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, 0}), 9), Bytes: 1})
			sum++
		}
	}
	if n := len(tally.Snapshot()); n != 86 {
		t.Errorf("%d rows, want 61 and 25 of the host that floods", n)
	}
	for n := range 1000 { // each address once
		tally.Add(&Datagram{At: at(5000 + n), Group: group, From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(n >> 8), byte(n)}), 9), Bytes: 1})
		sum++
	}
	rows := tally.Snapshot()
	if len(rows) != 100 {
		t.Errorf("%d rows, want 100", len(rows))
	}
	kept, oldest := false, at(100000)
	for _, r := range rows {
		sum -= r.Datagrams
		if kept = kept || r.Group == keptGroup; r.Group != keptGroup && r.Last.Before(oldest) {
			oldest = r.Last
		}
	}
	if !kept {
		t.Error("the group's last row made room")
	}
	if !oldest.Equal(at(5000 + 901)) {
		t.Errorf("the oldest was heard %v after the first, want 5.901 s", oldest.Sub(start))
	}
	if got := tally.Others().Datagrams; int(got) != sum {
		t.Errorf("others %d, want %d", got, sum)
	}
}

// Whatever comes, nothing breaks: the sums are exact, rows are bounded, what is lost
// is never more than what numbers can have passed, and bursts are what was given up.
func TestNumbersProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.SampledFrom([]Seq{{}, {}, {Bits: 8}, {Bits: 16}, {Bits: 64}}).Draw(t, "seq")
		perHost := rapid.SampledFrom([]int{0, 3, 5}).Draw(t, "share")
		tally := New(Config{Rows: 12, PerHost: perHost, Numbers: true, Seq: seq, Every: 100 * time.Millisecond})
		now, sum, next := 0, 0, map[string]int{}
		for range rapid.IntRange(1, 100).Draw(t, "runs") {
			from := netip.AddrPortFrom(a.Addr(), uint16(rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9}).Draw(t, "port")))
			kind := rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3}).Draw(t, "kind")
			id := rapid.Uint64Range(1, 7).Draw(t, "id")
			key := fmt.Sprint(from, kind, id)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				next[key] = rapid.IntRange(0, 1<<20).Draw(t, "number")
			case 1:
				next[key] += rapid.IntRange(0, 3000).Draw(t, "lost")
			case 2:
				next[key] = max(next[key]-rapid.IntRange(0, 1500).Draw(t, "back"), 0)
			}
			now += rapid.SampledFrom([]int{0, 0, 1, 50, 300, 2500}).Draw(t, "later")
			for range rapid.SampledFrom([]int{1, 2, 3, 12, 40}).Draw(t, "datagrams") {
				var p []byte
				switch kind {
				case 0:
					p = rtp(uint32(id), next[key])
				case 1:
					p = own(id, uint64(next[key]), rapid.IntRange(0, 30).Draw(t, "end") == 0, 0)
				case 2:
					p = binary.BigEndian.AppendUint64(nil, uint64(next[key]))
				default:
					p = []byte("some text that nobody numbers")
				}
				next[key]++
				sum++
				tally.Add(&Datagram{At: at(now), Group: group, From: from, IfIndex: 2, Bytes: len(p), Payload: p, Drops: uint32(sum / 50)})
				now += rapid.IntRange(0, 2).Draw(t, "ms")
			}
			if rapid.Bool().Draw(t, "look") {
				tally.Tick(at(now))
			}
		}
		tally.Tick(at(now))
		rows := 0
		for _, r := range tally.Snapshot() {
			rows++
			sum -= r.Datagrams
			n := r.Numbers
			if n.Lost > 1<<36 || n.LostKernel > n.Lost || int(n.Distinct) > 16*r.Datagrams+64 || n.Restarts < 0 {
				t.Fatalf("the row says %+v", r)
			}
			d, known := tally.Detail(r.Key)
			if !known {
				t.Fatalf("there is no detail of %v", r.Key)
			}
			var lost uint64
			for _, b := range d.Bursts {
				lost += b.Length
			}
			if len(d.Bursts) < 64 && lost > n.Gone {
				t.Fatalf("bursts of %d, and %d were given up", lost, n.Gone)
			}
		}
		if o := tally.Others(); int(o.Datagrams+tally.Ends()) != sum {
			t.Fatalf("%d datagrams are in no row, and others have %d", sum, o.Datagrams)
		}
		if rows > 12 {
			t.Fatalf("%d rows", rows)
		}
	})
}

// TestEndIsNoDatagram: a stream that said three times that it ends is as long, and as
// regular, as what it sent.
func TestEndIsNoDatagram(t *testing.T) {
	iperfEnd := func(n int) []byte { return iperf(-int64(n+1), time.Duration(n)*5*time.Millisecond) }
	for format, of := range map[Format]func(n int, end bool) []byte{
		Own: func(n int, end bool) []byte { return own(7, uint64(n), end, 10*time.Millisecond) },
		Iperf2: func(n int, end bool) []byte {
			if end {
				return iperfEnd(n)
			}
			return iperf(int64(n+1), time.Duration(n)*5*time.Millisecond)
		},
	} {
		tally := numberedTally(Seq{})
		for n := range 200 {
			hears(tally, 5*n, of(n, false))
		}
		for _, after := range []int{0, 100, 300} {
			hears(tally, 5*200+after, of(200, true))
		}
		tally.Tick(at(2000))
		r := tally.Snapshot()[0]
		if r.Datagrams != 200 || r.Gap != 5*time.Millisecond || r.Rate() != 200 || !r.Last.Equal(at(995)) || !r.Numbers.Ended || r.Numbers.Lost != 0 || r.Numbers.Duplicates != 0 {
			t.Errorf("%s: %v/s, gap %v, last %v: %+v", format, r.Rate(), r.Gap, r.Last, r)
		}
	}
	tally := numberedTally(Seq{})
	for range 3 {
		hears(tally, 0, own(7, 10, true, 0))
	}
	if rows := tally.Snapshot(); len(rows) != 1 || rows[0].Datagrams != 1 {
		t.Errorf("of an end alone the rows are %+v", rows)
	}
}

// What the events say of the kernel adds up to what the report says, and none of it
// is told before the numbers it is about are given up.
func TestKernelInEvents(t *testing.T) {
	tally := numberedTally(Seq{Bits: 32})
	add := func(ms, number int, drops uint32) {
		p := u32(number)
		tally.Add(&Datagram{At: at(ms), Group: group, From: a, IfIndex: 2, Bytes: len(p), Payload: p, Drops: drops})
	}
	var lost, kernel uint64
	var told []string
	look := func(ms int) {
		for _, e := range tally.Tick(at(ms)) {
			if e.Kind == Loss {
				lost, kernel = lost+e.Lost, kernel+e.Kernel
				told = append(told, fmt.Sprintf("%d, %d of them the kernel's", e.Lost, e.Kernel))
			}
		}
	}
	for n := range 2000 { // at 1,000/s, and 1990 to 1994 lost in the network
		if n < 1990 || n >= 1995 {
			add(n, n, 1)
		}
	}
	for n := 5000; n < 5500; n++ { // the socket had no room for 3,000, the latest of which may still come
		add(n, n, 3001)
	}
	for ms := 5500; ms < 9500; ms += 100 {
		look(ms)
	}
	if want := []string{"2481, 2476 of them the kernel's", "524, 524 of them the kernel's"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	n := tally.Snapshot()[0].Numbers
	if lost != n.Lost || kernel != n.LostKernel || kernel != 3000 {
		t.Errorf("events say %d, %d of them the kernel's; the numbers %d and %d", lost, kernel, n.Lost, n.LostKernel)
	}
}
