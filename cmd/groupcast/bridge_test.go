package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
)

// bridgeAt is the minute of the tests.
var bridgeAt = time.Date(2026, 1, 2, 19, 52, 31, 0, time.Local)

// toldBridge is a bridge that runs nowhere, and what it prints.
func toldBridge(set *settings, place string, ports ...bridge.Port) (b *bridgeCommand, out, errs *bytes.Buffer) {
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	b = &bridgeCommand{set: set, out: out, errs: errs, events: make(chan bridge.Event, waitingEvents)}
	b.groups, b.ports, b.place = []mcast.Group{{Addr: netip.MustParseAddr("239.1.2.3"), Port: 1234}}, ports, place
	return b, out, errs
}

func atEth0() bridge.Port { return bridge.Port{Interface: "eth0", Site: "room-1"} }

// bridgeEvents are events of each kind, with text of strangers in them, and what is
// printed.
func bridgeEvents() []struct {
	name         string
	e            bridge.Event
	line, object string
} {
	g, _ := mcast.ParseGroup("239.1.2.3")
	from := netip.MustParseAddrPort("10.1.0.7:40000")
	m := &bridge.Message{Group: g, Site: "room-3", Bridge: "b3", Seq: 7, From: from, Hops: 4}
	found := func(f bridge.Finding) bridge.Event {
		f.Site = "room-1"
		return bridge.Event{Kind: bridge.EventFinding, At: bridgeAt, Site: "room-1", Group: g, Finding: &f}
	}
	ofNone := func(e bridge.Event) bridge.Event { e.Group = mcast.Group{}; return e }
	through := netip.MustParseAddrPort("10.2.0.99:39667")
	return []struct {
		name         string
		e            bridge.Event
		line, object string
	}{
		{"carried", bridge.Event{Kind: bridge.EventCarried, At: bridgeAt, Site: "room-1", Group: g, From: from, Hops: 1, Bytes: 12, Why: bridge.Carried, Message: &bridge.Message{Site: "room-1", Bridge: "b1", Seq: 5}},
			"19:52:31.000  eth0  10.1.0.7:40000 → 239.1.2.3:1234  ttl 1  12 B  carried",
			`{"type":"carried","group":"239.1.2.3:1234","site":"room-1","interface":"eth0","origin":"room-1","bridge":"b1","seq":5,"from":"10.1.0.7:40000","ttl":1,"size":12}`},
		{"resent", bridge.Event{Kind: bridge.EventResent, At: bridgeAt, Site: "room-1", Group: g, From: from, Via: netip.MustParseAddrPort("10.1.0.2:1236"), Hops: 4, Bytes: 0, Why: bridge.Resent, Message: m},
			"19:52:31.000  eth0  10.1.0.2:1236 → 239.1.2.3:1234  ttl 1  0 B  re-sent, from 10.1.0.7:40000 of room-3",
			`{"type":"resent","group":"239.1.2.3:1234","site":"room-1","interface":"eth0","origin":"room-3","bridge":"b3","seq":7,"from":"10.1.0.7:40000","ttl":4,"size":0}`},
		{"dropped", bridge.Event{Kind: bridge.EventDropped, At: bridgeAt, Site: "room-1", Group: g, From: from, Hops: 1, Bytes: 12, Why: bridge.Limited},
			"19:52:31.000  eth0  10.1.0.7:40000 → 239.1.2.3:1234  ttl 1  12 B  dropped: over --rate",
			`{"type":"dropped","group":"239.1.2.3:1234","site":"room-1","interface":"eth0","from":"10.1.0.7:40000","ttl":1,"size":12,"why":"limited"}`},
		{"lost", bridge.Event{Kind: bridge.EventDropped, At: bridgeAt, Site: "room-1", Group: g, From: from, Hops: 1, Bytes: 12, Why: bridge.Lost},
			"19:52:31.000  eth0  10.1.0.7:40000 → 239.1.2.3:1234  ttl 1  12 B  lost: the hub was not reached, or nobody led", ""},
		{"a note", bridge.Event{Kind: bridge.EventNote, At: bridgeAt, Text: "eth0 is back: joined 239.1.2.3:1234 again"},
			"19:52:31  eth0 is back: joined 239.1.2.3:1234 again", ""},
		{"joined", bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Site: "room-1", Presence: &bridge.Presence{Site: "room\x1b[2J", Bridge: "b\n", Addr: netip.MustParseAddr("10.2.0.2"), Joined: true}},
			"19:52:31  a bridge of room␛[2J at 10.2.0.2 has joined",
			`{"type":"site","site":"room␛[2J","bridge":"b","address":"10.2.0.2","joined":true}`},
		{"joined for the group", bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Presence: &bridge.Presence{Site: "room-3", Bridge: "b3", Joined: true, Groups: []mcast.Group{g, mcast.DefaultGroup}}},
			"19:52:31  a bridge of room-3 has joined, for 239.1.2.3:1234 and 224.0.0.114:1234",
			`{"type":"site","site":"room-3","bridge":"b3","joined":true,"groups":["239.1.2.3:1234","224.0.0.114:1234"]}`},
		{"joined for others", bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Presence: &bridge.Presence{Site: "room-3", Bridge: "b3", Joined: true, Groups: []mcast.Group{mcast.DefaultGroup}}},
			"19:52:31  a bridge of room-3 has joined, for 224.0.0.114:1234: not for what this bridge carries", ""},
		{"leads", bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1", Leads: true},
			"19:52:31  room-1 on eth0: this bridge leads now, and carries", `{"type":"lease","site":"room-1","bridge":"b1","leads":true}`},
		{"another leads", bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1", Leader: "b\x1b9"},
			"19:52:31  room-1 on eth0: this bridge does not lead any more, and stands by: b␛9 leads", `{"type":"lease","site":"room-1","bridge":"b1","leads":false,"leader":"b␛9"}`},
		{"nobody is known to lead", bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1"}, "", `{"type":"lease","site":"room-1","bridge":"b1","leads":false}`},
		{"left", bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Site: "room-1", Presence: &bridge.Presence{Site: "room-3", Bridge: "b3"}},
			"19:52:31  a bridge of room-3 has left", `{"type":"site","site":"room-3","bridge":"b3","joined":false}`},
		{"itself", bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Site: "room-1", Presence: &bridge.Presence{Site: "room-1", Bridge: "b1", Joined: true}}, "", ""},
		{"joined already", found(bridge.Finding{Name: bridge.JoinedAlready, Other: "room-3", From: through, Stops: "room-3"}),
			"19:52:31  room-1 and room-3 are joined already, by 10.2.0.99:39667: room-3 stops for 239.1.2.3:1234 (groupcast explain joined-already)",
			`{"type":"finding","name":"joined-already","group":"239.1.2.3:1234","site":"room-1","other":"room-3","from":"10.2.0.99:39667","stops":"room-3","text":"room-1 and room-3 are joined already, by 10.2.0.99:39667: room-3 stops for 239.1.2.3:1234"}`},
		{"one way", found(bridge.Finding{Name: bridge.JoinedAlready, Other: "room\x07-3", From: through}),
			"19:52:31  room-1 and room␇-3 are joined already in one direction, by 10.2.0.99:39667: that direction is not carried for 239.1.2.3:1234 (groupcast explain joined-already)",
			`{"type":"finding","name":"joined-already","group":"239.1.2.3:1234","site":"room-1","other":"room␇-3","from":"10.2.0.99:39667","text":"room-1 and room␇-3 are joined already in one direction, by 10.2.0.99:39667: that direction is not carried for 239.1.2.3:1234"}`},
		{"joined no more", found(bridge.Finding{Name: bridge.JoinedNoMore, Other: "room-3"}),
			"19:52:31  room-1 and room-3 are not joined any more: 239.1.2.3:1234 is carried again (groupcast explain joined-already)",
			`{"type":"finding","name":"joined-no-more","group":"239.1.2.3:1234","site":"room-1","other":"room-3","text":"room-1 and room-3 are not joined any more: 239.1.2.3:1234 is carried again"}`},
		{"second hub", found(bridge.Finding{Name: bridge.SecondHub, From: netip.MustParseAddrPort("10.1.0.9:1236")}),
			"19:52:31  a bridge that no site knows sends to 239.1.2.3:1234 at room-1 from 10.1.0.9:1236: perhaps it is of another hub (groupcast explain beyond-one-lan)", ""},
		{"second hubs", found(bridge.Finding{Name: bridge.SecondHub, From: netip.MustParseAddrPort("10.1.0.9:1236"), Count: 2}),
			"19:52:31  2 bridges that no site knows send to 239.1.2.3:1234 at room-1, one of them from 10.1.0.9:1236: perhaps they are of another hub (groupcast explain beyond-one-lan)", ""},
		{"many repeats", found(bridge.Finding{Name: bridge.ManyRepeats, Count: 1200}),
			"19:52:31  within 10 s, 1,200 datagrams to 239.1.2.3:1234 at room-1 had the bytes of one just sent again, and no probe came back: nothing is dropped (groupcast explain beyond-one-lan)", ""},
		{"answers", found(bridge.Finding{Name: bridge.AnswersStay, Count: 4}),
			"19:52:31  4 unicast answers came to the bridge at room-1: they cannot reach the program that asked (groupcast explain answers-stay-behind)", ""},
		{"an answer", ofNone(found(bridge.Finding{Name: bridge.AnswersStay, Count: 1, From: from})),
			"19:52:31  1 unicast answer came to the bridge at room-1 from 10.1.0.7:40000: it cannot reach the program that asked (groupcast explain answers-stay-behind)",
			`{"type":"finding","name":"answers-stay-behind","site":"room-1","from":"10.1.0.7:40000","count":1,"text":"1 unicast answer came to the bridge at room-1 from 10.1.0.7:40000: it cannot reach the program that asked"}`},
		{"one LAN", found(bridge.Finding{Name: bridge.JoinedAlready, Other: "room-3", From: netip.MustParseAddrPort("10.1.0.2:1236"), Stops: "room-3"}),
			"19:52:31  room-1 and room-3 are one LAN: give their bridges one site name; until then room-3 stops for 239.1.2.3:1234 (groupcast explain joined-already)", ""},
		{"over the rate", found(bridge.Finding{Name: bridge.OverRate, Count: 1322}),
			"19:52:31  room-1 on eth0: 239.1.2.3:1234 is over 50 a second: 1,322 datagrams not carried (--rate) (groupcast explain beyond-one-lan)",
			`{"type":"finding","name":"over-rate","group":"239.1.2.3:1234","site":"room-1","count":1322,"text":"room-1 on eth0: 239.1.2.3:1234 is over 50 a second: 1,322 datagrams not carried (--rate)"}`},
		{"a site over the rate", found(bridge.Finding{Name: bridge.OverRate, Other: "room-3", Count: 1}),
			"19:52:31  room-1 on eth0: 239.1.2.3:1234 of room-3 is over 50 a second: 1 datagram not sent again (--rate) (groupcast explain beyond-one-lan)", ""},
		{"over MTU", found(bridge.Finding{Name: bridge.OverMTU, Count: 1600}),
			"19:52:31  a datagram of 1,600 bytes to 239.1.2.3:1234 leaves eth0 in fragments: if one is lost, all are (groupcast explain over-mtu)", ""},
		{"a frame of a site", bridge.Event{Kind: bridge.EventResent, At: bridgeAt, Site: "room-1", Group: g, Bytes: 162, Why: bridge.Resent, Via: netip.MustParseAddrPort("10.1.0.2:1236"), Frames: true, Frame: frame.KindText, Parcel: &bridge.Parcel{Site: "room\x1b-3", Bridge: "b3"}},
			"19:52:31.000  eth0  10.1.0.2:1236 → 239.1.2.3:1234  162 B  TEXT re-sent, of room␛-3",
			`{"type":"resent","group":"239.1.2.3:1234","site":"room-1","interface":"eth0","origin":"room␛-3","bridge":"b3","ttl":0,"size":162,"frame":"TEXT"}`},
		{"a frame that came before", bridge.Event{Kind: bridge.EventDropped, At: bridgeAt, Site: "room-1", Group: g, Bytes: 162, Why: bridge.Duplicate, Frames: true, Frame: 99, Parcel: &bridge.Parcel{Site: "room-3", Bridge: "b3"}},
			"19:52:31.000  eth0  room-3 → 239.1.2.3:1234  162 B  kind 99 dropped: came before",
			`{"type":"dropped","group":"239.1.2.3:1234","site":"room-1","interface":"eth0","origin":"room-3","bridge":"b3","ttl":0,"size":162,"why":"duplicate","frame":"kind 99"}`},
		{"no frame", bridge.Event{Kind: bridge.EventDropped, At: bridgeAt, Site: "room-1", Group: g, From: from, Bytes: 2, Why: bridge.NotHere, Frames: true},
			"19:52:31.000  eth0  10.1.0.7:40000 → 239.1.2.3:1234  2 B  no frame dropped: to another address", ""},
		{"a site is away", found(bridge.Finding{Name: bridge.SiteAway, Other: "room-3", Count: 34}),
			"19:52:31  room-3 is away: nothing has come of it for 34 s (groupcast explain beyond-one-lan)", ""},
		{"it is back", found(bridge.Finding{Name: bridge.SiteBack, Other: "room-3"}),
			"19:52:31  room-3 is back (groupcast explain beyond-one-lan)", ""},
		{"frames dropped", found(bridge.Finding{Name: bridge.FramesDropped, Count: 1}),
			"19:52:31  1 frame of members was dropped: too many waited for the hub, or for more than an hour (groupcast explain beyond-one-lan)", ""},
		{"no history", ofNone(found(bridge.Finding{Name: bridge.NoHistory, Err: errors.New("no\x1b JetStream")})),
			"19:52:31  the hub keeps no history: no␛ JetStream; frames cross, and what is lost on the way to it stays lost (groupcast explain beyond-one-lan)",
			`{"type":"finding","name":"no-history","site":"room-1","text":"the hub keeps no history: no␛ JetStream; frames cross, and what is lost on the way to it stays lost"}`},
		{"of a later version", found(bridge.Finding{Name: "new\x1b", Other: "room-3"}), "19:52:31  new␛: room-1 on eth0, 239.1.2.3:1234", ""},
	}
}

