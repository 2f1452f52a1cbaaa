package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

var listenStart = time.Date(2026, 1, 2, 12, 4, 0, 0, time.UTC)

// listened is a host that was joined on eth0 for so long.
func listened(d time.Duration, change func(*Observed), rows ...stream.Row) Facts {
	return lan(func(f *Facts) {
		f.Observed = Observed{For: d, Listen: Listened{Since: listenStart, Until: listenStart.Add(d), On: []int{eth0.Index}}, Heard: append([]stream.Row{}, rows...)}
		if change != nil {
			change(&f.Observed)
		}
	})
}

// heardRow is a sender that was heard ten times a second by eth0, until so long
// after the start.
func heardRow(from string, until time.Duration, change func(*stream.Row)) stream.Row {
	r := stream.Row{
		Key:       stream.Key{Group: netip.AddrPortFrom(group.Addr, 0), From: netip.MustParseAddrPort(from), IfIndex: eth0.Index},
		Datagrams: int(until/time.Second)*10 + 1, First: listenStart, Last: listenStart.Add(until), Steady: until >= 2*time.Second, HopsMin: 1, HopsMax: 1,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func silent(r *stream.Row) { r.SilentSince, r.Silences = r.Last, 1 }

// bursts is silent for the second time.
func bursts(r *stream.Row) {
	silent(r)
	r.Silences, r.Gap = 2, 15*time.Second
}

// live1 is a talk that hears one source.
func live1() Intent {
	in := live
	in.Group.Source = addr("192.168.8.226")
	return in
}

// losing is the same on a host where a socket of the program had no room.
func (f Facts) losing() Facts {
	f.Sockets = []host.Socket{{Inode: 7, Own: true}}
	f.Observed.Drops = map[uint64]uint64{7: 1}
	return f
}

func TestNotHeard(t *testing.T) {
	from := intent(func(in *Intent) { in.From = addr("192.168.8.226") })
	const x = "192.168.8.226:5004"
	runRule(t, notHeard, []ruleCase{
		{"nobody is named", listened(6*time.Second, nil), plain, "unknown", []string{"no host is named"}},
		{"nobody listened", lan(func(*Facts) {}), from, "unknown", []string{"nobody listened"}},
		{"a watch without a probe does not listen", lan(func(f *Facts) { f.Observed.For = time.Minute }), from, "unknown", []string{"nobody listened"}},
		{"it was listened for a moment", listened(1100*time.Millisecond, nil), from, "unknown", []string{"for 1.1 s only"}},
		{"heard", listened(6*time.Second, nil, heardRow(x, 5*time.Second, nil)), from, "ok", []string{"51 datagrams in 6 s, the last 1 s before the end"}},
		{"heard once, from another port", listened(6*time.Second, nil, heardRow("192.168.8.226:9", 0, nil)), from, "ok", []string{"1 datagram in 6 s"}},
		{"stopped, and so it was heard", listened(20*time.Second, nil, heardRow(x, 5*time.Second, silent)), from, "ok", []string{"stopped at 12:04:05, 15 s before the end"}},
		{"not heard, nor anybody", listened(6*time.Second, nil), from, "failure", []string{"was not heard in 6 s", "joined on eth0", "nobody else was heard"}},
		{"others were", listened(6*time.Second, func(o *Observed) {
			o.Sent = map[int]Sent{2: {Tried: 3, Copies: 3}}
			o.FromAnswer = syscall.ECONNREFUSED
			o.Control = []stream.Row{heardRow(x, 5*time.Second, nil)}
		}, heardRow("192.168.8.9:5004", 5*time.Second, nil)), from, "failure",
			[]string{"heard in the group: 192.168.8.9", "own copies came: 3 of 3", "to it alone reaches it", "224.0.0.114 from it came"}},
		{"nobody has the address", listened(6*time.Second, func(o *Observed) { o.FromAnswer = syscall.EHOSTUNREACH }), from, "failure", []string{"no host answers for that address"}},
		{"by another interface", listened(6*time.Second, nil, heardRow(x, 5*time.Second, func(r *stream.Row) { r.IfIndex = 9 })), from, "failure #9",
			[]string{"is heard by #9, and not by eth0"}},
		{"the source of the group", listened(6*time.Second, nil), inGroup("192.168.8.226@232.1.1.1"), "failure", []string{"192.168.8.226 was not heard"}},
		{"a talk in a group of one source, silent for long", listened(31*time.Second, nil), live1(), "warning", []string{"192.168.8.226 was not heard since 12:04:00", "joined on eth0"}},
		{"a talk in which it was heard long ago", listened(time.Hour, nil, heardRow(x, 0, nil)), live1(), "ok", []string{"1 datagram in 1h0m0s"}},
		{"a talk without a name", listened(time.Hour, nil), live, "unknown", []string{"no host is named"}},
		{"a talk has pauses", listened(6*time.Second, nil), intent(func(in *Intent) { *in = live; in.From = addr("192.168.8.226") }), "unknown", []string{"may have said nothing"}},
	})
}

// What a host that is not heard has to do is said of that host: no hint speaks of
// our own TTL.
func TestNotHeardHints(t *testing.T) {
	f := listened(6*time.Second, nil)
	hints := strings.Join(notHeard(f, intent(func(in *Intent) { in.From = addr("10.1.0.3") }))[0].Hints, "\n")
	if !strings.Contains(hints, "it has to send with a TTL for each router between") || !strings.Contains(hints, "--from 10.1.0.3") {
		t.Errorf("the hints about a host behind a router are\n%s", hints)
	}
	hints = strings.Join(notHeard(f, intent(func(in *Intent) { in.From = addr("192.168.8.226") }))[0].Hints, "\n")
	if strings.Contains(hints, "TTL for each router") {
		t.Errorf("the hints about a host on this network are\n%s", hints)
	}
	const reports = "net.ipv4.igmp_link_local_mcast_reports"
	for value, want := range map[int]bool{0: true, 1: false} {
		f.Settings = map[string]int{reports: value}
		for text, pruned := range map[string]bool{"224.0.0.114": false, "239.1.2.3": true} {
			in := inGroup(text)
			in.From = addr("192.168.8.226")
			if got := slices.Contains(commandsOf(notHeard(f, in)[0].Hints), "sysctl -w "+reports+"=1"); got != (want && !pruned) {
				t.Errorf("%s = %d, %s: the hint is there: %v", reports, value, text, got)
			}
		}
	}
	talk, specific := live1(), live1()
	specific.Group.Addr = addr("232.1.1.1")
	for _, in := range []Intent{talk, specific} {
		found := notHeard(listened(time.Minute, nil), in)[0]
		hints = strings.Join(found.Hints, "\n")
		if strings.Contains(hints, "/source any") != (in.Group.Addr == talk.Group.Addr) || strings.Contains(hints, "listen longer") || strings.Contains(found.Evidence, "either") {
			t.Errorf("in a talk in %s it says %s; the hints are\n%s", in.Group, found.Evidence, hints)
		}
	}
}

func TestStopped(t *testing.T) {
	const x, y = "192.168.8.226:5004", "192.168.8.9:4000"
	gone := heardRow(x, 5*time.Second, silent)
	runRule(t, stopped, []ruleCase{
		{"nobody listened", lan(func(*Facts) {}), plain, "unknown", nil},
		{"people", listened(20*time.Second, nil, heardRow(x, 5*time.Second, func(r *stream.Row) { r.Steady = false })), plain, "unknown", nil},
		{"heard until the end", listened(20*time.Second, nil, heardRow(x, 20*time.Second, nil)), plain, "ok", nil},
		{"silent", listened(18*time.Second, nil, gone), plain, "warning eth0", []string{"192.168.8.226 stopped at 12:04:05, 13 s before the end", "nobody else was heard after"}},
		{"who was to be heard", listened(18*time.Second, nil, gone), intent(func(in *Intent) { in.From = addr("192.168.8.226") }), "failure eth0", nil},
		{"others went on", listened(18*time.Second, nil, gone, heardRow(y, 18*time.Second, nil)), plain, "warning eth0", []string{"others in the group went on: 192.168.8.9"}},
		{"two of them", listened(18*time.Second, nil, gone, heardRow(y, 7*time.Second, silent)), plain, "warning eth0", []string{"and 1 more did"}},
		{"the same in 224.0.0.x went on", listened(18*time.Second, func(o *Observed) { o.Control = []stream.Row{heardRow(x, 18*time.Second, nil)} }, gone), plain, "warning eth0",
			[]string{"the network no longer forwards this group"}},
		{"it goes on from another port", listened(18*time.Second, nil, gone, heardRow("192.168.8.226:7", 18*time.Second, nil)), plain, "ok", nil},
		{"another program here", listened(18*time.Second, nil, heardRow(x, 5*time.Second, func(r *stream.Row) { silent(r); r.Local = true })), plain, "unknown", nil},
		{"in a talk", listened(30*time.Second, nil, heardRow(x, 12*time.Second, silent)), live, "warning eth0", []string{"192.168.8.226 stopped at 12:04:12; until then"}},
		{"somebody who wrote fast in a talk", listened(18*time.Second, nil, gone), live, "ok", nil},
		{"ten lines in a talk", listened(30*time.Second, nil, heardRow(x, 12*time.Second, func(r *stream.Row) { silent(r); r.Datagrams = 10 })), live, "ok", nil},
		{"in a talk, where it has paused for as long before", listened(30*time.Second, nil, heardRow(x, 12*time.Second, bursts)), live, "ok", nil},
		{"in a talk, for longer than it has paused before", listened(60*time.Second, nil, heardRow(x, 12*time.Second, bursts)), live, "warning eth0", nil},
		{"in a talk, with a socket that had no room", listened(30*time.Second, nil, heardRow(x, 12*time.Second, silent)).losing(), live, "unknown", []string{"receive-overflow"}},
	})
}

func TestReflected(t *testing.T) {
	back := func(n int, change func(*stream.Row)) stream.Row {
		return heardRow("192.168.8.9:4000", time.Second, func(r *stream.Row) {
			r.Reflected = n
			if change != nil {
				change(r)
			}
		})
	}
	sent := func(o *Observed) { o.Sent = map[int]Sent{2: {Tried: 3, Copies: 3}} }
	runRule(t, reflected, []ruleCase{
		{"nobody listened", lan(func(*Facts) {}), plain, "unknown", nil},
		{"nothing was sent", listened(5*time.Second, nil), plain, "unknown", nil},
		{"none came back", listened(5*time.Second, sent, back(0, nil)), plain, "ok", nil},
		{"one did", listened(5*time.Second, sent, back(1, nil)), plain, "warning eth0", []string{"from 192.168.8.9", "sent: 3"}},
		{"4,000 did", listened(5*time.Second, sent, back(4000, nil)), plain, "failure eth0", []string{"in circles"}},
		{"of an own address", listened(5*time.Second, sent, back(3, func(r *stream.Row) { r.Local = true })), plain, "ok", nil},
		{"somebody repeats somebody", listened(5*time.Second, sent, back(0, func(r *stream.Row) {
			r.Copied = &stream.Copied{From: netip.MustParseAddrPort("192.168.8.7:5004"), Later: 300 * time.Microsecond, Repeats: true}
		})), plain, "warning eth0", []string{"192.168.8.9 sends again what 192.168.8.7 sends", "0.3 ms"}},
		{"somebody says the same", listened(5*time.Second, sent, back(0, func(r *stream.Row) {
			r.Copied = &stream.Copied{From: netip.MustParseAddrPort("192.168.8.7:5004"), Later: 300 * time.Microsecond}
		})), plain, "ok", nil},
		{"a loop", listened(5*time.Second, nil, back(0, func(r *stream.Row) { r.Copied = &stream.Copied{Storms: 1, Storm: true} })), plain, "failure eth0", []string{"go in circles"}},
		{"it was one", listened(5*time.Second, nil, back(0, func(r *stream.Row) { r.Copied = &stream.Copied{Storms: 1} })), plain, "failure eth0", []string{"went in circles"}},
		{"somebody says hello as well", listened(5*time.Second, sent, back(1, nil)), live, "ok", nil},
		{"somebody repeats all", listened(5*time.Second, sent, back(3, nil)), live, "warning eth0", nil},
	})
}

func TestDoubled(t *testing.T) {
	twice := func(change func(*stream.Row)) stream.Row {
		return heardRow("10.1.0.3:4000", time.Second, func(r *stream.Row) { r.Datagrams, r.Twice = 10, 5; change(r) })
	}
	runRule(t, doubled, []ruleCase{
		{"nobody listened", lan(func(*Facts) {}), plain, "unknown", nil},
		{"nobody was heard", listened(5*time.Second, nil), plain, "unknown", nil},
		{"two routers", listened(5*time.Second, nil, twice(func(r *stream.Row) { r.Outside = true })), plain, "warning eth0", []string{"5 times of 10 datagrams"}},
		{"two TTLs", listened(5*time.Second, nil, twice(func(r *stream.Row) { r.TwiceHops, r.HopsMax = true, 2 })), plain, "warning eth0", []string{"TTL 1 and 2"}},
		{"by numbers", listened(5*time.Second, nil, twice(func(r *stream.Row) { r.Datagrams, r.Twice, r.Copied = 200, 0, &stream.Copied{Times: 3, Paths: true} })), plain, "warning eth0", []string{"comes 3 times by eth0", ": each datagram arrives 3 times"}},
		{"as UPnP does", listened(5*time.Second, nil, twice(func(*stream.Row) {})), plain, "unknown", []string{"send them twice itself"}},
		{"a line typed twice", listened(5*time.Second, nil, twice(func(r *stream.Row) { r.Outside, r.Twice = true, 2 })), plain, "ok", nil},
	})
}

func TestAnswerTo(t *testing.T) {
	to := intent(func(in *Intent) { in.To = addr("192.168.8.226") })
	for _, tt := range []struct {
		what string
		f    Facts
		want Hearing
		says string
	}{
		{"nobody looked", lan(func(*Facts) {}), NotKnown, "--from 192.168.8.164 224.0.0.114"},
		{"a host that has only lo", facts(by(lo)), NotKnown, "--from ADDRESS-OF-THIS-HOST 224.0.0.114"},
		{"heard only", listened(5*time.Second, nil, heardRow("192.168.8.226:1", time.Second, nil)), NotKnown, "cannot be known"},
		{"it answered", listened(5*time.Second, func(o *Observed) { o.Answers = []netip.Addr{addr("192.168.8.226")} }), Hears, "answered"},
		{"a copy came back", listened(5*time.Second, nil, heardRow("192.168.8.226:1", time.Second, func(r *stream.Row) { r.Reflected = 2 })), Hears, "came back from it: 2"},
	} {
		if a := tt.f.AnswerTo(to); a.State != tt.want || !strings.Contains(a.Text, tt.says) || a.Host != to.To {
			t.Errorf("%s: %+v, want %s, and %q", tt.what, a, tt.want, tt.says)
		}
	}
}
