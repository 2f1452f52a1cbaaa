package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestParseServed(t *testing.T) {
	for _, tt := range []struct{ text, addr, group string }{
		{"", "0.0.0.0:1234", ""},
		{"5000", "0.0.0.0:5000", ""},
		{":5000", "0.0.0.0:5000", ""},
		{":0", "0.0.0.0:0", ""},
		{"127.0.0.1:7", "127.0.0.1:7", ""},
		{"127.0.0.1", "127.0.0.1:1234", ""},
		{"[::]:1234", "[::]:1234", ""},
		{"[::1]", "[::1]:1234", ""},
		{"::1", "[::1]:1234", ""},
		{"::ffff:10.0.0.1", "10.0.0.1:1234", ""},
		{"[fe80::1%eth0]:7", "[fe80::1%eth0]:7", ""},
		{"224.0.0.114", "", "224.0.0.114:1234"},
		{"239.1.2.3:5000", "", "239.1.2.3:5000"},
		{"10.0.0.1@232.1.1.1", "", "10.0.0.1@232.1.1.1:1234"},
		{"[ff02::114%eth0]:5000", "", "[ff02::114%eth0]:5000"},
	} {
		at, err := parseServed(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if at.isGroup() != (tt.group != "") {
			t.Errorf("%q is a group: %v", tt.text, at.isGroup())
		}
		if got := at.group.String(); at.isGroup() && got != tt.group {
			t.Errorf("%q is the group %s, want %s", tt.text, got, tt.group)
		}
		if got := at.addr.String(); !at.isGroup() && got != tt.addr {
			t.Errorf("%q is %s, want %s", tt.text, got, tt.addr)
		}
	}
	for _, tt := range []struct {
		text string
		want error
	}{
		{"printer:1234", errNothingToServe}, {"foo", errNothingToServe}, {"1.2.3", errNothingToServe}, {"[::1", errNothingToServe},
		{"99999", mcast.ErrBadPort}, {":x", mcast.ErrBadPort}, {"10.0.0.1:70000", mcast.ErrBadPort}, {"224.0.0.114:0", mcast.ErrBadPort},
		{"fe80::1", errNoZone},
	} {
		if _, err := parseServed(tt.text); !errors.Is(err, tt.want) {
			t.Errorf("%q: %v, want %v", tt.text, err, tt.want)
		}
	}
}

// What -v prints has nothing of the network in it but addresses and counts.
func TestEchoedText(t *testing.T) {
	peer := netip.MustParseAddrPort("[fe80::1%eth0\x1b]:9")
	for _, tt := range []struct {
		e    echo.Event
		want string
	}{
		{echo.Event{Kind: echo.Received, Peer: peer, Bytes: 5}, "packet-received: bytes=5 from=[fe80::1%eth0␛]:9"},
		{echo.Event{Kind: echo.Written, Peer: peer, Bytes: 5}, "packet-written: bytes=5 to=[fe80::1%eth0␛]:9"},
		{echo.Event{Kind: echo.Unanswered, Peer: peer, Reason: echo.OffLink}, `packet-unanswered: bytes=0 from=[fe80::1%eth0␛]:9 reason="off-link source"`},
	} {
		if got := echoedText(tt.e); got != tt.want {
			t.Errorf("printed %s\nwant    %s", got, tt.want)
		}
	}
}

func TestReached(t *testing.T) {
	eth0 := host.Interface{Index: 2, Name: "eth0", Flags: net.FlagUp | net.FlagRunning, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}}
	bare, down, again := eth0, eth0, eth0
	bare.Addrs, down.Flags, again.Index = nil, 0, 7
	lost := host.Change{Kind: host.AddressRemoved, Interface: bare, Addr: eth0.Addrs[0]}
	for _, tt := range []struct {
		bound string
		said  []string
	}{
		{"0.0.0.0", []string{"", "eth0 is down: nothing arrives on it", "", "eth0 is back: requests that arrive on it are answered again", "eth0 has lost 10.0.0.1: nothing arrives there", "", "eth0 is back: requests that arrive on it are answered again"}},
		{"10.0.0.1", []string{"", "eth0 is down: nothing arrives on it", "", "eth0 is back: requests that arrive on it are answered again", "eth0 has lost 10.0.0.1: nothing arrives there", "", "eth0 is back: requests that arrive on it are answered again"}},
		{"10.0.0.2", make([]string, 7)},
		{"::", make([]string, 7)},
	} {
		r := newReached(netip.MustParseAddr(tt.bound))
		for n, ch := range []host.Change{
			{Kind: host.Appeared, Interface: eth0}, {Kind: host.LinkDown, Interface: down}, {Kind: host.Gone, Interface: down},
			{Kind: host.Appeared, Interface: again}, lost, {Kind: host.Gone, Interface: bare}, {Kind: host.AddressAdded, Interface: eth0},
		} {
			if got := r.change(ch); got != tt.said[n] {
				t.Errorf("bound to %s, change %d, %s: said %q, want %q", tt.bound, n, ch.Kind, got, tt.said[n])
			}
		}
	}
}

