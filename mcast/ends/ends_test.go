package ends

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
)

const conversation = "239.1.2.3:5000"

func seed(from byte) (b [32]byte) {
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

var (
	alice = frame.NewAuthor(frame.NewIdentity(seed(0)), [8]byte{1})
	bob   = frame.NewAuthor(frame.NewIdentity(seed(0x40)), [8]byte{2})
	eve   = frame.NewAuthor(frame.NewIdentity(seed(0x80)), [8]byte{3})
	room  = frame.SealedRoom(seed(0x20), conversation)
	start = time.Unix(1700000000, 0)
)

// sent is a body as it arrives: signed, sealed, and in 1,200 bytes.
func sent(t *testing.T, by frame.Author, number uint64, b frame.Body) *frame.Frame {
	t.Helper()
	data, err := room.Encode(by, frame.FirstDirect+number, b)
	if err != nil || len(data) > 1200 {
		t.Fatalf("%T: %d bytes, %v", b, len(data), err)
	}
	f, err := room.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func askedBy(a frame.Author, known bool) Asker {
	return Asker{Stream: a.Stream, Key: a.Public(), From: netip.MustParseAddrPort("192.0.2.1:40000"), Known: known}
}

// big is an end with more than fits in one part.
func big() *End {
	e := &End{Seen: Seen{Here: true, From: netip.MustParseAddr("192.0.2.1"), IfIndex: 2, LostIn: 0, LostOut: -1, Hears: true, Chosen: true, Others: []int{3}, Asked: Count{3, 4}}}
	e.Facts.Links, e.Facts.By = map[int]doctor.Link{}, map[int]doctor.RouteResult{}
	for n := 1; n <= 40; n++ {
		e.Facts.Interfaces = append(e.Facts.Interfaces, host.Interface{
			Index: n, Name: fmt.Sprintf("eth%d", n), Flags: net.FlagUp | net.FlagMulticast, MTU: 1500,
			Addrs: []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("10.%d.0.1/24", n)), netip.MustParsePrefix(fmt.Sprintf("2001:db8:%d::1/64", n))},
		})
		e.Facts.Links[n] = doctor.Link{Kind: "veth", OperState: "up", Sent: 12345}
		e.Facts.By[n] = doctor.RouteResult{Route: host.Route{IfIndex: n, Source: netip.MustParseAddr("10.1.0.1")}}
	}
	e.Facts.Send = doctor.RouteResult{Err: &mcast.OpError{Op: "route", Err: syscall.ENETUNREACH}}
	e.Facts.Sockets = []host.Socket{{Local: netip.MustParseAddrPort("0.0.0.0:5000"), Program: "secret-program (42)", UID: 4242, Inode: 7}}
	e.Facts.Groups = []host.InterfaceGroups{{Index: 2, Name: "eth2", Version: 3, Groups: []host.JoinedGroup{
		{Addr: netip.MustParseAddr("239.1.2.3"), Users: 2}, {Addr: netip.MustParseAddr("239.99.98.97"), Users: 1}}}}
	e.Facts.Observed = doctor.Observed{For: 9 * time.Second, Grown: map[string]uint64{"IpExt.InMcastPkts": 24, "TcpExt.SecretCounter": 1},
		Senders: []doctor.Sender{{From: netip.MustParseAddrPort("198.51.100.7:9")}}}
	e.Facts.Settings = map[string]int{"net.ipv4.conf.eth2.rp_filter": 1, "net.ipv4.conf.all.mc_forwarding": 0, "net.ipv4.tcp_secret": 1}
	e.Intent = doctor.Intent{Group: mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}, Joined: []int{2, 40}, Send: 40, Hops: 1, Loopback: true, Live: true}
	e.Findings = []doctor.Finding{{Name: "firewall-in", Verdict: doctor.Warning, Evidence: "secret-evidence"}, {Name: "igmp-version", Verdict: doctor.OK}}
	return e
}

