package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// seenBy is what is known of the default group, with those members.
func seenBy(list ...members.Member) whoSeen {
	s := session.Snapshot{Group: mcast.DefaultGroup, Hops: 1, Interfaces: []session.Interface{{Interface: host.Interface{Index: 2, Name: "eth0"}, Joined: true}}}
	s.Members.On = true
	s.Sends.Interface = "eth0"
	s.Members.Snapshot = members.Snapshot{Self: members.Member{Who: members.Who{Nick: "ada", Fingerprint: "7f3c 91ab 02de 44c0", Self: true}}, Members: list}
	return whoSeen{s, 3 * time.Second, question{group: mcast.DefaultGroup}}
}

func plainHost(addr string, ports ...uint16) chat.Sender {
	return chat.Sender{Addr: netip.MustParseAddr(addr), Ports: ports, Interface: "eth0", IfIndex: 2, Datagrams: 3, Last: lineTime}
}

var (
	liveBob = members.Member{
		Who:      members.Who{Nick: "bob\x1b[2J", Fingerprint: "1111 2222 3333 4444"},
		Presence: members.Live, From: netip.MustParseAddrPort("192.168.8.226:40000"), Plain: netip.MustParseAddrPort("192.168.8.226:40001"),
		IfIndex: 2, Sends: "wlan0\n", Theirs: "wlan0", RoundTrip: 700 * time.Microsecond, LostIn: 0, LostOut: 125, Since: lineTime, Last: lineTime,
	}
	newCarol = members.Member{
		Who:      members.Who{Nick: "carol", Fingerprint: "5555 6666 7777 8888", Place: 2},
		Presence: members.NotKnown, From: netip.MustParseAddrPort("[fe80::1%eth0]:40000"), IfIndex: 7, LostIn: -1, LostOut: -1, Since: lineTime, Last: lineTime,
	}
	deafDan = members.Member{
		Who: members.Who{Nick: "dan", Fingerprint: "9999 aaaa bbbb cccc"}, Presence: members.OneWay, From: netip.MustParseAddrPort("192.168.8.9:40000"),
		IfIndex: 2, Sends: "eth1", RoundTrip: 41600 * time.Microsecond, LostIn: 3, LostOut: -1, Since: lineTime, Last: lineTime,
	}
)

