package bridge

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var reflector = netip.MustParseAddrPort("10.0.0.99:40000")

// probeOf makes a carrier send a probe, and returns it with what it tells the sites.
func probeOf(t *testing.T, c *Carrier, now time.Time) ([]byte, Report) {
	t.Helper()
	for i := range 4 {
		d := datagram("hello")
		d.At, d.From = now, netip.AddrPortFrom(talker.Addr(), uint16(6000+i))
		if v := c.Heard(now, d, true); v.Probe != nil {
			return v.Probe, *v.Report
		}
	}
	t.Fatal("three suspicions sent no probe")
	return nil, Report{}
}

func siteOf(name string) *Carrier {
	return carrierOf(func(c *CarrierConfig) { c.Site = name })
}

// hears gives a probe to a carrier and returns its report.
func hears(c *Carrier, now time.Time, probe []byte) *Report {
	d := datagram("")
	d.At, d.From, d.Data = now, reflector, slices.Clone(probe)
	v := c.Heard(now, d, true)
	clear(d.Data)
	return v.Report
}

func TestProof(t *testing.T) {
	a, b, c := siteOf("a"), siteOf("b"), siteOf("c")
	standby := siteOf("b")
	probe, sent := probeOf(t, a, t0)
	heard := hears(b, t0, probe)
	hears(standby, t0, probe)
	if heard == nil {
		t.Fatal("a probe was heard and not reported")
	}
	if b.proven() || standby.proven() || a.proven() {
		t.Fatal("a proof before anything was reported")
	}
	for _, x := range []*Carrier{b, c, standby} {
		x.Reported(t0, sent, true)
	}
	for _, x := range []*Carrier{a, c, standby} {
		x.Reported(t0, *heard, true)
	}
	for x, want := range map[*Carrier]bool{a: true, b: true, standby: true, c: false} {
		if x.proven() != want {
			t.Errorf("site %s: proven %v", x.cfg.Site, !want)
		}
	}
	if a.peers["b"].is != outOnly || b.peers["a"].is != inOnly || standby.peers["a"].is != inOnly || b.peers["a"].by != reflector {
		t.Errorf("a: %+v, b: %+v, by %v", a.peers["b"].is, b.peers["a"].is, b.peers["a"].by)
	}
	for _, x := range []*Carrier{a, b} {
		x.Tick(t0.Add(proofFor-time.Nanosecond), true)
		if !x.proven() {
			t.Errorf("site %s: the proof ended within %v", x.cfg.Site, proofFor)
		}
		x.Tick(t0.Add(proofFor), true)
		if x.stopped || x.silent || x.comesIn("b") || x.comesIn("a") {
			t.Errorf("site %s: the proof holds after %v", x.cfg.Site, proofFor)
		}
	}
}

// A standby of the prober, which hears its probe on the LAN, knows where that came out.
func TestProofOfStandby(t *testing.T) {
	a, standby, b := siteOf("a"), siteOf("a"), siteOf("b")
	probe, sent := probeOf(t, a, t0)
	d := datagram("")
	d.From, d.Data = netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), Mark), probe
	if v := standby.Heard(t0, d, false); v.Why != IsProbe || v.Probe != nil || v.Report == nil {
		t.Errorf("%+v", v)
	}
	heard := hears(b, t0, probe)
	standby.Reported(t0, *heard, false) // in the other order
	standby.Reported(t0, sent, false)
	if p := standby.peers["b"]; p == nil || p.is != outOnly {
		t.Errorf("%+v", p)
	}
	if len(standby.bringers) > 0 {
		t.Errorf("the leader is taken for a mirror: %+v", standby.bringers)
	}
}

// Nobody who has not heard a probe, and no site in another's name, makes a proof.
func TestForgedProof(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	fresh := func() (a, b *Carrier, probe []byte, sent, heard Report) {
		a, b = siteOf("a"), siteOf("b")
		probe, sent = probeOf(t, a, t0)
		return a, b, probe, sent, *hears(siteOf("b"), t0, probe)
	}
	tests := []struct {
		name string
		do   func() *Carrier
	}{
		{"a guessed number", func() *Carrier {
			a, _, _, _, heard := fresh()
			for range 1000 {
				heard.Probe.Nonce = rnd.Uint64()
				a.Reported(t0, heard, true)
			}
			return a
		}},
		{"another site repeats a site's report", func() *Carrier {
			a, _, _, _, heard := fresh()
			heard.Site, heard.Bridge = "x", NewName()
			a.Reported(t0, heard, true)
			return a
		}},
		{"another site repeats what the prober said", func() *Carrier {
			_, b, probe, sent, _ := fresh()
			sent.Site, sent.Bridge = "x", NewName()
			hears(b, t0, probe)
			b.Reported(t0, sent, true)
			return b
		}},
		{"what was sent is said to be heard", func() *Carrier {
			a, _, _, sent, _ := fresh()
			sent.Site = "x"
			a.Reported(t0, sent, true)
			return a
		}},
		{"a host sends a probe of its own in a bridge's name", func() *Carrier {
			a, b, _, sent, _ := fresh()
			forged := Probe{Bridge: a.cfg.Bridge, Nonce: rnd.Uint64()}.Bytes()
			b.Reported(t0, sent, true)
			if r := hears(b, t0, forged); r != nil {
				a.Reported(t0, *r, true)
			}
			if a.proven() {
				return a
			}
			return b
		}},
		{"a probe is sent again later", func() *Carrier {
			a, b, probe, sent, _ := fresh()
			later := t0.Add(probeFor)
			b.Reported(t0, sent, true)
			if r := hears(b, later, probe); r != nil {
				a.Reported(later, *r, true)
			}
			if a.proven() {
				return a
			}
			return b
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c := tt.do(); c.proven() {
				t.Errorf("site %s: %v and %v", c.cfg.Site, c.peers, c.bringers)
			}
		})
	}
}