func TestBridgeEvents(t *testing.T) {
	for _, tt := range bridgeEvents() {
		for _, json := range []bool{false, true} {
			b, out, errs := toldBridge(&settings{json: json, ttl: 1}, "192.0.2.1:4222", atEth0())
			b.name, b.leads, b.begun, b.unled, b.doubted = "b1", map[string]bool{"room-1": true}, map[string]bool{"room-1": true}, map[string]bool{}, map[string]bool{}
			b.told, b.rate, b.nets = map[string]bool{}, 50, map[string][]netip.Prefix{"eth0": {netip.MustParsePrefix("10.1.0.2/24")}}
			b.happened(tt.e)
			got, want := strings.TrimSuffix(out.String(), "\n"), tt.line
			if json {
				got, want = untimed(got), tt.object
			}
			if json && want == "" && tt.name != "itself" {
				continue
			}
			if got != want || errs.Len() > 0 {
				t.Errorf("%s: printed\n%s\nwant\n%s\n%s", tt.name, got, want, errs)
			}
		}
	}
}

// What the server does not permit is said once, and is a finding.
func TestBridgeNotPermitted(t *testing.T) {
	b, _, errs := toldBridge(&settings{}, "192.0.2.1:4222", atEth0())
	for range 2 {
		b.notPermitted(errors.New("nats: permissions violation: Permissions Violation for Publish to \"groupcast.v1.d.x\x1b\""))
	}
	const want = "groupcast: the server at 192.0.2.1:4222 does not permit this: Permissions Violation for Publish to \"groupcast.v1.d.x␛\"\n" +
		"  hint: docs/bridge.md lists what the key of a site needs\n"
	if errs.String() != want || b.doubts != 1 {
		t.Errorf("%d findings, complained\n%swant\n%s", b.doubts, errs, want)
	}
}

