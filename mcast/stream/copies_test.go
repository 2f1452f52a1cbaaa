package stream

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// arrivals are what arrives of many senders, in any order at first.
type arrivals struct {
	list []Datagram
	rnd  *rand.Rand
}

func newArrivals() *arrivals { return &arrivals{rnd: rand.New(rand.NewPCG(1, 2))} }

func sender(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), uint16(4000+n))
}

func (w *arrivals) add(at time.Duration, from netip.AddrPort, hops int, payload []byte) {
	w.list = append(w.list, Datagram{At: start.Add(at), Group: group, From: from, IfIndex: 2, Hops: hops, Bytes: len(payload), Payload: payload})
}

func (w *arrivals) say(at time.Duration, from netip.AddrPort, text string) {
	w.add(at, from, 1, []byte(text))
}

// up to a time that a timer is late.
func (w *arrivals) late(most time.Duration) time.Duration {
	return time.Duration(w.rnd.Int64N(int64(most)))
}

// hear lets a Tally hear it, with a tick each 100 ms, and for long after it ended; what
// it told of copies is listed with when it did.
func (w *arrivals) hear(cfg Config) (told []Event, when []time.Duration, rows []Row) {
	slices.SortStableFunc(w.list, func(a, b Datagram) int { return a.At.Compare(b.At) })
	cfg.Rows, cfg.Numbers, cfg.Every = 64, true, 100*time.Millisecond
	tally, next := New(cfg), start
	tick := func() {
		for _, e := range tally.Tick(next) {
			if text, _ := e.CopiesText(); text != "" {
				told, when = append(told, e), append(when, next.Sub(start))
			}
		}
		next = next.Add(100 * time.Millisecond)
	}
	for n := range w.list {
		for !next.After(w.list[n].At) {
			tick()
		}
		tally.Add(&w.list[n])
	}
	tick()
	rows = tally.Snapshot()
	for range 200 {
		tick()
	}
	return told, when, rows
}

const ms = time.Millisecond

// copyRTP is an RTP datagram with a stream of its own.
func copyRTP(n int) []byte { return rtp(7, n) }

func line(n int) []byte { return fmt.Appendf(nil, "line %d", n) }

const sameText = "copies: 10.0.0.1:4001 sent the same MS before: one repeats the other, it is one host with two addresses, or both send the same"

