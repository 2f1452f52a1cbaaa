package bridge

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

var (
	t0      = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	ownAddr = netip.MustParseAddr("10.0.0.1")
	talker  = netip.MustParseAddrPort("10.0.0.9:5000")
)

func carrierOf(change func(*CarrierConfig)) *Carrier {
	cfg := CarrierConfig{Group: simGroup, Site: "a", Bridge: NewName(), Addrs: []netip.Addr{ownAddr}, First: 1000, Rate: 50, Burst: 3}
	if change != nil {
		change(&cfg)
	}
	return NewCarrier(cfg)
}

func datagram(data string) mcast.Datagram {
	return mcast.Datagram{At: t0, From: talker, To: simGroup.Addr, Hops: 7, Data: []byte(data), Size: len(data)}
}

func TestHeard(t *testing.T) {
	tests := []struct {
		name    string
		cfg     func(*CarrierConfig)
		d       func(*mcast.Datagram)
		standby bool
		at      time.Duration
		want    Why
	}{
		{name: "a program's", want: Carried},
		{name: "own", d: func(d *mcast.Datagram) { d.From = netip.AddrPortFrom(ownAddr, Mark) }, want: Own},
		{name: "own, IPv4 in IPv6", d: func(d *mcast.Datagram) {
			d.From = netip.AddrPortFrom(netip.AddrFrom16(ownAddr.As16()), Mark)
		}, want: Own},
		{name: "of this host, another port", d: func(d *mcast.Datagram) { d.From = netip.AddrPortFrom(ownAddr, 5000) }, want: Carried},
		{name: "marked", d: func(d *mcast.Datagram) { d.From = netip.AddrPortFrom(talker.Addr(), Mark) }, want: Marked},
		{name: "marked, on standby", d: func(d *mcast.Datagram) { d.From = netip.AddrPortFrom(talker.Addr(), Mark) }, standby: true, want: Marked},
		{name: "a probe", d: func(d *mcast.Datagram) { d.Data = Probe{Bridge: NewName(), Nonce: 1}.Bytes() }, want: IsProbe},
		{name: "a marked probe", d: func(d *mcast.Datagram) {
			d.From, d.Data = netip.AddrPortFrom(talker.Addr(), Mark), Probe{Bridge: NewName(), Nonce: 1}.Bytes()
		}, want: IsProbe},
		{name: "a probe to the host", d: func(d *mcast.Datagram) { d.To, d.Data = ownAddr, Probe{Nonce: 1}.Bytes() }, want: NotHere},
		{name: "to the host", d: func(d *mcast.Datagram) { d.To = ownAddr }, want: NotHere},
		{name: "to another group", d: func(d *mcast.Datagram) { d.To = netip.MustParseAddr("239.9.9.9") }, want: NotHere},
		{name: "stray", d: func(d *mcast.Datagram) { d.Stray = true }, want: NotHere},
		{name: "on standby", standby: true, want: Standby},
		{name: "2 s old", at: 2 * time.Second, want: Carried},
		{name: "older", at: 2*time.Second + 1, want: Late},
		{name: "its source allowed", cfg: func(c *CarrierConfig) { c.From = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")} }, want: Carried},
		{name: "its source not allowed", cfg: func(c *CarrierConfig) { c.From = []netip.Prefix{netip.MustParsePrefix("10.0.1.0/24")} }, want: NotAllowed},
		{name: "too long", cfg: func(c *CarrierConfig) { c.MaxSize = 4 }, want: TooLong},
		{name: "as long as allowed", cfg: func(c *CarrierConfig) { c.MaxSize = 5 }, want: Carried},
		{name: "cut", d: func(d *mcast.Datagram) { d.Truncated = true }, want: TooLong},
		{name: "sites only", cfg: func(c *CarrierConfig) { c.SendOnly = true }, want: OneWay},
		{name: "listening", cfg: func(c *CarrierConfig) { c.ListenOnly = true }, want: Carried},
		{name: "empty", d: func(d *mcast.Datagram) { d.Data, d.Size = nil, 0 }, want: Carried},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, d := carrierOf(tt.cfg), datagram("hello")
			if tt.d != nil {
				tt.d(&d)
			}
			v := c.Heard(t0.Add(tt.at), d, !tt.standby)
			if v.Why != tt.want || (v.Message != nil) != (tt.want == Carried) {
				t.Fatalf("%q and %+v, want %q", v.Why, v.Message, tt.want)
			}
			if m := v.Message; m != nil && (m.Seq != 1001 || m.Site != "a" || m.Bridge != c.cfg.Bridge || m.From != d.From || m.Hops != 7 || !bytes.Equal(m.Data, d.Data)) {
				t.Errorf("message %+v", m)
			}
		})
	}
}

func TestHeardOverTheRate(t *testing.T) {
	c := carrierOf(nil)
	carried := map[Why]int{}
	for i := range 10 {
		carried[c.Heard(t0, datagram("hello"), true).Why]++
		if i == 9 && c.Heard(t0.Add(20*time.Millisecond), datagram("hello"), true).Message.Seq != 1004 {
			t.Error("a datagram over the rate took a sequence")
		}
	}
	if carried[Carried] != 3 || carried[Limited] != 7 {
		t.Errorf("of a burst of 3: %v", carried)
	}
	free := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	for range 1000 {
		if v := free.Heard(t0, datagram("hello"), true); v.Why != Carried {
			t.Fatalf("%q without a limit", v.Why)
		}
	}
}