// A hub that is named as an address is no file.
func TestBridgeHubIsAddress(t *testing.T) {
	for name, want := range map[string]string{
		"172.16.0.1:4222": "172.16.0.1:4222", "172.16.0.1": "172.16.0.1:4222", "fd00::1": "[fd00::1]:4222", "[fd00::1]:42": "[fd00::1]:42", "hub:4222": "hub:4222",
		"hub.example.org": "hub.example.org:4222", "room-1.hub": "", "room-1": "", "/etc/room-1.d:4": "", "room:secret": "", "../x.y": "", "..": "", "": "",
	} {
		if got := isAddress(name); got != (want != "") || got && withPort(name) != want {
			t.Errorf("%q: %v, %s, want %s", name, got, withPort(name), want)
		}
	}
}

// A file of another user: the hint names who has to own it, and not the ports below 1024.
func TestBridgeFileOfAnother(t *testing.T) {
	var errs bytes.Buffer
	complain(&errs, notMine("creds", "a b", &fs.PathError{Op: "open", Path: "a b", Err: syscall.EACCES}))
	if got := errs.String(); !strings.HasPrefix(got, "groupcast: --creds: ") || !strings.Contains(got, "\n  hint: the file has to belong to the user who runs the bridge: chown ") || !strings.HasSuffix(got, " 'a b'\n") {
		t.Errorf("printed\n%s", got)
	}
}

