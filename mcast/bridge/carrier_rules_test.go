package bridge

import (
	"net/netip"
	"testing"
	"time"
)

// heardFrom is what becomes of a datagram.
func (c *Carrier) heardFrom(now time.Time, from netip.AddrPort, data string) Why {
	d := datagram(data)
	d.At, d.From = now, from
	return c.Heard(now, d, true).Why
}

// What a joint means at the site "m", with the site "x" of a lower or a higher name.
func TestJoints(t *testing.T) {
	tests := []struct {
		name                               string
		site                               string
		in, out                            bool
		host, brought, fromSite, fromThird Why
	}{
		{name: "apart", site: "a", host: Carried, brought: Carried, fromSite: Resent, fromThird: Resent},
		{name: "in", site: "a", in: true, host: Carried, brought: Joined, fromSite: Joined, fromThird: Joined},
		{name: "out", site: "a", out: true, host: Carried, brought: Carried, fromSite: Resent, fromThird: Resent},
		{name: "both ways with a lower name", site: "a", in: true, out: true, host: Joined, brought: Joined, fromSite: Joined, fromThird: Joined},
		{name: "both ways with a higher name", site: "x", in: true, out: true, host: Carried, brought: Carried, fromSite: Joined, fromThird: Resent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := siteOf("m")
			if tt.in {
				c.comes(t0, tt.site, reflector)
			}
			if tt.out {
				c.goesOut(t0, tt.site, reflector)
			}
			c.judge(t0)
			got := [4]Why{
				c.heardFrom(t0, talker, "1"), c.heardFrom(t0, reflector, "2"),
				c.Arrived(t0, Message{Site: tt.site, Seq: 1, Data: []byte("3")}, true).Why,
				c.Arrived(t0, Message{Site: "third", Seq: 1, Data: []byte("4")}, true).Why,
			}
			if want := [4]Why{tt.host, tt.brought, tt.fromSite, tt.fromThird}; got != want {
				t.Errorf("a program's, what is brought, the site's, a third site's: %q, want %q", got, want)
			}
		})
	}
}

// A mirror is expected to bring what was sent as often as it was sent, and no more often.
func TestMirrorBringsAsMany(t *testing.T) {
	c := siteOf("a")
	c.mirror(t0, reflector)
	for i, want := range []Why{Copy, Copy, Carried} {
		if i < 2 {
			c.Arrived(t0, Message{Site: "b", Seq: uint64(i + 1), Data: []byte("hello")}, true)
		}
		if why := c.heardFrom(t0, reflector, "hello"); why != want {
			t.Errorf("%d: %q, want %q", i, why, want)
		}
	}
	if why := c.heardFrom(t0, reflector, "else"); why != Carried {
		t.Errorf("what was not sent: %q", why)
	}
}

// The answer to a probe goes out at once, and the sites learn of it with the next Report.
func TestAnswer(t *testing.T) {
	for _, by := range []string{"tick", "report"} {
		a, b := siteOf("a"), siteOf("b")
		probe, sent := probeOf(t, a, t0)
		d := datagram("")
		d.From, d.Data = reflector, probe
		v := b.Heard(t0, d, true)
		if v.Probe == nil || v.Report == nil || v.Report.Probe.Nonce != digest(a.sent[0].probe.Nonce, "b", heardIt) {
			t.Fatalf("%+v", v)
		}
		if by == "tick" {
			v = b.Tick(t0, true)
		} else {
			v = b.Reported(t0, sent, true)
		}
		if v.Report == nil || v.Report.Probe.Nonce != digest(b.sent[0].probe.Nonce, "b", sentIt) {
			t.Errorf("%s: %+v", by, v.Report)
		}
	}
}