// A server of ours, and clients of others: byte exact, from the address that
// was asked.
func TestEchoForOthers(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, dual())
	a, b := l.Host("A"), l.Host("B")
	for _, tt := range []struct{ serve, asked string }{
		{"0.0.0.0:1234", "192.168.8.226"},
		{"[::]:1234", "2001:db8::226"},
		{"127.0.0.1:1234", ""},
	} {
		server := start(t, b, "groupcast", "echo", "-v", tt.serve)
		server.remarks("echoing datagrams to " + tt.serve + "; at most 50 a second to one source")
		from, asked := a, tt.asked
		if asked == "" {
			from, asked = b, "127.0.0.1"
		}
		sizes := []string{"0", "1", "1472", "65507"}
		node := start(t, from, "node", append([]string{peer(t, "echo.js"), asked, "1234"}, sizes...)...)
		python := start(t, from, "python3", append([]string{peer(t, "echo.py"), asked, "1234"}, sizes...)...)
		for _, size := range sizes {
			node.prints(fmt.Sprintf("exact: %s from %s:1234", size, asked))
			python.prints(fmt.Sprintf("exact %s from %s 1234", size, asked))
			server.prints("packet-received: bytes=" + size + " from=")
			server.prints("packet-written: bytes=" + size + " to=")
		}
		end := interrupted(t, server)
		end.remarks("8 requests, 8 answers of 133960 bytes")
	}
}

// interrupted sends a signal to a server, which is to end well.
func interrupted(t *testing.T, p *program) *program {
	t.Helper()
	if err := p.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := p.status(); status != exitOK {
		t.Errorf("%s: exit status %d after an interrupt, want %d\n%s", p.name, status, exitOK, p.err.String())
	}
	return p
}

func TestEchoForSocat(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	server := start(t, l.Host("B"), "groupcast", "echo", "--json", "-v")
	server.prints(`"address":"0.0.0.0:1234","per_source":50,"total":0}`)
	client := start(t, l.Host("A"), "socat", "-", "UDP4:192.168.8.226:1234")
	client.say("grüße")
	client.prints("grüße\n")
	interrupted(t, server)
	lines := strings.Split(strings.TrimSpace(server.out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("printed\n%s\nwant serving, received, written, totals", server.out.String())
	}
	for n, want := range []map[string]any{
		{"type": "serving"}, {"type": "received", "size": 8.0, "to": nil}, {"type": "written", "size": 8.0, "from": nil},
		{"type": "totals", "requests": 1.0, "answers": 1.0, "bytes": 8.0, "filtered": 0.0, "dropped": 0.0},
	} {
		var o map[string]any
		if err := json.Unmarshal([]byte(lines[n]), &o); err != nil {
			t.Fatalf("%s: %v", lines[n], err)
		}
		for key, value := range want {
			if o[key] != value {
				t.Errorf("%s\nhas %q = %v, want %v", lines[n], key, o[key], value)
			}
		}
	}
}

// Every member of a group answers once, and none answers an answer: two
// servers, and what they say to each other is nothing.
func TestEchoInAGroup(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, dual())
	a, b := l.Host("A"), l.Host("B")
	for _, group := range []string{"224.0.0.114", "ff02::114%eth0"} {
		atA, atB := start(t, a, "groupcast", "echo", "-v", "-i", "eth0", group), start(t, b, "groupcast", "echo", "-v", "-i", "eth0", group)
		atA.remarks("on eth0, from port ")
		atB.remarks("; at most 50 a second to one source, 500 to all")
		do(t, a, "send", "-i", "eth0", group, "hello").status()
		for _, server := range []*program{atA, atB} {
			server.prints("packet-received: bytes=5 from=")
			server.prints("packet-written: bytes=5 to=")
		}
		for _, server := range []*program{atA, atB} {
			interrupted(t, server).remarks("1 request, 1 answer of 5 bytes\n")
		}
	}
}