// A hint for one -i can be typed, on this host and for these groups.
func TestBridgeTwoLANs(t *testing.T) {
	lan := func(index int, name string) host.Interface {
		return host.Interface{Index: index, Name: name, Flags: net.FlagUp | net.FlagRunning | net.FlagMulticast, Addrs: []netip.Prefix{netip.MustParsePrefix("10.1.0.2/24")}}
	}
	lo := lan(1, "lo")
	lo.Flags |= net.FlagLoopback
	for _, tt := range []struct {
		list  []host.Interface
		named string
		want  string
	}{
		{[]host.Interface{lo, lan(2, "eth0"), lan(3, "eth1")}, "", "groupcast bridge -i eth0 -i eth1 @ '[ff02::114%eth 0]:5'; or name the hub: --hub FILE"},
		{[]host.Interface{lo, lan(2, "eth0"), lan(3, "eth1")}, "eth1", "groupcast bridge -i eth1 -i eth0 @ '[ff02::114%eth 0]:5'; or name the hub: --hub FILE"},
		{[]host.Interface{lo, lan(2, "eth0")}, "eth7", "this host has one LAN, eth0: groupcast bridge --hub FILE -i eth0 @ '[ff02::114%eth 0]:5'"},
		{[]host.Interface{lo}, "", "groupcast interfaces lists the interfaces of this host"},
	} {
		if got := commandOfLANs(tt.list, strings.Fields(tt.named), []string{"@", "[ff02::114%eth 0]:5"}); got != tt.want {
			t.Errorf("-i %s: %s\nwant %s", tt.named, got, tt.want)
		}
	}
}

