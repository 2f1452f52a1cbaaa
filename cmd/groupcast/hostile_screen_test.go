package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/vishvananda/netlink"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// hostilePayloads are those of package chat.
func hostilePayloads(t *testing.T) (list []string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "mcast", "chat", "testdata", "hostile.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		quoted, _, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		payload, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("hostile.txt: %s: %v", quoted, err)
		}
		list = append(list, payload)
	}
	if len(list) < 64 {
		t.Fatalf("hostile.txt holds %d payloads, want at least 64", len(list))
	}
	return list
}

// hostileLAN is the article's, but A has one good interface, and two with
// names that a terminal would obey. The kernel takes them.
func hostileLAN(t *testing.T) *lab.Lab {
	t.Helper()
	hosts := slices.Clone(lab.Article.Hosts)
	hosts[0] = lab.Host{Name: "A", Interfaces: []lab.Interface{
		lab.Article.Hosts[0].Interfaces[0],
		{Name: "bad0", Switch: "other", Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/8")}},
		{Name: "bad1", Switch: "other"},
	}, Routes: []lab.Route{{Dst: netip.MustParsePrefix("224.0.0.0/4"), Dev: "eth0"}}}
	l := labtest.Build(t, lab.Topology{Switches: lab.Article.Switches, Hosts: hosts})
	if err := l.Host("A").Do(func() error {
		return errors.Join(rename("bad0", "\x1b]2;me\a\x1b[2J"), rename("bad1", "\u009b31m\x9b1m\a"))
	}); err != nil {
		t.Fatal(err)
	}
	return l
}

func rename(old, name string) error {
	link, err := netlink.LinkByName(old)
	if err != nil {
		return err
	}
	return errors.Join(netlink.LinkSetDown(link), netlink.LinkSetName(link, name), netlink.LinkSetUp(link))
}

// shout sends datagrams from a host into the group, as they are to the byte.
type shout struct {
	t    *testing.T
	conn net.Conn
}

func openShout(t *testing.T, host *lab.Node) shout {
	t.Helper()
	s := shout{t: t}
	if err := host.Do(func() (err error) {
		s.conn, err = net.Dial("udp4", "224.0.0.114:1234")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	return s
}

func (s shout) says(payload string) {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(payload)); err != nil {
		s.t.Fatal(err)
	}
}

// Whatever B sends, and whatever A's interfaces are named: in every view the
// terminal gets only the sequences that draw groupcast's screen.
func TestHostileTextOnTheScreen(t *testing.T) {
	t.Parallel()
	payloads := hostilePayloads(t)
	l := hostileLAN(t)
	s := openScreen(t, l.Host("A"), 100, 30, "--notify", "--plain-only")
	s.shows("sends", "eth0")
	b := openShout(t, l.Host("B"))
	for i, payload := range payloads { // each is drawn, before the next pushes it up
		b.says(payload)
		b.says(fmt.Sprintf("that was number %d.", i))
		s.shows("192.168.8.226", fmt.Sprintf("that was number %d.", i))
	}
	s.keys(keyF2)
	s.shows("▸Datagrams")
	for _, payload := range slices.Backward(payloads) { // each in the list, and on a page of its own
		s.keys(keyUp + keyUp + "\r")
		if payload == "" {
			s.shows("Payload: 0 bytes")
		} else {
			s.shows("0000", hexRow(payload))
		}
		s.keys(keyF2)
	}
	s.keys(keyF4)
	s.shows("10.0.0.0/8")
	for _, picker := range []struct{ key, shows string }{
		{keyF5, "Interfaces for 224.0.0.114:1234"}, {keyF6, "Groups"}, {keyF7, "Sources"},
	} {
		s.keys(picker.key)
		s.shows(picker.shows)
	}
	s.keys("\x03")
	s.quits(exitOK)
	raw := s.written()
	checkOurs(t, raw, "A: groupcast 224.0.0.114:1234")
	checkNoneOf(t, raw, payloads)
}

// hexRow is how a hex dump of the payload begins.
func hexRow(payload string) string {
	var b strings.Builder
	for i := range min(8, len(payload)) {
		b.WriteString(" " + hex.EncodeToString([]byte{payload[i]}))
	}
	return b.String()
}

// Line mode on a terminal writes no control character at all.
func TestHostileTextInPlainLines(t *testing.T) {
	t.Parallel()
	payloads := hostilePayloads(t)
	l := hostileLAN(t)
	s := openScreen(t, l.Host("A"), 100, 30, "--plain")
	s.shows("joined 224.0.0.114:1234 on eth0")
	b := openShout(t, l.Host("B"))
	for i, payload := range payloads {
		b.says(payload)
		b.says(fmt.Sprintf("that was number %d.", i))
		s.shows("192.168.8.226", fmt.Sprintf("that was number %d.", i))
	}
	s.keys("\x04")
	s.quits(exitOK)
	for _, c := range controls(t, s.written()) {
		if c.text != "\r" && c.text != "\n" {
			t.Errorf("there is %q among the lines", c.text)
		}
	}
	checkNoneOf(t, s.written(), payloads)
}

// checkNoneOf checks that no payload with an escape sequence came through as
// it was. One of nothing but sequences may be the screen's own as well: those
// were looked at one by one.
func checkNoneOf(t *testing.T, raw string, payloads []string) {
	t.Helper()
	for _, payload := range payloads {
		payload = strings.TrimRight(payload, "\n")
		if strings.TrimSpace(ansi.Strip(payload)) == "" {
			continue
		}
		if strings.Contains(strings.TrimSuffix(payload, "\x1b"), "\x1b") && strings.Contains(raw, payload) {
			t.Errorf("%q reached the terminal", payload)
		}
	}
}