// A list says of each member what is known of it, and no more; what members say of
// themselves reaches no terminal as it is.
func TestWhoTable(t *testing.T) {
	w := seenBy(liveBob, newCarol, deafDan)
	w.Members.More, w.Members.Sealed = 12, true
	w.Room.Senders = []chat.Sender{plainHost("192.168.8.226", 40001, 40000), plainHost("192.168.8.7", 1, 2), plainHost("192.168.8.9", 40000, 9)}
	var out, errs bytes.Buffer
	w.table(&linePrinter{out: &out, errs: &errs})
	const want = `
NAME      FINGERPRINT          PRESENCE  ADDRESS        INTERFACE  SENDS BY  ROUND TRIP  LOST HERE  LOST THERE
bob␛[2J   1111 2222 3333 4444  live      192.168.8.226  eth0       wlan0     under 2ms   0.0 %      12.5 %
carol #2  5555 6666 7777 8888  unknown   fe80::1%eth0   #7         -         -           -          -
dan       9999 aaaa bbbb cccc  one-way   192.168.8.9    eth0       eth1      42ms        0.3 %      -
-         -                    plain     192.168.8.7    eth0       -         -           -          -
-         -                    plain     192.168.8.9    eth0       -         -           -          -
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("printed%swant%s", got, want)
	}
	const sum = "groupcast: 3 members (and 12 more, heard but not listed), heard by 1, not heard by 1, not known of 1, and 2 hosts with plain text; the room is sealed; you are ada (7f3c 91ab 02de 44c0)\n"
	if errs.String() != sum {
		t.Errorf("remarked\n%swant\n%s", errs.String(), sum)
	}
}

// On a narrow terminal a row goes on in the next line, and nothing is left out; a name
// of wide characters moves no column.
func TestWhoTableFolds(t *testing.T) {
	rows := [][]string{
		{"NAME", "FINGERPRINT", "PRESENCE", "ADDRESS", "INTERFACE", "SENDS BY", "ROUND TRIP", "LOST HERE"},
		{"bob", "1111 2222 3333 4444", "live", "192.168.8.226", "eth0", "wlan0", "under 2ms", "0.0 %"},
		{"教室", "-", "plain", "192.168.8.7", "eth0", "-", "-", "-"},
	}
	for width, want := range map[int]string{
		0: `
NAME  FINGERPRINT          PRESENCE  ADDRESS        INTERFACE  SENDS BY  ROUND TRIP  LOST HERE
bob   1111 2222 3333 4444  live      192.168.8.226  eth0       wlan0     under 2ms   0.0 %
教室  -                    plain     192.168.8.7    eth0       -         -           -
`,
		80: `
NAME  FINGERPRINT          PRESENCE  ADDRESS        INTERFACE  SENDS BY
  ROUND TRIP  LOST HERE
bob   1111 2222 3333 4444  live      192.168.8.226  eth0       wlan0
  under 2ms   0.0 %
教室  -                    plain     192.168.8.7    eth0       -
  -           -
`,
		10: `
NAME
  FINGERPRINT
  PRESENCE
  ADDRESS
  INTERFACE
  SENDS BY
  ROUND TRIP
  LOST HERE
`,
	} {
		if got := "\n" + folded(rows, width); !strings.HasPrefix(got, want) || width > 10 && got != want {
			t.Errorf("on %d columns%swant%s", width, got, want)
		}
	}
}

// Where there are bridges a list has the sites, and bridges are none of the members.
func TestWhoAcrossSites(t *testing.T) {
	carol := newCarol
	carol.Site, carol.Afar, carol.From = "room-2\x1b", true, netip.MustParseAddrPort("192.168.8.4:1236")
	bob := liveBob
	bob.Site = "room-1"
	w := seenBy(bob, carol)
	w.Members.Self.Site = "room-1"
	w.Members.Bridges = []members.Member{{Who: members.Who{Nick: "room-1", Fingerprint: "dddd", Bridge: true}, Presence: members.Live, Site: "room-1", From: carol.From, IfIndex: 2, LostIn: -1, LostOut: -1, Since: lineTime, Last: lineTime}}
	w.Members.Sites = []members.Site{{Name: "room-1", Here: true, Members: 2}, {Name: "room-2\x1b", Members: 1}, {Name: "room-3", Away: true, Since: lineTime}, {Name: "room-4", Joined: true}}
	w.Room.Senders = []chat.Sender{plainHost("192.168.8.4", 1236)}
	var out, errs bytes.Buffer
	w.table(&linePrinter{out: &out, errs: &errs})
	const want = `
NAME      FINGERPRINT          PRESENCE  SITE     ADDRESS        INTERFACE  SENDS BY  ROUND TRIP  LOST HERE  LOST THERE
bob␛[2J   1111 2222 3333 4444  live      room-1   192.168.8.226  eth0       wlan0     under 2ms   0.0 %      12.5 %
carol #2  5555 6666 7777 8888  unknown   room-2␛  192.168.8.4    #7         -         -           -          -
room-1    dddd                 bridge    room-1   192.168.8.4    eth0       -         -           -          -
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("printed%swant%s", got, want)
	}
	sums := "groupcast: 2 members, heard by 1, not known of 1; 1 bridge; you are ada (7f3c 91ab 02de 44c0)\n" +
		"groupcast: this is room-1; room-2␛ with 1 member, room-3 away since " + lineTime.Format(time.TimeOnly) + ", room-4 joined to this LAN already\n"
	if errs.String() != sums {
		t.Errorf("remarked\n%swant\n%s", errs.String(), sums)
	}
	out.Reset()
	w.objects(&out)
	for _, want := range []string{
		`"name":"carol #2","fingerprint":"5555 6666 7777 8888","presence":"unknown","from":"192.168.8.4:1236","interface":"#7","ifindex":7,"first":"TIME","last":"TIME","site":"room-2␛","afar":true}`,
		`{"type":"bridge","name":"room-1",`,
		`"members":2,"heard_by":1,"one_way":0,"plain":0,"sends_by":"eth0","site":"room-1","sites":[{"site":"room-1","here":true,"members":2},{"site":"room-2␛","members":1},{"site":"room-3","away":true,"since":"TIME","members":0},{"site":"room-4","joined":true,"members":0}],"bridges":1,`,
	} {
		if got := strings.ReplaceAll(untimed(out.String()), lineTime.Format(time.RFC3339Nano), "TIME"); !strings.Contains(got, want) {
			t.Errorf("printed\n%swant in it\n%s", got, want)
		}
	}
}

