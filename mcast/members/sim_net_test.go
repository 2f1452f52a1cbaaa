package members

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// sim is a network as in the table "Figures" of docs/protocol.md: each datagram takes
// 0.1 to 1 ms, 5 % come twice, 10 % come up to 5 ms later.
type sim struct {
	*network
	loss    float64                // of each copy, on its way to one member
	atSend  float64                // of each datagram, for all
	cut     func(a, b *node) bool  // nil: nothing is
	only    *node                  // the one whom datagrams reach
	lostAt  bool                   // the datagram that is being sent
	talk    *rand.Rand             // of the talk, so that it does not depend on the network
	lines   map[frame.Name]*spoken // by name
	order   []*spoken
	heard   map[*node]*record
	high    map[frame.Stream]uint64
	counts  counts
	faults  []string
	marked  int           // lines that were marked as repaired
	wrongly int           // and of them those that came as they were said
	person  map[*node]int // whose key a member has
	runs    int           // streams that members began again with
}

// spoken is a line as it was said.
type spoken struct {
	name frame.Name
	at   time.Time
	by   *node
	text string
	got  int           // members that have it
	last time.Duration // after which the last one had it
}

// record is what a member was told.
type record struct {
	got   map[frame.Name]time.Duration // after which
	lines map[frame.Stream][]uint64    // in the places that they name
	reach map[frame.Name]Heard         // the last word of who has own lines

	lost, joined, left int
}

// counts is what was sent.
type counts struct {
	frames, hellos, needs, repairs int
	bytes                          int
	hello, repair                  rush
}

// rush is the most of something in any second.
type rush struct {
	times []time.Time
	most  int
}

func (r *rush) add(now time.Time) {
	i := 0
	for i < len(r.times) && now.Sub(r.times[i]) >= time.Second {
		i++
	}
	r.times = append(r.times[i:], now)
	r.most = max(r.most, len(r.times))
}

func newSim(t testing.TB, seed uint64, loss float64) *sim {
	s := &sim{
		network: newNetwork(t, seed), loss: loss, talk: rand.New(rand.NewPCG(seed, 3)),
		lines: map[frame.Name]*spoken{}, heard: map[*node]*record{}, high: map[frame.Stream]uint64{},
		person: map[*node]int{},
	}
	s.link = func(a, b *node) link {
		return link{
			cut:  s.lostAt || s.only != nil && s.only != b || s.cut != nil && s.cut(a, b),
			loss: s.loss, double: 0.05, late: 0.1, delay: 100 * time.Microsecond, scatter: 900 * time.Microsecond,
		}
	}
	s.sent = func(_ *node, o Out, h frame.Header) {
		s.lostAt = s.atSend > 0 && s.random.Float64() < s.atSend
		c := &s.counts
		c.frames++
		c.bytes += len(o.Data)
		switch {
		case h.Kind == frame.KindHello:
			c.hellos++
			c.hello.add(s.now)
		case h.Kind == frame.KindNeed:
			c.needs++
		case frame.SpaceOf(h.Number) == frame.Kept && h.Number <= s.high[h.Stream]:
			c.repairs++
			c.repair.add(s.now)
		case frame.SpaceOf(h.Number) == frame.Kept:
			s.high[h.Stream] = h.Number
		}
	}
	return s
}

func (s *sim) fault(format string, args ...any) {
	if len(s.faults) < 20 {
		s.faults = append(s.faults, fmt.Sprintf(format, args...))
	}
}

// enter adds a member, whose lines are followed.
func (s *sim) enter(change func(*Config)) *node {
	r := &record{got: map[frame.Name]time.Duration{}, lines: map[frame.Stream][]uint64{}, reach: map[frame.Name]Heard{}}
	n := s.join(change)
	n.told = func(e Event) { s.tell(n, r, e) }
	for _, e := range n.events {
		n.told(e)
	}
	n.events = nil
	s.heard[n], s.person[n] = r, n.id
	return n
}

func (s *sim) enterAll(n int) {
	for range n {
		s.enter(nil)
	}
}

// again begins a member anew, with its key and another stream.
func (s *sim) again(n *node) *node {
	s.runs++
	id := s.person[n]
	n = s.enter(func(c *Config) { c.Author, c.Nick = author(id, s.runs), fmt.Sprintf("m%d", id) })
	s.person[n] = id
	return n
}

