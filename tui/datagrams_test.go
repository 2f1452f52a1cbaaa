package tui

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

var (
	hostA    = netip.MustParseAddrPort("192.168.8.164:1234")
	received = session.Datagram{At: clock, From: hostB, To: group.AddrPort(), Interface: "eth0", IfIndex: 2, Hops: 1, Data: []byte("hello")}
)

func sent(text string) session.Datagram {
	return session.Datagram{At: clock, Sent: true, From: hostA, To: group.AddrPort(), Interface: "eth0", IfIndex: 2, Hops: 1, Data: []byte(text)}
}

// came is the received datagram with something changed.
func came(change func(*session.Datagram)) session.Datagram {
	d := received
	change(&d)
	return d
}

func arrived(a chat.Arrival) session.Datagram {
	return came(func(d *session.Datagram) { d.Arrival = a })
}

func TestDatagramRows(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		d     session.Datagram
		want  string
	}{
		{"received", 100, received,
			"19:52:40.000 ← 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5              hello"},
		{"sent", 100, sent("hello"),
			"19:52:40.000 → 192.168.8.164:1234   224.0.0.114:1234 eth0     1      5              hello"},
		{"not sent", 100, came(func(d *session.Datagram) { *d = sent("hello"); d.Err = errors.New("no route") }),
			"19:52:40.000 ✗ 192.168.8.164:1234   224.0.0.114:1234 eth0     1      5 not sent     hello"},
		{"own copy", 100, arrived(chat.Arrival{OwnCopy: true}),
			"19:52:40.000 ↺ 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5 own copy     hello"},
		{"to you alone", 100, arrived(chat.Arrival{Direct: true}),
			"19:52:40.000 ← 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5 to you alone hello"},
		{"this host", 100, arrived(chat.Arrival{Local: true}),
			"19:52:40.000 ← 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5 this host    hello"},
		{"from outside", 100, arrived(chat.Arrival{Outside: true}),
			"19:52:40.000 ← 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5 from outside hello"},
		{"another's membership", 100, arrived(chat.Arrival{Stray: true}),
			"19:52:40.000 ← 192.168.8.226:1234   224.0.0.114:1234 eth0     1      5 another's    hello"},
		{"with more room", 124, arrived(chat.Arrival{Stray: true}),
			"19:52:40.000 ← 192.168.8.226:1234    224.0.0.114:1234      eth0       1      5 another's membership hello"},
		{"a narrower screen", 80, received,
			"19:52:40.000 ← 192.168.8.226:1234 eth0      1      5 hello"},
		{"a narrow screen", 44, received,
			"19:52:40 ← 192.168.8.226        5 hello"},
		{"hardly a screen", 12, received,
			"← hello"},
		{"hostile bytes", 80, came(func(d *session.Datagram) { d.Data = []byte("a\n\x1b[2J\u202eb") }),
			"19:52:40.000 ← 192.168.8.226:1234 eth0      1     10 a ␛[2J<U+202E>b"},
		{"nothing known", 80, came(func(d *session.Datagram) { *d = session.Datagram{At: clock, Truncated: true} }),
			"19:52:40.000 ←                                    0+ (empty)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
			d.add(c.d)
			if got := strings.TrimRight(ansi.Strip(d.render(c.width, 1)), " "); got != " "+c.want {
				t.Errorf("at %d cells\n%q, want\n%q", c.width, got, " "+c.want)
			}
		})
	}
}

func TestDatagramFilter(t *testing.T) {
	d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	d.add(received)
	d.add(sent("and now?"))
	d.add(arrived(chat.Arrival{OwnCopy: true}))
	for filter, want := range map[string]int{
		"192.168.8.226": 2, "SENT": 1, "received": 2, "own copy": 1, "eth0 now": 1, "224.0.0.114:1234": 3, "eth1": 0,
	} {
		if d.setFilter(filter); d.len() != want {
			t.Errorf("%q matches %d datagrams, want %d", filter, d.len(), want)
		}
	}
}

// detail is the page about a datagram, each row without the spaces at its
// ends, as one text.
func detailText(d session.Datagram) string {
	view := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	view.add(d)
	view.move(-1)
	var rows []string
	for _, row := range view.detail(100) {
		rows = append(rows, strings.Join(strings.Fields(ansi.Strip(row)), " "))
	}
	return strings.Join(rows, "\n")
}