// Each finding has a page.
func TestBridgeFindingsHavePages(t *testing.T) {
	for name, page := range findingPages {
		if p, err := doctor.FindPage(page); err != nil || p.Name != string(name) && name != bridge.JoinedNoMore && !strings.Contains(fmt.Sprint(p.Sections), string(name)) {
			t.Errorf("%s: %v: the page %s is not about it", name, err, page)
		}
	}
}

// The first lines say what is known, and no more.
func TestBridgeBegins(t *testing.T) {
	other := func(addr string, leads bool) bridge.Status {
		return bridge.Status{Site: "room-1", Bridge: "b" + addr, Addr: netip.MustParseAddr(addr), Group: mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 1234}, Leads: leads}
	}
	elsewhere := other("10.3.0.1", true)
	elsewhere.Site = "room-3"
	own := other("10.1.0.2", true)
	own.Bridge = "b1"
	alone := own
	alone.Leads = false
	lessened, far := other("10.1.0.3", true), other("10.7.0.3", true)
	lessened.Group.Port = 9
	const what = "239.1.2.3:1234 by the hub at 192.168.8.164:4222"
	for _, tt := range []struct {
		name   string
		leads  bool
		others []bridge.Status
		want   string
	}{
		{"alone", true, nil, "room-1 on eth0 carries " + what},
		{"its own answer, twice the same, another site's", true, []bridge.Status{own, other("10.1.0.3", false), other("10.1.0.3", false), elsewhere}, "room-1 on eth0 carries " + what + "; 10.1.0.3 stands by"},
		{"two", true, []bridge.Status{other("10.1.0.3", false), other("10.1.0.4", false)}, "room-1 on eth0 carries " + what + "; 10.1.0.3 and 10.1.0.4 stand by"},
		{"standby", false, []bridge.Status{other("10.1.0.3", true), other("10.1.0.4", false)}, "room-1 on eth0 stands by: 10.1.0.3 carries " + what},
		{"no other site", true, []bridge.Status{own, other("10.1.0.3", false)}, "room-1 on eth0 carries " + what + "; 10.1.0.3 stands by; no other site carries it yet"},
		{"the leader carries another group", false, []bridge.Status{alone, lessened}, "groupcast: room-1 on eth0 stands by: 10.1.0.3 leads, and does not carry 239.1.2.3:1234: nobody does\n  hint: name the same groups at all bridges of a site"},
		{"the leader is elsewhere", false, []bridge.Status{alone, far}, "room-1 on eth0 stands by: 10.7.0.3 carries " + what + "\ngroupcast: 10.7.0.3 is not on the networks of eth0: if this is another LAN, it needs a hub file of its own\n  hint: groupcast hub --site NAME, where the hub runs"},
		{"not known", false, nil, "room-1 on eth0 does not lead yet: it will carry " + what},
	} {
		b, out, _ := toldBridge(&settings{}, "192.168.8.164:4222", atEth0())
		b.errs, b.nets = out, map[string][]netip.Prefix{"eth0": {netip.MustParsePrefix("10.1.0.2/24")}}
		b.begin("b1", bridgeAt)
		if tt.leads {
			b.happened(bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1", Leads: true})
		}
		b.stood(tt.others)
		if known := out.Len() > 0; known != (tt.name != "not known") {
			t.Errorf("%s: printed at once: %v", tt.name, known)
		}
		b.beginSites(true) // and nothing twice
		if got := strings.TrimSuffix(out.String(), "\n"); got != tt.want {
			t.Errorf("%s: printed\n%s\nwant\n%s", tt.name, got, tt.want)
		}
		if doubts := b.doubts == 1; doubts != strings.Contains(tt.want, "nobody does") {
			t.Errorf("%s: %d findings", tt.name, b.doubts)
		}
	}

	// A bridge of another site has joined before it could answer.
	b, out, _ := toldBridge(&settings{}, "192.168.8.164:4222", atEth0())
	b.begin("b1", bridgeAt)
	b.happened(bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1", Leads: true})
	b.happened(bridge.Event{Kind: bridge.EventSite, At: bridgeAt, Presence: &bridge.Presence{Site: "room-3", Bridge: "b3", Joined: true, Groups: b.groups}})
	b.stood([]bridge.Status{own})
	if got := out.String(); !strings.HasSuffix(got, "\nroom-1 on eth0 carries "+what+"\n") {
		t.Errorf("printed %q", got)
	}

	b, out, _ = toldBridge(&settings{}, "", portsOn([]string{"eth0", "eth\x1b[2J"}, "")...)
	b.groups = append(b.groups, mcast.DefaultGroup)
	b.begin("b1", bridgeAt)
	if got, want := out.String(), "eth0 and eth␛[2J: 239.1.2.3:1234 and 224.0.0.114:1234 are carried between them\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if got := portsOn([]string{"eth0", "eth1"}, "room-1"); got[1] != (bridge.Port{Interface: "eth1", Site: "room-1/eth1"}) {
		t.Errorf("two interfaces at a hub are the sites %v", got)
	}
}

