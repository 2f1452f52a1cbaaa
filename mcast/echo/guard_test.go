package echo

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// home is a host with two interfaces.
var home = []host.Interface{
	{Index: 1, Name: "lo", Flags: net.FlagUp | net.FlagLoopback, Addrs: labtest.Prefixes("127.0.0.1/8", "::1/128")},
	{Index: 2, Name: "eth0", Flags: net.FlagUp, Addrs: labtest.Prefixes("192.168.8.164/24", "fe80::1/64")},
	{Index: 3, Name: "eth1", Flags: net.FlagUp, Addrs: labtest.Prefixes("169.254.167.41/16")},
}

func TestWhatGetsNoAnswer(t *testing.T) {
	const group = "224.0.0.114"
	for _, c := range []struct {
		name     string
		group    bool
		from, to string
		by       int
		want     Reason
	}{
		{"a host asks", false, "192.168.8.226:40000", "192.168.8.164", 2, Answer},
		{"a host far away asks", false, "203.0.113.1:40000", "192.168.8.164", 2, Answer},
		{"a service asks once", false, "192.168.8.226:53", "192.168.8.164", 2, Answer},
		{"our own port asks once", false, "192.168.8.226:1234", "192.168.8.164", 2, Answer},
		{"by IPv6", false, "[2001:db8::1]:40000", "2001:db8::2", 2, Answer},
		{"to all of the network", false, "192.168.8.226:40000", "192.168.8.255", 2, Broadcast},
		{"to all of a bigger one", false, "192.168.8.226:40000", "169.254.255.255", 2, Broadcast},
		{"to all", false, "192.168.8.226:40000", "255.255.255.255", 2, Broadcast},
		{"to a group, not in one", false, "192.168.8.226:40000", group, 2, Broadcast},
		{"from all of the network", false, "192.168.8.255:40000", "192.168.8.164", 2, NoReturn},
		{"from all", false, "255.255.255.255:40000", "192.168.8.164", 2, NoReturn},
		{"from a group", false, "224.0.0.1:40000", "192.168.8.164", 2, NoReturn},
		{"from nobody", false, "0.0.0.0:40000", "192.168.8.164", 2, NoReturn},
		{"from port 0", false, "192.168.8.226:0", "192.168.8.164", 2, NoReturn},

		{"a member asks", true, "192.168.8.226:40000", group, 2, Answer},
		{"by the other interface", true, "169.254.1.1:40000", group, 3, Answer},
		{"by IPv6, link-local", true, "[fe80::2%eth0]:40000", "ff02::114", 2, Answer},
		{"ourselves", true, "192.168.8.164:40000", group, 2, Answer},
		{"ourselves by lo", true, "192.168.8.164:40000", group, 1, Answer},
		{"another by lo", true, "192.168.8.226:40000", group, 1, OffLink},
		{"from far away", true, "203.0.113.1:40000", group, 2, OffLink},
		{"from another of our networks", true, "169.254.1.1:40000", group, 2, OffLink},
		{"by an interface that is not known", true, "192.168.8.226:40000", group, 9, OffLink},
		{"where the system does not tell", true, "192.168.8.226:40000", "", 0, Answer},
		{"far away, where it does not tell", true, "203.0.113.1:40000", "", 0, OffLink},
		{"to this host, in a group", true, "192.168.8.226:40000", "192.168.8.164", 2, Unicast},
		{"to all, in a group", true, "192.168.8.226:40000", "192.168.8.255", 2, Unicast},
		{"DNS, in a group", true, "192.168.8.226:53", group, 2, ServicePort},
		{"mDNS, in a group", true, "192.168.8.226:5353", group, 2, ServicePort},
		{"memcached, in a group", true, "192.168.8.226:11211", group, 2, ServicePort},
		{"all of the network, in a group", true, "192.168.8.255:40000", group, 2, NoReturn},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuard(Config{}, 1234, c.group)
			g.setInterfaces(home)
			d := &mcast.Datagram{From: netip.MustParseAddrPort(c.from), IfIndex: c.by, Data: []byte("hello")}
			if c.to != "" {
				d.To = netip.MustParseAddr(c.to)
			}
			if got := g.check(time.Unix(1e9, 0), d); got != c.want {
				t.Errorf("from %s to %s by %d: %q, want %q", c.from, c.to, c.by, got, c.want)
			}
			d.Truncated = true
			if got := g.check(time.Unix(1e9, 0), d); got == Answer {
				t.Error("what was cut short is answered, with less than was sent")
			}
			d.Truncated, d.Stray = false, true
			if got := g.check(time.Unix(1e9, 0), d); c.group && got == Answer {
				t.Error("another program's group is answered")
			}
		})
	}
}