// A question is answered in parts, for the asker alone, and no names of programs, users
// and other members are in it.
func TestQuestion(t *testing.T) {
	q, a := NewQuestion(alice.Stream, bob.Stream, bob.Public()), &Answerer{Share: true}
	now, number, parts := start, uint64(0), 0
	for !q.Done() {
		ask, next := q.Due(now)
		if ask == nil {
			t.Fatalf("nothing is asked, until %v", next)
		}
		if again, _ := q.Due(now); again != nil {
			t.Fatal("two questions at once")
		}
		f := sent(t, alice, number, ask)
		who := askedBy(alice, true)
		if got := a.Take(now, who, f.Body.(*frame.Ask), bob.Stream, true); got != Tell {
			t.Fatalf("part %d: %d", ask.Part, got)
		}
		var end *End
		if a.Fresh(now, who.Key, ask.Part) {
			end = big()
		}
		facts, err := a.Facts(now, who, f.Body.(*frame.Ask), bob.Stream, end)
		if err != nil {
			t.Fatal(err)
		}
		answer := sent(t, bob, number, facts)
		forged := sent(t, eve, number, facts)
		bad := *facts
		bad.Sealed = slices.Clone(facts.Sealed)
		bad.Sealed[40] ^= 1
		other := NewQuestion(eve.Stream, bob.Stream, bob.Public())
		other.Due(now)
		if q.Take(now, forged, true) || q.Take(now, sent(t, bob, number, &bad), true) || other.Take(now, answer, true) {
			t.Fatal("an answer is taken that is another's, or not whole")
		}
		if _, err := q.open[len(q.open)-1].secret.open(eve.Stream, bob.Stream, facts.Sealed); err == nil {
			t.Error("it opens for another asker's stream")
		}
		if !q.Take(now, answer, true) || q.Take(now, answer, true) {
			t.Fatal("the answer is not taken, or taken twice")
		}
		now, number, parts = next, number+1, parts+1
	}
	e, err := q.End()
	if err != nil {
		t.Fatal(err)
	}
	if parts < 2 || q.Heard() != (Count{0, uint64(parts)}) || a.Count(alice.Public()) != (Count{0, uint64(parts)}) {
		t.Errorf("%d parts, heard %+v", parts, q.Heard())
	}
	want := big()
	if len(e.Facts.Interfaces) != mostInterfaces || !slices.Equal(e.Intent.Joined, want.Intent.Joined) || e.Intent.Send != 40 || !errors.Is(e.Facts.Send.Err, syscall.ENETUNREACH) {
		t.Errorf("the interfaces that matter are not among %d, joined %v, %v", len(e.Facts.Interfaces), e.Intent.Joined, e.Facts.Send.Err)
	}
	seen := want.Seen
	seen.Others = nil // eth3 has no room
	if got := e.Seen; fmt.Sprint(got.From, got.Hears, got.Chosen, got.LostIn, got.LostOut, got.Asked) != fmt.Sprint(seen.From, seen.Hears, seen.Chosen, seen.LostIn, seen.LostOut, seen.Asked) {
		t.Errorf("seen %+v, want %+v", got, seen)
	}
	if len(e.Findings) != 1 || e.Findings[0].Name != "firewall-in" || e.Facts.Observed.Grown["IpExt.InMcastPkts"] != 24 {
		t.Errorf("findings %+v", e.Findings)
	}
	all, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Encode(big())
	if !bytes.Equal(all, again) {
		t.Error("the same facts are other bytes")
	}
	for _, secret := range []string{"secret", "Secret", string([]byte{198, 51, 100, 7}), string([]byte{239, 99, 98, 97})} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("%q is told", secret)
		}
	}
}