// Why a bridge does not lead any more is known when the others have answered.
func TestBridgeLeadsNoMore(t *testing.T) {
	own, other := bridge.Status{Site: "room-1", Bridge: "b1"}, bridge.Status{Site: "room-1", Bridge: "b2", Addr: netip.MustParseAddr("10.1.0.3"), Leads: true}
	for _, tt := range []struct {
		name  string
		list  []bridge.Status
		says  string
		still bool
	}{
		{"the hub is away", nil, "", true},
		{"another leads", []bridge.Status{own, other}, "  room-1 on eth0: this bridge does not lead any more, and stands by: 10.1.0.3 leads\n", false},
		{"nobody leads", []bridge.Status{own}, "  room-1 on eth0: this bridge does not lead any more: its interface or the sends failed\n", false},
	} {
		b, out, errs := toldBridge(&settings{}, "192.0.2.1:4222", atEth0())
		b.begin("b1", bridgeAt)
		b.begun["room-1"] = true
		b.groups = nil
		b.happened(bridge.Event{Kind: bridge.EventLease, At: bridgeAt, Site: "room-1"})
		if out.Len() > 0 || !b.unled["room-1"] {
			t.Errorf("%s: printed at once: %s", tt.name, out)
		}
		b.stood(tt.list)
		if got := out.String(); !strings.HasSuffix(got, tt.says) || tt.says == "" && got != "" || b.unled["room-1"] != tt.still || errs.Len() > 0 {
			t.Errorf("%s: printed %q, %s", tt.name, got, errs)
		}
	}
}

// An absent hub is said at once and then ever more seldom, and what strangers announce fills no
// terminal.
func TestBridgeHubAway(t *testing.T) {
	b, out, errs := toldBridge(&settings{}, "192.0.2.1:4222", atEth0())
	b.begin("b1", bridgeAt)
	at := bridgeAt
	for range 95 { // tries
		b.hubTold(reach{err: errors.New("refused\x1b")}, at)
		if at = at.Add(time.Second); at.Second()%10 == 1 {
			b.every(at)
		}
	}
	b.hubTold(reach{reached: true}, at)
	for n := range 3 * mostComings {
		b.happened(bridge.Event{Kind: bridge.EventSite, At: at, Presence: &bridge.Presence{Site: fmt.Sprint("room-", n), Bridge: "b", Joined: true}})
		b.happened(bridge.Event{Kind: bridge.EventError, At: at, Err: errors.New("eth0 is down")})
	}
	b.every(at)
	b.hubTold(reach{}, at)
	at = at.Add(awayAfter)
	b.stillAway(at)
	b.stillAway(at)
	b.hubTold(reach{reached: true}, at.Add(12*time.Second-awayAfter))
	const want = `groupcast: the hub at 192.0.2.1:4222 is not reached, so nothing is carried: refused␛; it is tried again (19:52:31)
  hint: ` + adviceAway + `
groupcast: the hub at 192.0.2.1:4222 is not reached since 19:52:31, so nothing is carried: refused␛; it is tried again (19:52:41)
groupcast: the hub at 192.0.2.1:4222 is not reached since 19:52:31, so nothing is carried: refused␛; it is tried again (19:53:41)
groupcast: eth0 is down
groupcast: 40 more bridges joined or left within 10 s: not printed
groupcast: the hub at 192.0.2.1:4222 is not reached since 19:54:06, so nothing is carried; it is tried again (19:54:07)
`
	if got := errs.String(); got != want {
		t.Errorf("complained\n%swant\n%s", got, want)
	}
	if lines := strings.Split(out.String(), "\n"); len(lines) != mostComings+3 || lines[0] != "19:54:06  the hub at 192.0.2.1:4222 is reached" ||
		!strings.HasSuffix(lines[mostComings+1], "the hub at 192.0.2.1:4222 is reached again, after 12s") {
		t.Errorf("printed\n%s", out)
	}
}

// A terminal that stands still costs lines about datagrams, and never a finding.
func TestBridgeTellsFindingsInAFlood(t *testing.T) {
	b, _, _ := toldBridge(&settings{}, "", atEth0())
	for range 2 * waitingEvents {
		b.tell(bridge.Event{Kind: bridge.EventCarried, Message: &bridge.Message{Data: []byte("x")}})
	}
	b.tell(bridge.Event{Kind: bridge.EventFinding, Finding: &bridge.Finding{Name: bridge.SecondHub}})
	b.tell(bridge.Event{Kind: bridge.EventFinding, Finding: &bridge.Finding{Name: bridge.JoinedNoMore}})
	if b.findings != 1 || b.unprinted != waitingEvents*5/4 || len(b.events) != waitingEvents*3/4+2 {
		t.Errorf("%d findings, %d unprinted, %d wait", b.findings, b.unprinted, len(b.events))
	}
	if e := <-b.events; e.Message.Data != nil {
		t.Error("an event that waits holds a payload which is not its own")
	}
}