// A member that sends by several interfaces is no second host with plain text.
func TestWhoOfSeveralInterfaces(t *testing.T) {
	eve := liveBob
	eve.Clash = true
	eve.Nick = "eve"
	eve.Speaks = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.7:40001"), eve.Plain}
	w := seenBy(eve)
	w.Room.Senders = []chat.Sender{plainHost("10.0.0.7", 40001), plainHost("192.168.8.226", 40001, 40000)}
	if got := w.plain(); len(got) > 0 {
		t.Errorf("plain hosts are %+v", got)
	}
	var errs bytes.Buffer
	w.Group.Port = 5000
	w.table(&linePrinter{out: &bytes.Buffer{}, errs: &errs})
	if want := "hint: when the member has confirmed by another way that the key is its own, type in groupcast 224.0.0.114:5000: /verify eve~1111\n"; !strings.Contains(errs.String(), want) {
		t.Errorf("it says\n%swant\n%s", errs.String(), want)
	}
}

func TestWhoObjects(t *testing.T) {
	w := seenBy(liveBob, newCarol)
	w.Room.Senders = []chat.Sender{plainHost("192.168.8.7", 1)}
	var out bytes.Buffer
	w.objects(&out)
	const want = `{"type":"member","name":"bob␛[2J","fingerprint":"1111 2222 3333 4444","presence":"live","from":"192.168.8.226:40000","interface":"eth0","ifindex":2,"sends_by":"wlan0","hears_by":"wlan0","rtt_ms":1,"loss_in":0,"loss_out":0.125,"first":"TIME","last":"TIME"}
{"type":"member","name":"carol #2","fingerprint":"5555 6666 7777 8888","presence":"unknown","from":"[fe80::1%eth0]:40000","interface":"#7","ifindex":7,"first":"TIME","last":"TIME"}
{"type":"plain","host":"192.168.8.7","interface":"eth0","ifindex":2,"datagrams":3,"last":"TIME"}
{"type":"who","group":"224.0.0.114:1234","name":"ada","fingerprint":"7f3c 91ab 02de 44c0","members":2,"heard_by":1,"one_way":0,"plain":1,"sends_by":"eth0","interfaces":["eth0"],"seconds":3}
`
	if got := strings.ReplaceAll(untimed(out.String()), lineTime.Format(time.RFC3339Nano), "TIME"); got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
	out.Reset()
	w = seenBy(liveBob)
	w.Members.Sealed, w.Members.More, w.Members.Off, w.Members.Hears = true, 12, "why", map[string]int{"eth1": 1}
	w.objects(&out)
	if _, got, _ := strings.Cut(out.String(), "\n"); !strings.Contains(got, `"more":12,"heard_by":1,"one_way":0,"plain":0,"sends_by":"eth0","better_by":"eth1","sealed":true,"off":"why"`) {
		t.Errorf("printed\n%s", got)
	}
	out.Reset()
	seenBy().objects(&out)
	if got := out.String(); !strings.Contains(got, `"doctor":"groupcast doctor"}`) || strings.Count(got, "\n") != 1 {
		t.Errorf("of nobody it prints\n%s", got)
	}
}

// Who hears a room that it has no key for says so, and what opens it; the doctor has
// nothing to look for.
func TestWhoOfAnotherRoom(t *testing.T) {
	of := func(sealed bool, others ...session.OtherRoom) whoSeen {
		w := seenBy()
		w.Members.Sealed, w.Members.Others = sealed, others
		return w
	}
	from := func(addr string, sealed bool) session.OtherRoom {
		return session.OtherRoom{From: netip.MustParseAddr(addr), Sealed: sealed}
	}
	for _, tc := range []struct {
		seen whoSeen
		says string
	}{
		{of(false, from("192.168.8.226", true), from("192.168.8.227", true)), "groupcast: a sealed room is in this group: its frames come from 192.168.8.226, 192.168.8.227\n  hint: with its key you can join it: --key-file FILE or --passphrase-file FILE\n"},
		{of(true, from("192.168.8.226", true)), "groupcast: another sealed room is in this group, and its key is not the one given here: its frames come from 192.168.8.226\n  hint: compare the passphrases, or the key files\n"},
		{of(true, from("192.168.8.226", false)), "groupcast: an open room is in this group, and refused here: its frames come from 192.168.8.226\n  hint: whoever talks there needs the key of this room\n"},
		{of(false, from("192.168.8.226", false)), "groupcast: the room of another group has this port: its frames come from 192.168.8.226\n  hint: another port for the frames of this one: --frame-port PORT\n"},
	} {
		var out, errs bytes.Buffer
		if got := tc.seen.tell(t.Context(), &linePrinter{out: &out, errs: &errs}); got != status(exitDoubt) || !strings.HasSuffix(errs.String(), tc.says) {
			t.Errorf("%v, and it says\n%swant at the end\n%s", got, errs.String(), tc.says)
		}
		out.Reset()
		tc.seen.tell(t.Context(), &linePrinter{out: &out, errs: &errs, json: true})
		want := fmt.Sprintf(`"other_rooms":[{"host":"192.168.8.226","sealed":%t}`, tc.seen.Members.Others[0].Sealed)
		if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "doctor") {
			t.Errorf("in JSON it prints\n%s", got)
		}
		rows := strings.Join(talkSummary{snap: tc.seen.Snapshot, ask: tc.seen.ask}.rows(), "\n")
		if !strings.Contains(rows, "heard frames of another room from 192.168.8.226") || strings.Contains(rows, "doctor") {
			t.Errorf("after a talk it says\n%s", rows)
		}
	}
}