func TestCopiesAreTold(t *testing.T) {
	numbers := func(n int) []byte { return own(7, uint64(n), false, 0) }
	a, b, c := sender(1), sender(2), sender(3)
	// each sends 20 datagrams a second for 4 s, and then calls copy for each.
	each := func(make func(int) []byte, irregular time.Duration, copy func(w *arrivals, at time.Duration, n int, payload []byte)) func(w *arrivals) {
		return func(w *arrivals) {
			for n := range 80 {
				at := time.Duration(n) * 50 * ms
				if irregular > 0 {
					at += w.late(irregular)
				}
				w.add(at, a, 3, make(n))
				copy(w, at, n, make(n))
			}
		}
	}
	twice := func(after time.Duration, hops int) func(*arrivals, time.Duration, int, []byte) {
		return func(w *arrivals, at time.Duration, _ int, payload []byte) { w.add(at+after, a, hops, payload) }
	}
	reflector := func(w *arrivals, at time.Duration, _ int, payload []byte) {
		w.add(at+200*time.Microsecond+w.late(ms/5), b, 1, payload)
	}
	for _, tt := range []struct {
		what string
		make func(w *arrivals)
		want string // the first word of each event, and what it says
	}{
		{"two paths", each(line, 0, twice(ms, 2)), "copies: each datagram arrives twice, with TTL 3 and 2: it comes by several paths"},
		{"two paths with one TTL, or UPnP", each(line, 0, twice(ms, 3)), "copies: each datagram arrives twice, both with TTL 3: it comes by several paths, or the sender sends it so often"},
		{"two paths, of which one is slow", each(numbers, 0, twice(120*ms, 3)), "copies: each datagram arrives twice: it comes by several paths"},
		{"three paths", each(numbers, 0, func(w *arrivals, at time.Duration, n int, payload []byte) {
			w.add(at+ms, a, 3, payload)
			w.add(at+2*ms, a, 3, payload)
		}), "copies: each datagram arrives 3 times, all with TTL 3: it comes by several paths"},
		{"a reflector", each(numbers, 0, reflector), "reflection: it sends again what 10.0.0.1:4001 sent MS before"},
		{"a slow one", each(numbers, 0, func(w *arrivals, at time.Duration, n int, payload []byte) { w.add(at+300*ms, b, 3, payload) }), "reflection: it sends again what 10.0.0.1:4001 sent MS before"},
		{"of RTP", each(copyRTP, 0, reflector), "reflection: it sends again what 10.0.0.1:4001 sent MS before"},
		{"of somebody who has no numbers and no clock", each(line, 40*ms, reflector), sameText},
		{"of somebody who has a clock", each(line, 0, reflector), sameText},
		{"two reflectors", each(numbers, 0, func(w *arrivals, at time.Duration, n int, payload []byte) {
			reflector(w, at, n, payload)
			w.add(at+ms, c, 1, payload)
		}), "reflection: it sends again what 10.0.0.1:4001 sent MS before, reflection: it sends again what 10.0.0.1:4001 sent MS before"},
		{"one host with two addresses", each(numbers, 40*ms, func(w *arrivals, at time.Duration, n int, payload []byte) {
			w.add(at+20*time.Microsecond, netip.AddrPortFrom(b.Addr(), a.Port()), 3, payload)
		}), sameText},
		{"a loop of routers", func(w *arrivals) {
			for hops := range 60 {
				w.add(time.Duration(hops)*ms, a, 60-hops, []byte("once"))
			}
		}, "storm: the TTL of one datagram fell 8 times in a row: it goes in circles"},
		{"a slow loop of routers", func(w *arrivals) {
			for hops := range 10 {
				w.add(time.Duration(hops)*200*ms, a, 60-hops, []byte("once"))
			}
		}, "storm: the TTL of one datagram fell 8 times in a row: it goes in circles"},
		{"a loop of switches", func(w *arrivals) {
			for n := range 400 {
				w.add(time.Duration(n)*ms, a, 1, numbers(n/100))
			}
		}, "storm: one datagram arrived N times within a second: it goes in circles"},
		{"a loop of switches, without numbers", func(w *arrivals) {
			for n := range 400 {
				w.add(time.Duration(n)*ms, a, 1, line(n/100))
			}
		}, ""},
		{"two reflectors of each other", each(line, 40*ms, func(w *arrivals, at time.Duration, n int, payload []byte) {
			for turn := range 30 {
				w.add(at+time.Duration(2*turn+1)*ms, b, 1, payload)
				w.add(at+time.Duration(2*turn+2)*ms, c, 1, payload)
			}
		}), sameText + ", " + sameText + ", " +
			"storm: one datagram arrived N times within a second: it goes in circles, storm: one datagram arrived N times within a second: it goes in circles"},
	} {
		w := newArrivals()
		tt.make(w)
		told, when, rows := w.hear(Config{})
		var got []string
		ended := 0
		for n, e := range told {
			text, _ := e.CopiesText()
			if strings.HasSuffix(string(e.Kind), "ended") {
				ended++
				continue
			}
			text = strings.Replace(text, fmt.Sprintf("%d times within", e.Count), "N times within", 1)
			if e.Copied.From.IsValid() {
				text = strings.Replace(text, " sent "+fewTime(e.Copied.Later), " sent MS", 1)
				text = strings.Replace(text, "the same "+fewTime(e.Copied.Later), "the same MS", 1)
			}
			if got = append(got, string(e.Kind)+": "+text); when[n] > 2*time.Second {
				t.Errorf("%s: told after %v", tt.what, when[n])
			}
		}
		slices.Sort(got)
		if all := strings.Join(got, ", "); all != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.what, all, tt.want)
		}
		ends := 0
		for _, e := range told {
			if e.Kind == Storm {
				ends++
			}
		}
		if ended != ends {
			t.Errorf("%s: %d ends of %d", tt.what, ended, ends)
		}
		known := slices.ContainsFunc(rows, func(r Row) bool { return r.Copied != nil && r.Copied.Text() != "" })
		if known != (tt.want != "") {
			t.Errorf("%s: a row says so: %v", tt.what, known)
		}
	}
}