// Without the user's word, and for whom it is not, nothing leaves.
func TestWhoIsAnswered(t *testing.T) {
	ask := func(nonce byte) *frame.Ask {
		return &frame.Ask{Nonce: [8]byte{nonce}, To: bob.Stream.Ref(), Key: seed(1)}
	}
	me, who := bob.Stream, askedBy(alice, true)
	bridged, behind, stranger := who, who, askedBy(alice, false)
	bridged.Bridge = true
	behind.From = netip.MustParseAddrPort("192.0.2.1:1236")
	for name, tt := range map[string]struct {
		a    Answerer
		who  Asker
		to   frame.Stream
		want Answer
	}{
		"shared":                      {Answerer{Share: true}, who, me, Tell},
		"nobody agreed":               {Answerer{}, who, me, Refuse},
		"the user is asked":           {Answerer{Asks: true}, who, me, Prompt},
		"not verified":                {Answerer{Share: true}, stranger, me, Unknown},
		"not verified, nor shared":    {Answerer{}, stranger, me, Refuse},
		"to another":                  {Answerer{Share: true}, who, eve.Stream, Ignore},
		"from a bridge":               {Answerer{Share: true}, bridged, me, Ignore},
		"from the port that marks it": {Answerer{Share: true}, behind, me, Ignore},
	} {
		q := ask(1)
		q.To = tt.to.Ref()
		if got := tt.a.Take(start, tt.who, q, me, false); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	a := &Answerer{Asks: true}
	step := func(what string, at time.Duration, nonce byte, want Answer) {
		t.Helper()
		if got := a.Take(start.Add(at), who, ask(nonce), me, false); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	step("first", 0, 1, Prompt)
	step("the user is asked once", time.Second, 2, Refuse)
	a.Say(who.Key, true)
	step("agreed", 2*time.Second, 3, Tell)
	step("replayed", 4*time.Second, 3, Ignore)
	step("too soon", 2900*time.Millisecond, 4, Ignore)
	step("in time", 4*time.Second, 5, Tell)
	a.Say(who.Key, false)
	step("taken back", 6*time.Second, 6, Refuse)
	if _, err := a.Facts(start, askedBy(eve, true), ask(9), me, big()); err == nil {
		t.Error("one who did not ask is told")
	}
	many := &Answerer{Share: true}
	told := 0
	for n := range 100 { // of a sealed room, all at once
		x := askedBy(alice, true)
		x.Key[0] = byte(n)
		if many.Take(start, x, ask(byte(n+1)), me, false) == Tell {
			told++
		}
	}
	if told != perMember {
		t.Errorf("%d answers in a second", told)
	}
}

// A stranger's facts are errors or within their ranges, and its words are harmless.
func FuzzDecode(f *testing.F) {
	good, err := Encode(big())
	if err != nil {
		f.Fatal(err)
	}
	e := big()
	e.Facts.Interfaces[1].Name = "e;rm -rf\x1b"
	evil, _ := Encode(e)
	f.Add(good)
	f.Add(evil)
	f.Add([]byte{0xa1, 0x01, 0x02})
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrFacts) && !errors.Is(err, ErrVersion) {
				t.Errorf("%v", err)
			}
			return
		}
		for _, d := range Judge(Party{"a", e}, Party{"b", e}) {
			if strings.ContainsAny(d.Text, ";\x1b") && strings.Contains(d.Text, "rm -rf") {
				t.Errorf("%q", d.Text)
			}
		}
		for _, i := range e.Facts.Interfaces {
			if !interfaceName().MatchString(i.Name) {
				t.Errorf("%q", i.Name)
			}
		}
		if len(e.Findings) > mostVerdicts {
			t.Errorf("%d findings", len(e.Findings))
		}
	})
}

// party is a host with one interface in a LAN, which has joined the group.
func party(name, addr string, change ...func(*End)) Party {
	e := &End{
		Facts: doctor.Facts{Interfaces: []host.Interface{
			{Index: 2, Name: "eth0", Flags: net.FlagUp | net.FlagMulticast, Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}},
			{Index: 3, Name: "eth1", Flags: net.FlagUp | net.FlagMulticast, Addrs: []netip.Prefix{netip.MustParsePrefix(fmt.Sprintf("172.16.%d.1/24", name[0]))}},
		}},
		Intent: doctor.Intent{Group: mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}, Joined: []int{2}, Send: 2, Hops: 1},
		Seen:   Seen{LostIn: -1, LostOut: -1},
	}
	for _, c := range change {
		c(e)
	}
	return Party{name, e}
}