// Whatever comes from the LAN and from sites, memory stays bounded.
func TestHostileInput(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	c := carrierOf(func(c *CarrierConfig) { c.Rate = 0 })
	now := t0
	addr := func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(rnd.IntN(2)), byte(rnd.IntN(256)), byte(rnd.IntN(256))})
	}
	sites := make([]string, 3000)
	for i := range sites {
		sites[i] = fmt.Sprint("site-", i)
	}
	var last []Report
	reports, probes := 0, 0
	for range 20000 {
		now = now.Add(time.Duration(rnd.IntN(4)) * time.Millisecond)
		site := sites[rnd.IntN(len(sites))]
		var v Verdict
		switch rnd.IntN(6) {
		case 0:
			d := datagram(named(rnd.IntN(20000)))
			d.At, d.From = now, netip.AddrPortFrom(addr(), uint16(rnd.IntN(65536)))
			v = c.Heard(now, d, true)
		case 1:
			d := datagram("hello")
			d.From, d.To = netip.AddrPortFrom(addr(), Mark), []netip.Addr{{}, simGroup.Addr, ownAddr}[rnd.IntN(3)]
			v = c.Heard(now, d, true)
		case 2:
			d := datagram("")
			d.Data = Probe{Bridge: NewName(), Nonce: rnd.Uint64N(200)}.Bytes()[:rnd.IntN(2)*probeSize]
			d.From = netip.AddrPortFrom(addr(), uint16(rnd.IntN(65536)))
			v = c.Heard(now, d, true)
		case 3:
			v = c.Arrived(now, Message{Site: site, Bridge: NewName(), Seq: rnd.Uint64(), Data: []byte(named(rnd.IntN(20000)))}, true)
		case 4:
			r := Report{Probe: Probe{Nonce: digest(rnd.Uint64N(200), site, []word{heardIt, sentIt}[rnd.IntN(2)])}, Site: site}
			if rnd.IntN(2) == 0 {
				r.From, r.Addr = reflector, addr()
			}
			if len(last) > 0 && rnd.IntN(2) == 0 { // an own number is known to whoever heard it
				s := c.sent[len(c.sent)-1]
				r.Probe.Nonce = digest(s.probe.Nonce, site, heardIt)
			}
			v = c.Reported(now, r, true)
		case 5:
			v = c.Tick(now, rnd.IntN(2) == 0)
		}
		if v.Report != nil {
			reports++
			last = append(last[:0], *v.Report)
		}
		if v.Probe != nil {
			probes++
		}
	}
	for name, n := range map[string][2]int{
		"payloads": {len(c.payloads.now) + len(c.payloads.old), maxPayloads}, "sequences": {len(c.streams), maxStreams},
		"buckets": {len(c.buckets), maxStreams}, "sent": {len(c.sent), maxSent}, "heard": {len(c.heard), maxHeard},
		"notes": {len(c.notes), maxNotes}, "peers": {len(c.peers), maxPeers}, "bringers": {len(c.bringers), maxBringers},
		"strangers": {len(c.seen), maxStrangers}, "friends": {len(c.friends), maxFriends}, "senders": {len(c.senders), maxNamed},
	} {
		if n[0] > n[1] {
			t.Errorf("%s: %d, want at most %d", name, n[0], n[1])
		}
	}
	if span := now.Sub(t0); probes > int(span/time.Second)+1 || reports > 3*int(span/time.Second)+40 {
		t.Errorf("%d probes and %d reports in %v", probes, reports, span)
	}
}

func FuzzParseProbe(f *testing.F) {
	f.Add(Probe{Bridge: NewName(), Nonce: 7}.Bytes())
	f.Add([]byte{0xfe, 0x47, 0x42})
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, ok := ParseProbe(data); ok && string(p.Bytes()) != string(data) {
			t.Errorf("%x is read as %+v", data, p)
		}
	})
}