func TestDatagramDetail(t *testing.T) {
	six := came(func(d *session.Datagram) {
		d.From, d.To = netip.MustParseAddrPort("[fe80::1%eth0]:1234"), netip.MustParseAddrPort("[ff02::1:2]:1234")
	})
	long := func(d session.Datagram, n int) session.Datagram { d.Data = make([]byte, n); return d }
	refused := sent("hello")
	refused.Err = errors.New("mcast: network is unreachable")

	for _, c := range []struct {
		name  string
		d     session.Datagram
		wants []string
	}{
		{"received", received, []string{
			"Received 19:52:40.000000 by eth0", "from another host of a network",
			"destination 01:00:5e:00:00:72 (worked out)", "RFC 1112, section 6.4",
			"224.0.0.114 to 239.0.0.114", "224.128.0.114 to 239.128.0.114",
			"source 192.168.8.226", "destination 224.0.0.114", "TTL 1 (what was left of it)",
			"protocol 17, UDP", "total length 33 = 20 + 8 + 5 bytes (worked out)",
			"from port 1234", "to port 1234", "length 13 = 8 + 5 bytes",
			"Payload: 5 bytes", "0000 68 65 6c 6c 6f hello",
		}},
		{"IPv6", six, []string{
			"destination 33:33:00:01:00:02 (worked out)", "RFC 2464", "0x86dd, IPv6",
			"hop limit 1", "total length 53 = 40 + 8 + 5 bytes",
		}},
		{"just in one piece", long(received, 1472), []string{"total length 1,500 ="}},
		{"in two", long(received, 1473), []string{"in 2 fragments"}},
		{"the largest", long(received, 65507), []string{"in 45 fragments"}},
		{"IPv6, in two", long(six, 1453), []string{"in 2 fragments"}},
		{"sent", sent("hello"), []string{"sent it out of eth0, from 192.168.8.164", "proves neither that it left", "TTL 1 (as it was set)"}},
		{"refused", refused, []string{"✗ Not sent", "refused it: network is unreachable.", "There was no frame."}},
		{"own copy", arrived(chat.Arrival{OwnCopy: true}), []string{"made by this host before the wire: no proof that the datagram left", "This copy had no frame"}},
		{"stray", arrived(chat.Arrival{Stray: true}), []string{"has not joined 224.0.0.114 on eth0: another program on this host has", "IP_MULTICAST_ALL is 0"}},
		{"direct", came(func(d *session.Datagram) { d.To, d.Arrival.Direct = hostA, true }), []string{"sent to 192.168.8.164, an address of this host, not to a group"}},
		{"local", arrived(chat.Arrival{Local: true}), []string{"Another program of this host sent it", "This copy had no frame"}},
		{"local, to one address", came(func(d *session.Datagram) { d.To, d.Arrival = hostA, chat.Arrival{Direct: true, Local: true} }), []string{"it never left this host", "an address of this host"}},
		{"outside", arrived(chat.Arrival{Outside: true}), []string{"Its source, 192.168.8.226, is on no network of eth0."}},
		{"two at once", arrived(chat.Arrival{Outside: true, Stray: true}), []string{"is on no network", "another program on this host has"}},
		{"cut", came(func(d *session.Datagram) { d.Truncated = true }), []string{"at least 33", "and more that were not kept"}},
		{"on no wire", came(func(d *session.Datagram) { d.Interface = "lo" }), []string{"lo has no wire"}},
		{"unknown", session.Datagram{At: clock}, []string{"source not reported", "TTL not reported"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := detailText(c.d)
			for _, want := range c.wants {
				if !strings.Contains(strings.ReplaceAll(got, "\n", " "), want) {
					t.Errorf("want %q in\n%s", want, got)
				}
			}
		})
	}
	for _, d := range []session.Datagram{long(received, 1472), long(six, 1452), came(func(d *session.Datagram) { *d = long(received, 9000); d.Interface = "lo" })} {
		if got := detailText(d); strings.Contains(got, "fragments") {
			t.Errorf("%d bytes to %s by %s are said to be in fragments", len(d.Data), d.To, d.Interface)
		}
	}
}

// The groups that are said to share an Ethernet address do.
func TestGroupMAC(t *testing.T) {
	for group, want := range map[string]string{
		"224.0.0.114":     "01:00:5e:00:00:72",
		"225.0.0.114":     "01:00:5e:00:00:72",
		"239.128.0.114":   "01:00:5e:00:00:72",
		"239.255.255.250": "01:00:5e:7f:ff:fa",
		"ff02::114":       "33:33:00:00:01:14",
		"ff3e::8000:1":    "33:33:80:00:00:01",
		"192.168.8.164":   "",
	} {
		if got, _ := groupMAC(netip.MustParseAddr(group)); got != want {
			t.Errorf("%s is sent to %q, want %q", group, got, want)
		}
	}
}

func TestNoDatagramIsSelected(t *testing.T) {
	d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	if got := ansi.Strip(d.render(80, 10)); got != "none yet" {
		t.Errorf("an empty list shows %q, want \"none yet\"", got)
	}
	if got := ansi.Strip(strings.Join(d.detail(80), " ")); !strings.Contains(got, "No datagram is selected.") {
		t.Errorf("the page about none says %q", got)
	}
}

// A click counts from the row of titles.
func TestDatagramClick(t *testing.T) {
	d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	for n := range 5 {
		d.add(came(func(d *session.Datagram) { d.At = clock.Add(time.Duration(n) * time.Second) }))
	}
	d.render(80, 4)
	d.click(1)
	if v, ok := d.selectedValue(); !ok || !v.At.Equal(clock.Add(2*time.Second)) {
		t.Errorf("the first of the last three rows is %v (%v), want the third datagram", v.At, ok)
	}
}

// The page about the largest payload is made for every frame.
func BenchmarkDatagramDetail(b *testing.B) {
	d := newDatagrams(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	d.add(came(func(d *session.Datagram) { d.Data = make([]byte, 65507) }))
	d.move(-1)
	for b.Loop() {
		d.detail(100)
	}
}