func TestJudge(t *testing.T) {
	hears := func(e *End) { e.Seen.Here, e.Seen.IfIndex, e.Seen.LostIn = true, 2, 0 }
	heard := func(e *End) { e.Seen.Chosen = true }
	finding := func(name, on string) func(*End) {
		return func(e *End) {
			e.Findings = append(e.Findings, doctor.Finding{Name: name, Interface: on, Verdict: doctor.Failure, Title: name})
		}
	}
	for name, tt := range map[string]struct {
		a, b        Party
		want        Verdict
		side, cause string
	}{
		"fine":                {party("a", "10.0.0.1/24", heard), party("b", "10.0.0.2/24", hears), Arrives, "", ""},
		"heard by another":    {party("a", "10.0.0.1/24", func(e *End) { e.Seen.Others, e.Intent.Send = []int{2}, 3 }), party("b", "10.0.0.2/24", hears), WrongInterface, "a", "wrong-egress"},
		"no way":              {party("a", "10.0.0.1/24", func(e *End) { e.Intent.Send = 0; e.Facts.Send.Err = syscall.ENETUNREACH }), party("b", "10.0.0.2/24"), NotSent, "a", "no-route"},
		"TTL 0":               {party("a", "10.0.0.1/24", func(e *End) { e.Intent.Hops = 0 }), party("b", "10.0.0.2/24"), NotSent, "a", "hops-too-small"},
		"refused":             {party("a", "10.0.0.1/24", func(e *End) { e.Refused = syscall.EPERM }), party("b", "10.0.0.2/24"), NotSent, "a", "firewall-out"},
		"firewall there":      {party("a", "10.0.0.1/24"), party("b", "10.0.0.2/24", finding("firewall-in", "")), Dropped, "b", "firewall-in"},
		"the wire":            {party("a", "10.0.0.1/24"), party("b", "10.0.0.2/24"), NotArrived, "", ""},
		"pruned":              {party("a", "10.0.0.1/24"), party("b", "10.0.0.2/24", finding("no-querier", "eth0")), NotArrived, "b", "no-querier"},
		"joined elsewhere":    {party("a", "10.0.0.1/24"), party("b", "10.0.0.2/24", func(e *End) { e.Intent.Joined = []int{3} }), Dropped, "b", "joined-elsewhere"},
		"another network":     {party("a", "10.0.0.1/24"), party("b", "20.0.0.2/24"), NotArrived, "a", "hops-too-small"},
		"behind a router":     {party("a", "10.0.0.1/24", func(e *End) { e.Intent.Hops = 5 }), party("b", "20.0.0.2/24"), NotArrived, "", "no-multicast-router"},
		"its other interface": {party("a", "10.0.0.1/24", func(e *End) { e.Intent.Send = 3 }), party("b", "10.0.0.2/24"), WrongInterface, "a", "wrong-egress"},
		"loss in a buffer": {party("a", "10.0.0.1/24", heard), party("b", "10.0.0.2/24", hears, func(e *End) { e.Seen.LostIn = 300 }, finding("receive-overflow", "")),
			Lossy, "b", "receive-overflow"},
		"loss on the wire":   {party("a", "10.0.0.1/24", heard), party("b", "10.0.0.2/24", hears, func(e *End) { e.Seen.LostIn = 300 }), Lossy, "", ""},
		"the other is mute":  {party("a", "10.0.0.1/24"), Party{Name: "b"}, NotKnown, "", ""},
		"nothing of sender":  {Party{Name: "a"}, party("b", "10.0.0.2/24"), NotKnown, "", ""},
		"heard all the same": {Party{Name: "a"}, party("b", "10.0.0.2/24", hears), Arrives, "", ""},
	} {
		d := Judge(tt.a, tt.b)[0]
		if d.Verdict != tt.want || d.Side != tt.side || d.Cause != tt.cause || d.Text == "" || d.From != "a" || d.To != "b" {
			t.Errorf("%s: %+v, want %s on the side of %q by %q", name, d, tt.want, tt.side, tt.cause)
		}
	}
}