// The status says whether anybody was there, and whether all hear each other.
func TestWhoStatus(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	off := seenBy()
	off.Members.On, off.Members.Off = false, "port 1235 is another program's"
	off.Room.Senders = []chat.Sender{plainHost("192.168.8.7", 1)}
	plain := seenBy()
	plain.Room.Senders = off.Room.Senders
	found := seenBy(liveBob)
	found.Findings = []doctor.Finding{{Name: "wrong-egress", Verdict: doctor.Warning, Title: "sends leave by eth1"}}
	elsewhere := seenBy(liveBob)
	elsewhere.Members.Hears = map[string]int{"eth1": 1, "eth2": 2, "wlan0": 2}
	here := seenBy(liveBob)
	here.Members.Hears = map[string]int{"eth0": 1, "eth1": 2}
	for _, tc := range []struct {
		name   string
		seen   whoSeen
		ctx    context.Context
		status error
		says   string
	}{
		{"somebody", seenBy(liveBob), t.Context(), nil, "bob"},
		{"somebody, and it was interrupted", seenBy(liveBob), ended, nil, "bob"},
		{"somebody of whom nothing is known yet", seenBy(newCarol), t.Context(), nil, "not known of 1"},
		{"a plain host", plain, t.Context(), nil, "plain"},
		{"one does not hear this host", seenBy(liveBob, deafDan), t.Context(), status(exitDoubt), "not heard by 1"},
		{"a pitfall", found, t.Context(), status(exitDoubt), "wrong-egress"},
		{"no member hears what is said", elsewhere, t.Context(), status(exitDoubt), "leaves by eth0, where no member hears it; by eth2 2 do\n  hint: send out of it: -i eth2"},
		{"a member hears what is said", here, t.Context(), nil, "bob"},
		{"no member can be asked", off, t.Context(), status(exitDoubt), "port 1235 is another program's"},
		{"nobody, and it was interrupted", seenBy(), ended, context.Canceled, ""},
	} {
		var out bytes.Buffer
		if got := tc.seen.tell(tc.ctx, &linePrinter{out: &out, errs: &out}); got != tc.status || !strings.Contains(out.String(), tc.says) {
			t.Errorf("%s: %v, want %v, and that it says %q:\n%s", tc.name, got, tc.status, tc.says, out.String())
		}
	}
	err := seenBy().tell(t.Context(), &linePrinter{out: &bytes.Buffer{}, errs: &bytes.Buffer{}})
	if advised, ok := errors.AsType[*mcast.Advised](err); !ok || !errors.Is(err, errNobodyHeard) || advised.Advice != "groupcast doctor" {
		t.Errorf("of nobody it says %v", err)
	}
	bridges := seenBy()
	bridges.Members.Bridges = []members.Member{{Who: members.Who{Nick: "room-1", Bridge: true}, Presence: members.Live}}
	err = bridges.tell(t.Context(), &linePrinter{out: &bytes.Buffer{}, errs: &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "no member was heard, only 1 bridge, in 3s") {
		t.Errorf("of a bridge alone it says %v", err)
	}
	if got := seenBy().tell(t.Context(), &linePrinter{out: &bytes.Buffer{}, json: true}); got != status(exitNot) {
		t.Errorf("of nobody, in JSON, it ends with %v", got)
	}
}