func bridgeStatusOf(site string, lan, sites map[bridge.Why]uint64) bridge.Status {
	s := bridge.Status{Site: site, Bridge: "b\x1b", Interface: "eth0", Group: mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 1234}, AtLAN: lan, AtSites: sites, Since: bridgeAt}
	for _, n := range lan {
		s.Heard += n
	}
	for _, n := range sites {
		s.Arrived += n
	}
	return s
}

func TestBridgeTotals(t *testing.T) {
	s := bridgeStatusOf("room-1",
		map[bridge.Why]uint64{bridge.Carried: 1204, bridge.Own: 377, bridge.Marked: 2, bridge.IsProbe: 1, bridge.Limited: 12, bridge.Lost: 3},
		map[bridge.Why]uint64{bridge.OwnSite: 1204, bridge.Resent: 377, bridge.Duplicate: 2, bridge.Unsent: 1})
	s.FramesAtLAN = map[bridge.Why]uint64{bridge.Carried: 12, bridge.Own: 7, bridge.Limited: 4}
	s.FramesAtSites = map[bridge.Why]uint64{bridge.Resent: 5, bridge.Duplicate: 3, bridge.Standby: 1}
	s.Keeping = bridge.Keeping{Kept: 9, Waiting: 2, Dropped: 1, Err: errors.New("it is full\x1b")}
	silent := bridgeStatusOf("room-1", map[bridge.Why]uint64{bridge.Own: 5}, nil)
	silent.Group.Port = 9
	stands := silent
	stands.Group.Port, stands.FramesAtLAN = 11, map[bridge.Why]uint64{bridge.Standby: 3}
	b, out, _ := toldBridge(&settings{}, "", atEth0())
	b.totals([]bridge.Status{s, silent, stands})
	const want = `room-1 on eth0, 239.1.2.3:1234: heard 1,219, carried 1,204, re-sent 377; not carried: 12 (over --rate), 3 (lost: the hub was not reached, or nobody led); not re-sent: 2 (came before), 1 (the send failed)
room-1 on eth0, frames of 239.1.2.3:1234: carried 12, re-sent 5; not carried: 4 (over the rate of frames)
room-1 on eth0, frames of 239.1.2.3:11: carried 0, re-sent 0
room-1 on eth0: nothing came of 239.1.2.3:9
the hub: 9 frames kept, 2 not acknowledged until the end, 1 dropped, no history at the hub
`
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", out, want)
	}
	var o bytes.Buffer
	writeJSON(&o, statsObject(s, bridgeAt))
	if got, want := untimed(o.String()), `{"type":"stats","site":"room-1","bridge":"b␛","interface":"eth0","group":"239.1.2.3:1234","leads":false,"since":"`+bridgeAt.Format(time.RFC3339Nano)+`","heard":1219,"carried":1204,"resent":377,"limited":12,"lost":4,`+
		`"at_lan":{"carried":1204,"limited":12,"lost":3,"marked":2,"own":377,"probe":1},"at_sites":{"duplicate":2,"own-site":1204,"resent":377,"unsent":1},`+
		`"frames_carried":12,"frames_resent":5,"frames_at_lan":{"carried":12,"limited":4,"own":7},"frames_at_sites":{"duplicate":3,"resent":5,"standby":1},"frames_kept":9,"frames_waiting":2,"frames_dropped":1,"no_history":"it is full␛"}`+"\n"; got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
}

