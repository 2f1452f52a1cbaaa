package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// At its end listen says who was heard in which group, in lines and in JSON, and
// names the one that is missed.
func TestListenSaysWhoWasHeard(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	lines := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "41", "239.7.8.1", "239.7.8.2:5000")
	object := start(t, l.Host("A"), "groupcast", "listen", "-i", "eth0", "-c", "41", "--json", "239.7.8.1", "239.7.8.2:5000")
	lines.remarks("joined 239.7.8.2:5000")
	object.prints(`"group":"239.7.8.2:5000"`)
	for _, args := range [][]string{
		{"-c", "40", "--interval", "60ms", "239.7.8.1", "tick"},
		{"--interval", "1ms", "--ttl", "7", "239.7.8.2:5000", "one"},
	} {
		start(t, l.Host("B"), "groupcast", append([]string{"send", "-i", "eth0"}, args...)...).ends(exitOK)
	}
	lines.ends(exitOK)
	object.ends(exitOK)
	for _, want := range []string{
		`heard 41 datagrams from 1 host, 2 ports\n`, `239\.7\.8\.1:1234: 40 datagrams from 1 host\n`, `239\.7\.8\.2:5000: 1 datagram from 1 host\n`,
		`heard in 239\.7\.8\.1: 192\.168\.8\.226:\d+: 40 datagrams by eth0, 1[0-7](\.\d)?/s, from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d, longest gap [0-9.]+ s at \d\d:\d\d:\d\d, ttl 1\n`,
		`heard in 239\.7\.8\.2:5000: 192\.168\.8\.226:\d+: 1 datagram by eth0, at \d\d:\d\d:\d\d, ttl 7\n`,
	} {
		if !regexp.MustCompile(want).MatchString(lines.err.String()) {
			t.Errorf("it does not say %s:\n%s", want, lines.err.String())
		}
	}
	if n := strings.Count(lines.out.String(), " → 239.7.8.2:5000  ttl 7"); n != 1 {
		t.Errorf("%d lines name the port 5000:\n%s", n, lines.out.String())
	}
	heard := map[string]int{}
	var last jsonListenTotals
	for line := range strings.Lines(object.out.String()) {
		var o struct {
			Type, Group, Interface string
			Datagrams              int
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		last = jsonListenTotals{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if o.Type == "heard" && o.Interface == "eth0" {
			heard[o.Group] = o.Datagrams
		}
	}
	if len(heard) != 2 || heard["239.7.8.1:1234"] != 40 || heard["239.7.8.2:5000"] != 1 {
		t.Errorf("in JSON: %v", heard)
	}
	if last.Type != "totals" || last.Datagrams != 41 || last.Hosts != 1 || last.Ports != 2 || len(last.Groups) != 2 || last.Groups[0].Datagrams != 40 ||
		last.Groups[1].Group != "239.7.8.2:5000" || last.Groups[1].Bytes != 3 || last.Seconds <= 0 || last.Dropped != 0 {
		t.Errorf("the last object is %+v", last)
	}
}

// A program that is started 40 times is one host, and one line.
func TestListenHearsOneHostOfManyPorts(t *testing.T) {
	var said strings.Builder
	l := newListener(&settings{})
	l.errs, l.names, l.ears = &said, map[int]string{2: "eth0"}, []*ear{{group: mcast.DefaultGroup}}
	for port := range 40 {
		d := mcast.Datagram{
			At: time.Now(), To: mcast.DefaultGroup.Addr, IfIndex: 2,
			From: netip.AddrPortFrom(netip.MustParseAddr("10.9.9.1"), uint16(50000+port)),
		}
		l.tell(d, mcast.DefaultPort)
		l.heard.add(d)
	}
	if l.tellHeard(true, time.Minute); l.heard.String() != "40 datagrams from 1 host, 40 ports" ||
		!strings.HasPrefix(said.String(), "groupcast: heard: 10.9.9.1 from 40 ports: 40 datagrams by eth0, ") || strings.Count(said.String(), "\n") != 1 {
		t.Errorf("it says %s\n%s", &l.heard, said.String())
	}
}

// What the numbers of a sender say was lost is told, of a host with several ports as
// a sum, and of several streams of one port as well.
func TestListenTellsLoss(t *testing.T) {
	rtp := func(ssrc byte, number int) []byte {
		b := make([]byte, 32)
		b[0], b[1], b[2], b[3], b[6], b[7], b[11] = 0x80, 96, byte(number>>8), byte(number), byte(number), 100, ssrc
		return b
	}
	type from struct {
		port uint16
		ssrc byte
	}
	for _, tt := range []struct {
		what  string
		of    []from
		want  string
		first string // object
	}{
		{"a port", []from{{9, 1}}, `10\.9\.9\.1:9: 27 datagrams by eth0, .*, lost 3 of 30 \(RTP\)\n`, `"format":"RTP","lost":3}`},
		{"two ports", []from{{9, 1}, {10, 2}}, `10\.9\.9\.1 from 2 ports: 54 datagrams by eth0, .*, lost 6 of 60 \(RTP\)\n`, `"format":"RTP","lost":3}`},
		{"two streams of a port", []from{{9, 1}, {9, 2}}, `10\.9\.9\.1:9: 54 datagrams by eth0, .*, lost 6 of 60 \(RTP\)\n`, `"format":"RTP","lost":3}`},
	} {
		for _, json := range []bool{false, true} {
			var said, out strings.Builder
			l := newListener(&settings{json: json})
			l.out, l.errs, l.names, l.ears = &out, &said, map[int]string{2: "eth0"}, []*ear{{group: mcast.DefaultGroup}}
			for n := range 30 {
				for _, f := range tt.of {
					if n == 20 || n == 25 || n == 26 {
						continue
					}
					d := mcast.Datagram{
						At: time.Now().Add(time.Duration(n-30) * time.Millisecond), To: mcast.DefaultGroup.Addr, IfIndex: 2, Data: rtp(f.ssrc, n),
						From: netip.AddrPortFrom(netip.MustParseAddr("10.9.9.1"), f.port),
					}
					l.tell(d, mcast.DefaultPort)
					l.heard.add(d)
				}
			}
			l.tellHeard(true, time.Minute)
			switch {
			case json && (!strings.Contains(out.String(), tt.first) || strings.Count(out.String(), `"heard"`) != len(tt.of)):
				t.Errorf("%s: it prints\n%s, want %s", tt.what, out.String(), tt.first)
			case !json && !regexp.MustCompile(tt.want).MatchString(said.String()):
				t.Errorf("%s: it says\n%s, want %s", tt.what, said.String(), tt.want)
			}
		}
	}
}

func TestListenHearsNobodyElse(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	p := start(t, host, "groupcast", "listen", "-i", "eth0", "-c", "1", "239.7.8.3")
	p.remarks("joined 239.7.8.3")
	do(t, host, "send", "-i", "eth0", "239.7.8.3", "tick").ends(exitOK)
	p.ends(exitOK)
	if text := p.err.String(); !strings.Contains(text, "nobody but this host was heard in ") || strings.Contains(text, "heard: ") {
		t.Errorf("one datagram of this host came, and it says:\n%s", text)
	}
}

// Many sources are named in short, and one that stopped only if all was read.
func TestListenHeardInShort(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	for _, all := range []bool{true, false} {
		var said strings.Builder
		l := newListener(&settings{})
		l.errs, l.names, l.ears = &said, map[int]string{2: "eth0"}, []*ear{{group: mcast.DefaultGroup}}
		for host := range 11 {
			for n := range 21 + host {
				l.tell(mcast.Datagram{
					At: began.Add(time.Duration(n) * 300 * time.Millisecond), To: mcast.DefaultGroup.Addr, IfIndex: 2,
					From: netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("10.9.9.%d", host+1)), 9),
				}, mcast.DefaultPort)
			}
		}
		l.heard.datagrams = 286
		l.tellHeard(all, time.Minute)
		text := said.String()
		if strings.Count(text, "\n") != mostHeard+1 || !strings.HasPrefix(text, "groupcast: heard: 10.9.9.11:9: 31 datagrams by eth0, 3.33/s, from ") ||
			!strings.HasSuffix(text, "heard: and 3 more\n") || strings.Contains(text, "stopped at") != all {
			t.Errorf("all was read: %v; it says\n%s", all, text)
		}
	}
}
