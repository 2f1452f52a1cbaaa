package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers on lo: two.test has two IPv4 addresses and one of IPv6,
// four.test one of IPv4, broken.test fails, slow.test is not answered, and
// there are no others.
func nameServer(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if answer := answerTo(b[:n]); answer != nil {
				conn.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answerTo(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
	add := func(body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: body})
	}
	switch name := q.Name.String(); {
	case name == "two.test." && q.Type == dnsmessage.TypeA:
		add(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}})
		add(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 2}})
	case name == "two.test." && q.Type == dnsmessage.TypeAAAA:
		add(&dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1}})
	case name == "four.test." && q.Type == dnsmessage.TypeA:
		add(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 4}})
	case name == "four.test.":
	case name == "broken.test.":
		m.RCode = dnsmessage.RCodeServerFailure
	case name == "slow.test.":
		return nil
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	b, _ := m.Pack()
	return b
}

func TestLookup(t *testing.T) {
	by := nameServer(t)
	for _, c := range []struct {
		host   string
		family Family
		want   string // addresses, or the error
		reason error
	}{
		{"two.test.", AnyFamily, "192.0.2.1 192.0.2.2 2001:db8::1", nil},
		{"two.test.", IPv4, "192.0.2.1 192.0.2.2", nil},
		{"two.test.", IPv6, "2001:db8::1", nil},
		{"four.test.", AnyFamily, "192.0.2.4", nil},
		{"four.test.", IPv6, "no such host: four.test. (IPv6)", ErrNoSuchHost},
		{"none.test.", AnyFamily, "no such host: none.test.", ErrNoSuchHost},
		{"broken.test.", AnyFamily, "the name server failed: broken.test.", ErrNameServer},
		{"slow.test.", AnyFamily, "no name server answered in time: slow.test.", ErrNameTimeout},
		{"192.0.2.9", AnyFamily, "192.0.2.9", nil},
		{"::ffff:192.0.2.9", IPv4, "192.0.2.9", nil},
		{"fe80::1%eth0", IPv6, "fe80::1%eth0", nil},
		{"192.0.2.9", IPv6, "192.0.2.9 is no IPv6 address", ErrNoSuchFamily},
		{"::1", IPv4, "::1 is no IPv4 address", ErrNoSuchFamily},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		addrs, err := lookup(ctx, by, c.host, c.family)
		cancel()
		slices.SortFunc(addrs, netip.Addr.Compare) // the system's order depends on its routes (RFC 6724)
		got := strings.Trim(fmt.Sprint(addrs), "[]")
		if err != nil {
			got = err.Error()
		}
		if got != c.want || c.reason != nil && !errors.Is(err, c.reason) {
			t.Errorf("%s, %s: %s, want %s", c.host, c.family, got, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lookup(ctx, by, "slow.test.", AnyFamily); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want context.Canceled", err)
	}
}

// Every address of a host becomes a target with every port, and a host without
// one becomes a verdict.
func TestResolve(t *testing.T) {
	places, err := ParseTargets("127.0.0.1:7,9", "::1:9", "[::1]:9")
	if err == nil {
		t.Fatalf("::1:9 is an address without a port, and it became %v", places)
	}
	places, err = ParseTargets("127.0.0.1:7,9", "[::1]:9")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range Resolve(t.Context(), IPv4, places) {
		got = append(got, fmt.Sprintf("%s %s %v", target.Host, target.Addr, target.Err))
	}
	want := "127.0.0.1 127.0.0.1:7 <nil>, 127.0.0.1 127.0.0.1:9 <nil>, ::1 invalid AddrPort ::1 is no IPv4 address"
	if strings.Join(got, ", ") != want {
		t.Errorf("targets %q, want %s", got, want)
	}
	var report []string
	err = Probe(t.Context(), Config{}, Resolve(t.Context(), IPv4, places[2:]), func(r Result) {
		report = append(report, fmt.Sprintf("%s %s: %s", r.Host, r.Verdict, r.Because()))
	})
	if err != nil || len(report) != 1 || report[0] != "::1 unresolved: ::1 is no IPv4 address" {
		t.Errorf("reported %q, %v; want that ::1 is unresolved", report, err)
	}
}