// A group is joined on interfaces to come as well, and again where it was.
func TestEchoWhenInterfacesGo(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	group, all := start(t, a, "groupcast", "echo", "-v", "224.0.0.114"), start(t, a, "groupcast", "echo", "-v", ":5000")
	one := start(t, a, "groupcast", "echo", "169.254.167.41:6000")
	group.remarks("echoing datagrams to 224.0.0.114:1234 on eth0, eth1")
	for _, p := range []*program{all, one} {
		p.remarks("at most 50")
	}
	// Watching begins by itself; a change that is told proves that it has.
	wait := func(p *program, text string, change func() error) {
		t.Helper()
		deadline := time.Now().Add(labtest.Patience)
		for !strings.Contains(p.err.String(), text) {
			if time.Now().After(deadline) {
				t.Fatalf("%s did not remark %q, but:\n%s", p.name, text, p.err.String())
			}
			if err := change(); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := a.Link("eth1")
	flap := func() error {
		return errors.Join(link.SetDown(), link.SetUp()) // told even if it is over
	}
	for _, p := range []*program{group, all, one} {
		wait(p, "eth1 is down: nothing arrives on it", flap)
	}
	group.remarks("eth1 is up again")
	all.remarks("eth1 is back: requests that arrive on it are answered again")

	if err := link.Delete(); err != nil {
		t.Fatal(err)
	}
	group.remarks("eth1 is gone, and the membership in 224.0.0.114:1234 with it")
	start(t, b, "node", peer(t, "echo.js"), "192.168.8.164", "5000", "7").prints("exact: 7 from 192.168.8.164:5000")
	do(t, b, "send", "-i", "eth0", "224.0.0.114", "still there?").status()
	group.prints("packet-written: bytes=12 to=192.168.8.226:")
	for _, p := range []*program{group, all, one} {
		interrupted(t, p)
	}
}

// While one source floods, another is served, and the totals tell the two
// apart.
func TestEchoInAFlood(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	server := start(t, b, "groupcast", "echo")
	server.remarks("echoing")
	flood := start(t, a, "socat", "-u", "-b", "100", "OPEN:/dev/zero", "UDP4-SENDTO:192.168.8.226:1234")
	asker := start(t, b, "node", peer(t, "echo.js"), "192.168.8.226", "1234", "7", "8", "9")
	asker.prints("exact: 9 from 192.168.8.226:1234")
	flood.cmd.Signal(os.Interrupt)
	flood.status()
	interrupted(t, server).remarks(" over the limit of its source")
}

func TestEchoBadInput(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	b := l.Host("B")
	holder := start(t, b, "python3", peer(t, "peer.py"), "hold")
	holder.prints("ready")
	for _, tt := range []struct {
		command string
		says    []string
	}{
		{"groupcast echo", []string{"listen 0.0.0.0:1234: the port is in use and not shared: python3", "has 0.0.0.0:1234", "hint: end the program that has the port"}},
		{"groupcast echo 224.0.0.114", []string{"listen 224.0.0.114:1234: the port is in use and not shared: python3"}},
		{"groupcast echo 10.9.9.9:1234", []string{"listen 10.9.9.9:1234: cannot assign requested address", "hint: this host has 127.0.0.1 (lo), 192.168.8.226 (eth0)"}},
		{"groupcast echo fe80::1%eth9", []string{`interface "eth9": no such interface`, "hint: list the interfaces"}},
		{"groupcast echo -i eth9 224.0.0.114", []string{`join 224.0.0.114:1234: interface "eth9": no such interface`}},
		{"setpriv --bounding-set=-all --inh-caps=-all groupcast echo :7", []string{"listen 0.0.0.0:7: permission denied", "hint: low ports are privileged"}},
	} {
		words := strings.Fields(tt.command)
		p := start(t, b, words[0], words[1:]...)
		if status := p.status(); status != exitNot {
			t.Errorf("%s: exit status %d, want %d", tt.command, status, exitNot)
		}
		for _, want := range tt.says {
			if !strings.Contains(p.err.String(), want) {
				t.Errorf("%s does not say %q, but:\n%s", tt.command, want, p.err.String())
			}
		}
	}
}

// An answer that cannot be sent is said once, with its cause, and others are
// answered.
func TestEchoWithoutAWayBack(t *testing.T) {
	t.Parallel()
	topology := lab.Article
	a, b := topology.Hosts[0], topology.Hosts[1]
	a.Interfaces = append(a.Interfaces[:1:1], lab.Interface{Name: "eth1", Switch: "other", Addrs: []netip.Prefix{netip.MustParsePrefix("10.1.0.10/24")}})
	a.Routes = []lab.Route{{Dst: netip.MustParsePrefix("192.168.8.226/32"), Dev: "eth0", Src: netip.MustParseAddr("10.1.0.10")}}
	b.Routes = nil // it has no way but to its own network
	topology.Hosts = []lab.Host{a, b, {Name: "C", Interfaces: []lab.Interface{
		{Name: "eth0", Switch: "lan", Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.8.227/24")}},
	}}}
	l := labtest.Build(t, topology)
	server := start(t, l.Host("B"), "groupcast", "echo", "-v")
	server.remarks("echoing")
	for range 2 {
		start(t, l.Host("A"), "groupcast", "probe", "-c", "1", "--wait", "100ms", "192.168.8.226:1234").status()
	}
	start(t, l.Host("C"), "node", peer(t, "echo.js"), "192.168.8.226", "1234", "7").prints("exact: 7 from 192.168.8.226:1234")
	server.prints(`reason="not sent"`)
	interrupted(t, server).remarks("3 requests, 1 answer of 7 bytes; not answered: 2 not sent")
	const complaint = "groupcast: answer to 10.1.0.10:"
	const rest = ": network is unreachable\n  hint: there is no way back to it: ip route get 10.1.0.10; others are answered\n"
	if said := server.err.String(); strings.Count(said, complaint) != 1 || !strings.Contains(said, rest) {
		t.Errorf("want one %q and %q in\n%s", complaint, rest, said)
	}
}

// Sources that do not answer ARP are said to, once when it happens and in the
// totals.
func TestEchoSaysWhoDoesNotAnswerARP(t *testing.T) {
	conn, err := mcast.Listen(t.Context(), mcast.Config{Addr: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var out, errs strings.Builder
	log := newEchoLog(&out, &errs, false, false)
	for n := range uint16(2) {
		log.add(echo.Event{Kind: echo.Unanswered, Peer: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.57"), 4000+n), Reason: echo.Unresolved})
	}
	lost := log.close()
	e := &echoer{set: &settings{}, out: &out, errs: &errs}
	e.ended(echo.Stats{Requests: 9, Answers: 1, Bytes: 5, NoRoom: 1, Unresolved: 7, UnresolvedSources: 2}, conn, lost)
	want := `groupcast: answer to 10.0.0.57:4000: not sent: source does not answer ARP or NDP
  hint: its address may be forged; others are answered
groupcast: 9 requests, 1 answer of 5 bytes; not answered: 1 not sent: no room, 7 not sent: source does not answer ARP or NDP
groupcast: not sent: no room; 2 sources do not answer ARP or NDP: the addresses may be forged
`
	if errs.String() != want || out.Len() > 0 {
		t.Errorf("printed\n%s%swant\n%s", errs.String(), out.String(), want)
	}
}

// Whatever is to be served is an address, a group or an error.
func FuzzParseServed(f *testing.F) {
	for _, text := range []string{"", "1234", ":1234", "[::]:1234", "224.0.0.114", "[fe80::1%eth0]:7", "192.0.2.1@232.1.1.1", "1.2.3.4:99999", "[ff02::1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseServed(text)
		switch {
		case err != nil:
		case s.isGroup() != s.group.Addr.IsMulticast(), s.isGroup() == s.addr.IsValid():
			t.Errorf("%q is both, or nothing: %+v", text, s)
		case s.addr.IsValid() && (s.addr.Addr().IsMulticast() || s.addr.Addr().Is4In6()):
			t.Errorf("%q is served as %s", text, s.addr)
		}
	})
}