func TestArrived(t *testing.T) {
	message := func(site, bridge string, seq uint64) Message {
		return Message{Group: simGroup, Site: site, Bridge: bridge, Seq: seq, From: talker, Data: []byte("hello")}
	}
	c := carrierOf(nil)
	steps := []struct {
		m       Message
		standby bool
		want    Why
	}{
		{m: message("a", "x", 1), want: OwnSite},
		{m: message("b", "x", 5), want: Resent},
		{m: message("b", "x", 5), want: Duplicate},
		{m: message("b", "x", 4), want: Duplicate},
		{m: message("b", "y", 4), want: Resent},
		{m: message("c", "x", 4), want: Resent}, // a process can be at two sites
		{m: message("b", "x", 6), standby: true, want: Standby},
		{m: message("b", "x", 6), want: Duplicate}, // the leader before has sent it
		{m: message("b", "x", 7), want: Resent},
		{m: message("b", "x", 8), want: Limited}, // the site's burst, of both its bridges
		{m: message("c", "x", 5), want: Resent},  // has one of its own
		{m: Message{Site: "b", Bridge: "x", Seq: 9, Data: make([]byte, MaxSize+1)}, want: TooLong},
		{m: message("b", string(make([]byte, 1000)), 9), want: TooLong},
	}
	for i, s := range steps {
		if v := c.Arrived(t0, s.m, !s.standby); v.Why != s.want || (v.Data != nil) != (s.want == Resent) {
			t.Errorf("step %d: %q and %q, want %q", i, v.Why, v.Data, s.want)
		}
	}
	listens := carrierOf(func(c *CarrierConfig) { c.ListenOnly = true })
	if v := listens.Arrived(t0, message("b", "x", 1), true); v.Why != OneWay || v.Data != nil {
		t.Errorf("a bridge that only listens: %q", v.Why)
	}
}

// The longest unheard sequence leaves.
func TestSequencesAreBounded(t *testing.T) {
	c := carrierOf(nil)
	m := Message{Site: "b", Seq: 1}
	for i := range maxStreams + 1 {
		m.Bridge = named(i)
		c.Arrived(t0.Add(time.Duration(i)*time.Millisecond), m, true)
		if i == maxStreams-1 {
			m.Bridge = named(0)
			c.Arrived(t0.Add(time.Duration(i)*time.Millisecond), Message{Site: "b", Bridge: named(0), Seq: 2}, true)
		}
	}
	if _, ok := c.streams[stream{"b", named(0)}]; !ok || len(c.streams) != maxStreams {
		t.Errorf("%d sequences, the one just heard: %v", len(c.streams), ok)
	}
	if _, ok := c.streams[stream{"b", named(1)}]; ok {
		t.Error("the longest unheard one is still there")
	}
}

func TestOneProbeInTenSeconds(t *testing.T) {
	c := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	var probes []time.Duration
	for i := range 400 { // the same payload from two senders, 10 a second
		at := t0.Add(time.Duration(i) * 100 * time.Millisecond)
		d := datagram("hello")
		d.At = at
		if i%2 == 1 {
			d.From = netip.MustParseAddrPort("10.0.0.8:5000")
		}
		v := c.Heard(at, d, true)
		if v.Why != Carried {
			t.Fatalf("repeat %d: %q", i, v.Why)
		}
		if v.Probe != nil {
			probes = append(probes, at.Sub(t0))
			if v.Report == nil {
				t.Error("the sites do not learn of the probe")
			}
		}
		if v := c.Tick(at, true); v.Probe != nil {
			t.Error("a probe without a reason")
		}
	}
	want := []time.Duration{500 * time.Millisecond, 10500 * time.Millisecond, 20500 * time.Millisecond, 30500 * time.Millisecond}
	if len(probes) != len(want) {
		t.Fatalf("probes at %v, want %v: the third suspicion, then every 10 s", probes, want)
	}
	for i := range want {
		if probes[i].Round(time.Second/2) != want[i] {
			t.Errorf("probes at %v, want %v", probes, want)
		}
	}
}

// What a program repeats by itself is no suspicion; what is repeated after a second neither.
func TestNoSuspicion(t *testing.T) {
	c := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	for i := range 100 {
		at := t0.Add(time.Duration(i) * 20 * time.Millisecond)
		d := datagram("hello")
		d.At = at
		if v := c.Heard(at, d, true); v.Probe != nil {
			t.Fatal("a probe for one sender's repeats")
		}
	}
	for i := range 20 {
		at := t0.Add(time.Minute + time.Duration(i)*1100*time.Millisecond)
		d := datagram("hello")
		d.At, d.From = at, netip.AddrPortFrom(talker.Addr(), uint16(6000+i))
		if v := c.Heard(at, d, true); v.Probe != nil {
			t.Fatal("a probe for repeats after a second")
		}
	}
	if n := c.doubts.last(); !n.IsZero() {
		t.Errorf("a suspicion at %v", n.Sub(t0))
	}
}

func BenchmarkHeard(b *testing.B) {
	c := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	d := datagram("a payload of some 200 bytes")
	d.Data = make([]byte, 200)
	now := t0
	b.ReportAllocs()
	for i := range b.N {
		now = now.Add(100 * time.Microsecond)
		d.At, d.Data[i%8] = now, byte(i)
		c.Heard(now, d, true)
	}
}

func TestHeardAllocates(t *testing.T) {
	c := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	d, now, i := datagram("0123456789"), t0, 0
	heard := func() {
		i++
		now = now.Add(100 * time.Microsecond)
		d.At, d.Data[i%8] = now, byte(i)
		c.Heard(now, d, true)
	}
	for range 30000 { // until the maps have grown
		heard()
	}
	if n := testing.AllocsPerRun(1000, heard); n > 1 {
		t.Errorf("%v allocations a datagram, want one: the Message", n)
	}
}