// say is what a peer sends, after a pause, and what comes of it.
type say struct {
	after time.Duration
	what  string
	want  Reason
}

func again(n int, s say) (list []say) {
	for range n {
		list = append(list, s)
	}
	return list
}

func story(parts ...[]say) (all []say) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestLoopRule(t *testing.T) {
	const ms = time.Millisecond
	one := func(after time.Duration, what string, want Reason) []say { return []say{{after, what, want}} }
	for _, c := range []struct {
		name string
		port uint16
		cfg  Config
		says []say
	}{
		{"a sequence is no repetition", 40000, Config{}, func() (s []say) {
			for n := range 200 {
				s = append(s, say{50 * ms, fmt.Sprint(n), Answer})
			}
			return s
		}()},
		{"once a second: every 20th repeat", 40000, Config{}, story(
			again(20, say{time.Second, "a", Answer}), one(time.Second, "a", Loop),
			again(19, say{time.Second, "a", Answer}), one(time.Second, "a", Loop))},
		{"something else between", 40000, Config{}, story(
			again(20, say{time.Second, "a", Answer}), one(time.Second, "b", Answer),
			again(19, say{time.Second, "a", Answer}), one(time.Second, "a", Loop))},
		{"fast: silence, then trust", 40000, Config{}, story(
			again(8, say{100 * ms, "a", Answer}), one(100*ms, "a", Loop), // 750 ms after the first
			again(2, say{100 * ms, "a", Loop}),                              // 250 ms of silence
			again(50, say{100 * ms, "a", Answer}), one(100*ms, "a", Loop))}, // 5 s of trust
		{"silence is for all it says", 40000, Config{}, story(
			again(8, say{100 * ms, "a", Answer}), one(100*ms, "a", Loop), one(100*ms, "b", Loop))},
		{"the next loop is a new one", 40000, Config{}, story(
			again(8, say{100 * ms, "a", Answer}), one(100*ms, "a", Loop),
			one(3*time.Second, "a", Answer), again(7, say{100 * ms, "a", Answer}), one(100*ms, "a", Loop))},
		{"our own port: the first repeat", 1234, Config{}, story(
			one(0, "a", Answer), one(ms, "b", Answer), one(ms, "a", Loop), one(ms, "c", Loop),
			one(250*ms, "a", Answer), one(time.Second, "a", Loop))},
		{"a service port: the first repeat", 19, Config{}, story(
			one(0, "a", Answer), one(9*time.Second, "a", Loop))},
		{"unlimited: a sequence", 40000, Config{Unlimited: true}, func() (s []say) {
			for n := range 5000 {
				s = append(s, say{ms, fmt.Sprint(n), Answer})
			}
			return s
		}()},
		{"unlimited: fast", 40000, Config{Unlimited: true}, story(
			again(750, say{ms, "a", Answer}), again(250, say{ms, "a", Loop}), // silence
			again(5000, say{ms, "a", Answer}), again(250, say{ms, "a", Loop}))}, // trust
		{"unlimited: but for our own port", 1234, Config{Unlimited: true}, story(
			one(0, "a", Answer), one(ms, "a", Loop))},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuard(c.cfg, 1234, false)
			now := time.Unix(1e9, 0)
			for n, s := range c.says {
				now = now.Add(s.after)
				d := &mcast.Datagram{From: at(2, c.port), To: at(1, 0).Addr(), IfIndex: 2, Data: []byte(s.what)}
				if got := g.check(now, d); got != s.want {
					t.Fatalf("datagram %d, %q after %v: %q, want %q", n+1, s.what, s.after, got, s.want)
				}
			}
		})
	}
}

