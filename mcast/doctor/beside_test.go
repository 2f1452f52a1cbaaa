package doctor

import (
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// What comes at the port of frames is a member's, somebody's numbers, or another's, and
// is forgotten: frames later than the rest.
func TestBeside(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1000, 0).Add(time.Duration(seconds) * time.Second) }
	l := &Lookout{port: 5001, since: at(0), sources: lru.New[netip.AddrPort, besideTally](maxEvidence)}
	hear := func(from, data string, second int) {
		l.hear(netip.MustParseAddrPort(from), 2, []byte(data), at(second))
	}
	hear("10.0.0.1:1", "\xfeMC\x01", 1)
	hear("10.0.0.1:1", "\xfeMC\x01", 2)
	hear("10.0.0.1:1", "\xfeGS\x01", 3)
	hear("10.0.0.2:1", "\xfeGS\x01", 3)
	hear("10.0.0.3:1", "hello", 3)
	hear("10.0.0.3:1", "", 4)
	counts := func(list []Sender) (n int, first string) {
		if len(list) > 0 {
			first = list[0].From.String()
		}
		return datagrams(list), first
	}
	for _, tt := range []struct {
		since             int
		members, numbered int
		others            int
	}{
		{1, 2, 1, 2},
		{4, 2, 0, 2},
		{5, 2, 0, 0},
		{40, 0, 0, 0},
	} {
		b := l.Seen(at(tt.since))
		members, member := counts(b.Members)
		numbered, number := counts(b.Numbered)
		others, other := counts(b.Others)
		if members != tt.members || numbered != tt.numbered || others != tt.others || b.Port != 5001 ||
			members > 0 && member != "10.0.0.1:1" || numbered > 0 && number != "10.0.0.2:1" || others > 0 && other != "10.0.0.3:1" {
			t.Errorf("since second %d: %+v, want %+v", tt.since, b, tt)
		}
	}
	if n := l.sources.Len(); n != 0 {
		t.Errorf("%d sources are remembered", n)
	}
	if b := l.Seen(at(0)); b != nil {
		t.Errorf("before it looked it has seen %+v", b)
	}
	if b := (*Lookout)(nil).Seen(at(9)); b != nil {
		t.Errorf("nobody looked, and has seen %+v", b)
	}
}

// A host whose frames come has said nothing, and is no fault of the network's.
func TestNotHeardBeside(t *testing.T) {
	heard := func(list ...Sender) Facts {
		return listened(6*time.Second, func(o *Observed) { o.Beside = &Beside{Port: 1235, Members: list} })
	}
	from := plain
	from.From = netip.MustParseAddr("192.168.8.226")
	runRule(t, notHeard, []ruleCase{
		{"its frames come", heard(sender("192.168.8.226:40000", 2)), from, "ok", []string{"at port 1235"}},
		{"another's come", heard(sender("192.168.8.227:40000", 2)), from, "failure", nil},
	})
}

func TestFramePort(t *testing.T) {
	for group, want := range map[string]uint16{"239.1.2.3:5000": 5001, "[ff02::114%lo]:1234": 1235, "239.1.2.3:65535": 0, "224.0.0.251:5353": 0} {
		g, err := mcast.ParseGroup(group)
		if err != nil {
			t.Fatal(err)
		}
		if port, ok := FramePort(g); ok != (want != 0) || ok && port != want {
			t.Errorf("frames of %s go to %d, %t; want %d", group, port, ok, want)
		}
	}
}