// What is told ends with what shows that it is over, and not with a silence of both.
func TestCopiesEnd(t *testing.T) {
	a, b := sender(1), sender(2)
	numbers := func(n int) []byte { return own(7, uint64(n), false, 0) }
	for what, tt := range map[string]struct {
		payload func(int) []byte
		copy    netip.AddrPort
		other   bool // the second one goes on with its own
		want    []EventKind
	}{
		"two paths":                 {line, a, false, []EventKind{Copies, CopiesEnded}},
		"a reflector":               {numbers, b, false, []EventKind{Reflection, ReflectionEnded}},
		"which sends its own":       {numbers, b, true, []EventKind{Reflection, ReflectionEnded}},
		"two that send the same":    {line, b, false, []EventKind{Copies, CopiesEnded}},
		"of which one goes its way": {line, b, true, []EventKind{Copies, CopiesEnded}},
	} {
		w := newArrivals()
		for n := range 400 {
			at := time.Duration(n) * 50 * ms
			w.add(at, a, 3, tt.payload(n))
			if n < 100 {
				w.add(at+ms, tt.copy, 3, tt.payload(n))
			} else if tt.other {
				w.say(at+ms, b, fmt.Sprintf("my own %d", n))
			}
		}
		told, _, rows := w.hear(Config{})
		var got []EventKind
		for _, e := range told {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, tt.want) || slices.ContainsFunc(rows, func(r Row) bool { return r.Copied.Text() != "" }) {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Nobody is accused who says what others say as well: beacons, people, programs that
// do the same by the clock, hosts that answer the same, senders that repeat themselves,
// bridges, two interfaces on one wire.
func TestHonestRepeatsAreNoCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const lasts = 10 * time.Second
		w := &arrivals{rnd: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		between := func(low, high time.Duration) time.Duration { return low + w.late(high-low+1) }
		next := 0
		host := func() netip.AddrPort { next++; return sender(next) }
		text := func() string { return []string{"hello", "hi", "ok", "on", "off"}[w.rnd.IntN(5)] }
		kinds := []func(){
			func() { // a beacon
				from, every, says := host(), between(10*ms, 2*time.Second), text()
				for at := between(0, lasts); at < lasts; at += every + w.late(ms) {
					w.say(at, from, says)
				}
			},
			func() { // people
				from := host()
				for at := between(0, lasts); at < lasts; at += between(100*ms, 3*time.Second) {
					w.say(at, from, text())
				}
			},
			func() { // one program on some hosts, by the clock
				every, hosts := between(20*ms, time.Second), 2+w.rnd.IntN(3)
				busy := between(10*time.Microsecond, 20*ms)
				for range hosts {
					from, off, drift := host(), between(0, 40*ms), w.rnd.Float64()/1000
					for n := 0; time.Duration(n)*every < lasts; n++ {
						w.say(time.Duration(float64(time.Duration(n)*every)*(1+drift))+off+w.late(busy), from, fmt.Sprintf("%d", n))
					}
				}
			},
			func() { // the same, in which now and then it is late
				every := between(20*ms, 200*ms)
				for range 2 {
					from, off := host(), between(0, 45*ms)
					for n := 0; time.Duration(n)*every < lasts; n++ {
						at := time.Duration(n)*every + off + w.late(ms/10)
						if w.rnd.IntN(5) == 0 {
							at += w.late(100 * ms)
						}
						w.say(at, from, fmt.Sprintf("tick %d", n))
					}
				}
			},
			func() { // hosts that answer the same
				asks := host()
				type answerer struct {
					from        netip.AddrPort
					after, late time.Duration
				}
				var list []answerer
				for range 2 + w.rnd.IntN(3) {
					list = append(list, answerer{host(), between(50*time.Microsecond, 20*ms), between(10*time.Microsecond, 10*ms)})
				}
				n := 0
				for at := between(0, lasts); at < lasts; at += between(20*ms, time.Second) {
					w.say(at, asks, fmt.Sprintf("ask %d", n))
					for _, a := range list {
						w.say(at+a.after+w.late(a.late), a.from, fmt.Sprintf("answer %d", n))
					}
					n++
				}
			},
			func() { // whoever repeats itself
				from, times, apart, n := host(), 1+w.rnd.IntN(4), between(0, 60*ms), 0
				for at := between(0, lasts); at < lasts; at += between(100*ms, time.Second) {
					for k := range times {
						w.say(at+time.Duration(k)*apart, from, fmt.Sprintf("notify %d", n))
					}
					n++
				}
			},
			func() { // bridges
				from, bridges := host(), []netip.AddrPort{netip.AddrPortFrom(host().Addr(), 1236), netip.AddrPortFrom(host().Addr(), 1236)}
				n := 0
				for at := between(0, lasts); at < lasts; at += between(20*ms, 300*ms) {
					payload := own(uint64(from.Port()), uint64(n), false, 0)
					w.add(at, from, 1, payload)
					for _, b := range bridges {
						w.add(at+between(ms, 40*ms), b, 1, payload)
					}
					n++
				}
			},
			func() { // two interfaces on one wire
				from := host()
				for n := range 200 {
					at := time.Duration(n) * 50 * ms
					w.add(at, from, 1, own(uint64(from.Port()), uint64(n), false, 0))
					w.add(at+w.late(ms), from, 1, own(uint64(from.Port()), uint64(n), false, 0))
					w.list[len(w.list)-1].IfIndex = 3
				}
			},
		}
		for range rapid.IntRange(1, 5).Draw(t, "senders") {
			kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]()
		}
		lost := rapid.SampledFrom([]float64{0, 0, 0.02, 0.3}).Draw(t, "lost")
		w.list = slices.DeleteFunc(w.list, func(Datagram) bool { return w.rnd.Float64() < lost })
		told, when, _ := w.hear(Config{})
		for n, e := range told {
			switch e.Kind {
			case Reflection, Storm:
			case Copies:
				if e.Copied.From.IsValid() || !e.Copied.Paths {
					continue // what comes, without a word of why
				}
			default:
				continue
			}
			text, _ := e.CopiesText()
			t.Errorf("after %v %s is accused: %s: %s", when[n], e.Key.From, e.Kind, text)
		}
	})
}