// Whatever is sent, in no time are there more answers than the limits allow.
func TestLimitsHoldInAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			PerSource: rapid.Float64Range(0.5, 100).Draw(t, "per source"),
			Total:     rapid.Float64Range(0.5, 300).Draw(t, "total"),
		}
		g := newGuard(cfg, 1234, true)
		g.setInterfaces([]host.Interface{{Index: 2, Addrs: labtest.Prefixes("10.0.0.1/24", "2001:db8::1/32")}})
		sources := []netip.AddrPort{at(2, 40000), at(2, 40001), at(3, 40000), at(4, 40000),
			netip.MustParseAddrPort("[2001:db8::1]:40000"), netip.MustParseAddrPort("[2001:db8::2]:40000")}
		now := time.Unix(1e9, 0)
		answers := map[string][]time.Duration{}
		for n := range rapid.IntRange(1, 2000).Draw(t, "datagrams") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "µs later")) * time.Microsecond)
			from := rapid.SampledFrom(sources).Draw(t, "from")
			d := &mcast.Datagram{From: from, To: netip.MustParseAddr("224.0.0.114"), IfIndex: 2, Data: fmt.Append(nil, n)}
			if g.check(now, d) != Answer {
				continue
			}
			name := from.Addr().String()
			if from.Addr().Is6() {
				name = "2001:db8::/64"
			}
			for _, who := range []string{name, "all"} {
				answers[who] = append(answers[who], now.Sub(time.Unix(1e9, 0)))
			}
		}
		for who, times := range answers {
			rate := cfg.PerSource
			if who == "all" {
				rate = cfg.Total
			}
			for i := range times {
				for j := i; j < len(times); j++ {
					if got, most := float64(j-i+1), rate*((times[j]-times[i]).Seconds()+0.2)+1; got > most+1e-6 {
						t.Fatalf("%s: %v answers in %v, want %v at the most", who, got, times[j]-times[i], most)
					}
				}
			}
		}
	})
}

// A million sources take no more memory than a thousand, and one that comes
// back after them is served.
func TestMemoryIsBounded(t *testing.T) {
	g := newGuard(Config{}, 1234, false)
	now := time.Unix(1e9, 0)
	n := uint32(0)
	d := &mcast.Datagram{To: at(1, 0).Addr(), Data: []byte("hello")}
	stranger := func() {
		n++
		now = now.Add(time.Microsecond)
		from := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		d.From = netip.AddrPortFrom(from, 40000)
		if got := g.check(now, d); got != Answer {
			t.Fatalf("source %d: %q, want an answer", n, got)
		}
	}
	for range 100_000 {
		stranger()
	}
	if got := testing.AllocsPerRun(100_000, stranger); got > 0 {
		t.Errorf("another source allocates %v times, want none when 100,000 were heard before", got)
	}
}

func TestFlooding(t *testing.T) {
	g := newGuard(Config{}, 1234, false)
	now := time.Unix(1e9, 0)
	flood := func(from netip.AddrPort, n int) {
		for range n {
			now = now.Add(20 * time.Microsecond)
			g.check(now, &mcast.Datagram{From: from, To: at(1, 0).Addr(), Data: []byte("flood")})
		}
	}
	expect := func(what string, want ...string) {
		t.Helper()
		list, changed := g.flooders(now)
		if got := fmt.Sprint(list); !changed || got != fmt.Sprint(labtest.Prefixes(want...)) {
			t.Fatalf("%s: %s (changed: %v), want %v", what, got, changed, want)
		}
		if list, changed := g.flooders(now); changed || list != nil {
			t.Fatalf("%s: asked again: %v, %v, want no news", what, list, changed)
		}
	}
	flood(at(2, 1), 400)
	if list, changed := g.flooders(now); changed {
		t.Fatalf("400 datagrams in a second: %v floods, want none", list)
	}
	flood(at(2, 1), 400)
	expect("800 datagrams", "10.0.0.2/32")
	flood(netip.MustParseAddrPort("[2001:db8::1]:40000"), 400)
	flood(netip.MustParseAddrPort("[2001:db8::2]:40000"), 400)
	flood(netip.MustParseAddrPort("[fe80::2%eth0]:40000"), 800)
	expect("IPv6", "10.0.0.2/32", "2001:db8::/64", "fe80::2/128")
	now = now.Add(9970 * time.Millisecond)
	expect("10 s later", "2001:db8::/64", "fe80::2/128")
	now = now.Add(time.Second)
	expect("1 s later")
	for host := range byte(30) {
		flood(at(host+1, 1), 800)
	}
	list, _ := g.flooders(now)
	if len(list) != 16 {
		t.Errorf("30 sources flood, and %d are shut out, want 16", len(list))
	}

	g = newGuard(Config{Unlimited: true}, 1234, false)
	flood(at(2, 40000), 5000)
	flood(at(2, 1234), 5000)
	if list, changed := g.flooders(now); changed {
		t.Errorf("unlimited: %v is shut out, want none", list)
	}
}