func TestBridgeStatusTable(t *testing.T) {
	leads := bridgeStatusOf("room-1", map[bridge.Why]uint64{bridge.Carried: 1204}, map[bridge.Why]uint64{bridge.Resent: 377})
	leads.Addr, leads.Leads, leads.Last = netip.MustParseAddr("10.1.0.2"), true, bridgeAt.Add(-400*time.Millisecond)
	stands := bridgeStatusOf("room-1", map[bridge.Why]uint64{bridge.Standby: 2, bridge.IsProbe: 7}, map[bridge.Why]uint64{bridge.Standby: 377, bridge.OwnSite: 4})
	stands.Addr, stands.Last = netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1234:5678"), bridgeAt.Add(90*time.Second) // by a clock of its own
	leads.FramesAtLAN, leads.FramesAtSites = map[bridge.Why]uint64{bridge.Carried: 1204}, map[bridge.Why]uint64{bridge.Resent: 6}
	leads.Keeping, stands.NoFrames = bridge.Keeping{Kept: 21, Waiting: 1}, "port 1235"
	second := leads
	second.Group.Port, second.AtSites, second.Last = 5000, map[bridge.Why]uint64{bridge.Joined: 1200, bridge.Limited: 3, bridge.Duplicate: 9}, bridgeAt.Add(-90*time.Second)
	list := []bridge.Status{bridgeStatusOf("room\x1b-2", nil, nil), stands, second, leads}
	sortStatuses(list)
	var out bytes.Buffer
	if err := statusTable(&out, list, bridgeAt); err != nil {
		t.Fatal(err)
	}
	const want = `  GROUP           HEARD  LAST   CARRIED  RE-SENT  FRAMES  NOT CARRIED
room␛-2 on eth0: b␛ stands by
  239.1.2.3:1234  0      never  0        0        0       0
room-1 on eth0: 10.1.0.2 leads; 21 frames kept, 1 waiting
  239.1.2.3:1234  1,204  0.4 s  1,204    377      1,210   0
  239.1.2.3:5000  1,204  1m30s  1,204    0        1,210   1,200 joined already, +3
room-1 on eth0: 2001:db8:1234:5678:9abc:def0:1234:5678 stands by
  239.1.2.3:1234  2      0.0 s  0        0        off     379 stood by
`
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", &out, want)
	}
}

// How a bridge ends, by what it did.
func TestBridgeVerdict(t *testing.T) {
	signalled, cancel := context.WithCancel(t.Context())
	cancel()
	carried := bridgeSum{heard: 5, carried: 5}
	failed, none := errors.New("it failed"), bridge.Losses{}
	hub := natslink.Config{URL: "tls://192.0.2.1:4222"}
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		hub    bool
		up     bool
		sum    bridgeSum
		finds  int
		losses bridge.Losses
		failed error
		want   int
		says   string
	}{
		{"a signal", signalled, false, false, carried, 0, none, nil, exitOK, ""},
		{"a signal, and nothing came", signalled, true, true, bridgeSum{}, 0, none, nil, exitOK, ""},
		{"the time is over", t.Context(), true, true, carried, 0, none, nil, exitOK, ""},
		{"nothing heard until then", t.Context(), false, false, bridgeSum{}, 0, none, nil, exitNot, "nothing was carried in 5s, as nothing was heard"},
		{"only frames that another bridge carried", t.Context(), true, true, bridgeSum{framesCame: 3}, 0, none, nil, exitNot, "nothing was carried in 5s\n"},
		{"nothing carried until then", t.Context(), false, false, bridgeSum{heard: 3}, 0, none, nil, exitNot, "nothing was carried in 5s"},
		{"the hub never reached", t.Context(), true, false, bridgeSum{heard: 3}, 0, none, nil, exitNot, "the hub at 192.0.2.1:4222 was not reached in 5s: away"},
		{"a signal before the hub was reached", signalled, true, false, bridgeSum{}, 0, none, nil, exitInterrupted, ""},
		{"lost", signalled, true, true, bridgeSum{carried: 5, lost: 1}, 0, none, nil, exitDoubt, ""},
		{"over a limit", t.Context(), true, true, bridgeSum{carried: 5, limited: 1}, 0, none, nil, exitDoubt, ""},
		{"only frames", t.Context(), true, true, bridgeSum{frames: 3}, 0, none, nil, exitOK, ""},
		{"only frames of other sites", t.Context(), true, true, bridgeSum{framesResent: 3}, 0, none, nil, exitOK, ""},
		{"frames came too fast", t.Context(), true, true, bridgeSum{frames: 3, framesOver: 1}, 0, none, nil, exitDoubt, ""},
		{"kept frames were not acknowledged", signalled, true, true, bridgeSum{frames: 5, waiting: 1}, 0, none, nil, exitDoubt, ""},
		{"kept frames were dropped", signalled, true, true, bridgeSum{carried: 5, dropped: 1}, 0, none, nil, exitDoubt, ""},
		{"too fast for this host", t.Context(), true, true, carried, 0, bridge.Losses{Link: 1}, nil, exitDoubt, ""},
		{"a finding", signalled, true, true, carried, 1, none, nil, exitDoubt, ""},
		{"the key was removed", t.Context(), true, true, carried, 0, none, failed, exitNot, "it failed"},
	} {
		b, _, errs := toldBridge(&settings{}, "", atEth0())
		if tt.hub {
			b.place, b.awayErr = "192.0.2.1:4222", errors.New("away")
		}
		b.timeout, b.everUp, b.findings = 5*time.Second, tt.up, tt.finds
		err := b.verdict(tt.ctx, hub, tt.sum, tt.losses, tt.failed)
		if got := exitStatus(tt.ctx, nil, err, errs); got != tt.want || !strings.HasPrefix(errs.String(), "groupcast: "+tt.says) && tt.says != "" {
			t.Errorf("%s: exit status %d, want %d: %s", tt.name, got, tt.want, errs)
		}
	}
}