// The table is bounded, and nothing is allocated, whatever strangers send; and those
// that are chosen of many are the same of each path.
func TestCopiesAreBounded(t *testing.T) {
	tally := New(Config{Rows: 4096, Numbers: true, Copies: 100})
	n := 0
	forge := func() {
		for range 4 {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(n >> 5), byte(n)}), uint16(n%7+1))
			tally.Add(&Datagram{At: start.Add(time.Duration(n) * 10 * time.Microsecond), Group: group, From: from, IfIndex: 2, Bytes: 9, Payload: fmt.Appendf(nil, "forged %d", n/3)})
			n++
		}
		if n%10000 == 0 {
			tally.Tick(start.Add(time.Duration(n) * 10 * time.Microsecond))
		}
	}
	for n < 400000 {
		forge()
	}
	if c := &tally.copying; len(c.slots) != 64 || len(c.mirrors) > 4 || len(c.storms) > maxStorms || c.each != sparsest {
		t.Errorf("%d slots, %d of who may repeat, %d storms, one in %d", len(c.slots), len(c.mirrors), len(c.storms), c.each)
	}
	// 100,000 a second of whom one comes by two paths.
	tally = New(Config{Rows: 64, Numbers: true})
	for n := range 300000 {
		d := Datagram{At: start.Add(time.Duration(n) * 10 * time.Microsecond), Group: group, From: a, IfIndex: 2, Hops: 3, Bytes: 9, Payload: fmt.Appendf(nil, "%d", n/2)}
		d.Hops -= n % 2
		tally.Add(&d)
	}
	if r := tally.Snapshot()[0]; tally.copying.each < 8 || r.Copied == nil || r.Copied.Times != 2 || r.Copied.Hops != [2]int{3, 2} {
		t.Errorf("one in %d, %+v", tally.copying.each, r.Copied)
	}
}