func (s *sim) tell(n *node, r *record, e Event) {
	switch e := e.(type) {
	case Lost:
		r.lost += e.Lines
	case Joined:
		r.joined++
	case Left:
		r.left++
	case Heard:
		r.reach[e.Name] = e
	case Said:
		l := s.lines[e.Name]
		if l == nil || l.text != e.Text {
			s.fault("m%d was told %q, which nobody said", n.id, e.Text)
			return
		}
		if _, ok := r.got[e.Name]; ok {
			s.fault("m%d was told %q twice", n.id, e.Text)
			return
		}
		after := s.now.Sub(l.at)
		if e.Repaired {
			s.marked++
			if after <= 7*time.Millisecond {
				s.wrongly++ // a NEED of another came before it
			}
		}
		r.got[e.Name] = after
		l.got++
		l.last = max(l.last, after)
		list := r.lines[e.Name.Stream]
		at := len(list)
		if e.Before != (frame.Name{}) {
			if at = slices.Index(list, e.Before.Number); at < 0 {
				s.fault("m%d was told that %q comes before a line that it has not", n.id, e.Text)
				return
			}
		}
		r.lines[e.Name.Stream] = slices.Insert(list, at, e.Name.Number)
		if list = r.lines[e.Name.Stream]; at > 0 && list[at-1] > list[at] || at+1 < len(list) && list[at] > list[at+1] {
			s.fault("m%d: number %d is not in its place: %v", n.id, e.Name.Number, list)
		}
	}
}

// speak says a line.
func (s *sim) speak(n *node) *spoken {
	l := &spoken{at: s.now, by: n, text: fmt.Sprint("line ", len(s.order))}
	l.name = s.say(n, l.text)
	s.lines[l.name] = l
	s.order = append(s.order, l)
	return l
}

// chat lets somebody of those who live say a line, at so many a second in all.
func (s *sim) chat(d time.Duration, rate float64, who func(*node) bool) {
	end := s.now.Add(d)
	for {
		wait := time.Duration(float64(time.Second) / rate * (0.5 + s.talk.Float64()))
		if s.now.Add(wait).After(end) {
			break
		}
		s.run(wait)
		var list []*node
		for _, n := range s.nodes {
			if !n.dead && (who == nil || who(n)) {
				list = append(list, n)
			}
		}
		if len(list) > 0 {
			s.speak(list[s.talk.IntN(len(list))])
		}
	}
	s.run(end.Sub(s.now))
}

func (s *sim) living() (list []*node) {
	for _, n := range s.nodes {
		if !n.dead {
			list = append(list, n)
		}
	}
	return list
}

// missing is how many of some lines those who live have not.
func (s *sim) missing(lines []*spoken) (n int) {
	for _, to := range s.living() {
		r := s.heard[to]
		for _, l := range lines {
			if _, ok := r.got[l.name]; !ok && l.by != to {
				n++
			}
		}
	}
	return n
}

// equal lets time pass until all who live have some lines, and returns how long it was.
func (s *sim) equal(lines []*spoken, most time.Duration) time.Duration {
	from := s.now
	for s.missing(lines) > 0 {
		if s.now.Sub(from) >= most {
			s.fault("after %v, %d are missing", most, s.missing(lines))
			return most
		}
		s.run(50 * time.Millisecond)
	}
	return s.now.Sub(from)
}

// delays is after what time lines came to each of those who live.
func (s *sim) delays(lines []*spoken) (list []time.Duration) {
	for _, n := range s.living() {
		for _, l := range lines {
			if d, ok := s.heard[n].got[l.name]; ok {
				list = append(list, d)
			}
		}
	}
	return list
}

// done reports what went wrong.
func (s *sim) done() {
	s.t.Helper()
	for _, n := range s.nodes {
		if n.c != nil && n.c.failed != nil {
			s.fault("m%d: %v", n.id, n.c.failed)
		}
	}
	if s.wrongly*100 > s.marked {
		s.fault("of %d lines that are marked as repaired, %d are not", s.marked, s.wrongly)
	}
	for _, f := range s.faults {
		s.t.Error(f)
	}
}

// figures are durations that were measured.
type figures []time.Duration

func (f figures) at(p float64) time.Duration {
	if len(f) == 0 {
		return 0
	}
	slices.Sort(f)
	return f[min(len(f)-1, int(math.Ceil(p*float64(len(f))))-1)]
}

func (f figures) String() string {
	if len(f) == 0 {
		return "nothing"
	}
	var b strings.Builder
	for i, p := range []float64{0.5, 0.99, 0.999, 1} {
		fmt.Fprintf(&b, "%s %v, ", []string{"p50", "p99", "p99.9", "max"}[i], f.at(p).Round(100*time.Microsecond))
	}
	fmt.Fprintf(&b, "of %d", len(f))
	return b.String()
}

// bar is a figure that is to be met.
func bar(t *testing.T, what string, got, most time.Duration) {
	t.Helper()
	if got > most {
		t.Errorf("%s: %v, want at most %v", what, got, most)
	}
}