// A joint that is new is seen from both sides soon, also if the last probe was just before.
func TestAnswerSoonAfterAProbe(t *testing.T) {
	a, b := siteOf("a"), siteOf("b")
	probeOf(t, b, t0)
	now := t0.Add(300 * time.Millisecond)
	probe, sent := probeOf(t, a, now)
	hears(b, now, probe)
	if b.Tick(now, true).Probe != nil {
		t.Error("a probe for one that nobody claims")
	}
	b.Reported(now, sent, true)
	if b.Tick(now, true).Probe != nil {
		t.Error("two probes in a second")
	}
	if b.Tick(t0.Add(answerAfter), false).Probe != nil || b.Tick(t0.Add(answerAfter), true).Probe == nil {
		t.Error("want a probe of the leader after a second")
	}
	if b.Tick(t0.Add(2*answerAfter), true).Probe != nil {
		t.Error("and then one more")
	}
}

// While a joint is proven, a probe is sent every 30 s; one that is not answered is repeated
// after 10 s.
func TestRenewal(t *testing.T) {
	probes := func(c *Carrier) (at []time.Duration) {
		for now := t0; now.Before(t0.Add(65 * time.Second)); now = now.Add(TickEvery) {
			if c.Tick(now, true).Probe != nil {
				at = append(at, now.Sub(t0))
			}
		}
		return at
	}
	in, out, none := siteOf("a"), siteOf("a"), siteOf("a")
	in.comes(t0, "b", reflector)
	out.goesOut(t0, "b", reflector)
	for _, c := range []*Carrier{in, out, none} {
		c.lastProbe = t0
	}
	in.answer = false
	if got := probes(in); len(got) != 1 || got[0] != 30*time.Second {
		t.Errorf("in: probes at %v, want 30 s", got)
	}
	if got := probes(out); len(got) != 3 || got[0] != 30*time.Second || got[1] != 40*time.Second || got[2] != 50*time.Second {
		t.Errorf("out: probes at %v, want 30, 40 and 50 s", got)
	}
	if got := probes(none); len(got) != 0 {
		t.Errorf("apart: probes at %v", got)
	}
}

// An unknown bridge is probed for, at once or when that may be, and asked to probe itself.
func TestStranger(t *testing.T) {
	marked := func(c *Carrier, now time.Time, n byte) Verdict {
		d := datagram("hello")
		d.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), Mark)
		return c.Heard(now, d, true)
	}
	c := siteOf("a")
	v := marked(c, t0, 50)
	if v.Probe == nil || v.Report == nil || v.Report.From != netip.MustParseAddrPort("10.0.0.50:1236") {
		t.Fatalf("the first: %+v", v)
	}
	if v := marked(c, t0, 51); v.Probe != nil {
		t.Error("two probes at once")
	}
	if c.Tick(t0.Add(probeEvery-1), true).Probe != nil {
		t.Error("two probes in 10 s")
	}
	v = c.Tick(t0.Add(probeEvery), true)
	if v.Probe == nil || v.Report == nil || v.Report.From != netip.MustParseAddrPort("10.0.0.51:1236") {
		t.Errorf("the second: %+v", v)
	}

	asked := carrierOf(func(c *CarrierConfig) { c.Site, c.Addrs = "b", []netip.Addr{netip.MustParseAddr("10.0.0.51")} })
	if asked.Reported(t0, *v.Report, true); asked.Tick(t0, true).Probe == nil {
		t.Error("the bridge that was named sends no probe")
	}
	other := siteOf("b")
	if other.Reported(t0, *v.Report, true); other.Tick(t0, true).Probe != nil {
		t.Error("a bridge that was not named sends a probe")
	}
}

func TestPayloadsAreBounded(t *testing.T) {
	p := newPayloads()
	for i := range uint64(5 * maxPayloads) {
		p.see(t0, i, origin{}, true)
		if n := len(p.now) + len(p.old); n > maxPayloads {
			t.Fatalf("%d payloads in one second", n)
		}
	}
	if _, ok := p.get(t0, 5*maxPayloads-maxPayloads/2); !ok {
		t.Error("not even half of them is remembered")
	}
}
