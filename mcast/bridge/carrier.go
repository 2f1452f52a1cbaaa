package bridge

import (
	"net/netip"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast"
)

// Limits of a [Carrier] where a [CarrierConfig] says nothing.
const (
	DefaultRate  = 50  // datagrams a second
	DefaultBurst = 200 // datagrams
)

// lateAfter is how long a datagram may have waited to be read.
const lateAfter = 2 * time.Second

// CarrierConfig says what a [Carrier] carries.
type CarrierConfig struct {
	Group  mcast.Group
	Site   string
	Bridge string // see [NewName]
	// Addrs are the interface's: what comes from them and Mark is the bridge's own. The
	// first is the one that it sends from.
	Addrs []netip.Addr
	// Networks are the interface's. They tell what a multicast router brought from beyond
	// them, when such a router is proven; none: unknown, then senders that the other site
	// named tell it.
	Networks []netip.Prefix
	// First is the sequence before the first message. It must lie above all that an
	// earlier process of the same name used: the start's UnixNano does.
	First uint64
	// Rate bounds the datagrams a second that are carried, and of each other site those
	// that are sent again; 0: no limit. Burst may come at once; 0: [DefaultBurst].
	Rate  float64
	Burst int
	// MaxSize bounds a payload, in bytes; 0: [MaxSize].
	MaxSize int
	// From, if it is not empty, has the networks whose datagrams are carried.
	From []netip.Prefix
	// ListenOnly sends nothing into the LAN, not even probes. SendOnly carries nothing from
	// it. Where two LANs are joined already, the one site that stays carries for both: it
	// should have neither.
	ListenOnly, SendOnly bool
	// Nonce returns the number of a probe, which must not be guessed; nil: a random one.
	Nonce func() uint64
}

// Carrier decides for one group on one LAN what is carried to other sites and what of
// theirs is sent again. It is not safe for concurrent use. It has no clock: times that it
// is given must not go back.
type Carrier struct {
	cfg CarrierConfig
	seq uint64

	bucket  *rate.Limiter // of the LAN; nil: no bound
	buckets map[string]bucket
	streams map[stream]position

	payloads payloads
	doubts   doubts
	saidMany bool

	probing
	joints
	strangers
}

// NewCarrier makes a Carrier.
func NewCarrier(cfg CarrierConfig) *Carrier {
	if cfg.MaxSize <= 0 {
		cfg.MaxSize = MaxSize
	}
	if cfg.Nonce == nil {
		cfg.Nonce = randomNonce
	}
	return &Carrier{
		cfg: cfg, seq: cfg.First,
		bucket:   newBucket(cfg.Rate, cfg.Burst),
		buckets:  make(map[string]bucket),
		streams:  make(map[stream]position),
		payloads: newPayloads(),
		probing:  newProbing(),
		joints:   newJoints(),
		strangers: strangers{
			seen: make(map[netip.Addr]stranger), friends: make(map[netip.Addr]friend),
		},
	}
}

// SetAddrs replaces the addresses of the interface.
func (c *Carrier) SetAddrs(addrs []netip.Addr) { c.cfg.Addrs = addrs }

// SetNetworks replaces the networks of the interface.
func (c *Carrier) SetNetworks(nets []netip.Prefix) { c.cfg.Networks = nets }

// Heard decides about a datagram from the LAN. leads says whether this bridge led when the
// kernel received it, which d.At is; the zero At is now. The Message has d.Data itself,
// not a copy.
func (c *Carrier) Heard(now time.Time, d mcast.Datagram, leads bool) Verdict {
	from := plain(d.From)
	here := !d.Stray && (!d.To.IsValid() || d.To.Unmap().WithZone("") == c.cfg.Group.Addr.WithZone(""))
	if p, ok := ParseProbe(d.Data); ok && here {
		return c.heardProbe(now, p, from, leads)
	}
	switch {
	case from.Port() == Mark && c.owns(from.Addr()):
		return Verdict{Why: Own}
	case from.Port() == Mark:
		return c.heardMarked(now, from.Addr(), leads && here)
	case !here:
		return Verdict{Why: NotHere}
	case !leads:
		return Verdict{Why: Standby}
	case !d.At.IsZero() && now.Sub(d.At) > lateAfter:
		return Verdict{Why: Late}
	case len(c.cfg.From) > 0 && !contains(c.cfg.From, from.Addr()):
		return Verdict{Why: NotAllowed}
	}
	return c.heardPlain(now, d, from)
}

// heardPlain decides about a datagram that no bridge sent.
func (c *Carrier) heardPlain(now time.Time, d mcast.Datagram, from netip.AddrPort) (v Verdict) {
	if c.stopped {
		return Verdict{Why: Joined}
	}
	h := c.payloads.hash(d.Data)
	if c.broughtOneWay(now, from, h) {
		return Verdict{Why: Joined}
	}
	if c.isCopy(now, from, h) {
		return Verdict{Why: Copy}
	}
	switch {
	case c.cfg.SendOnly:
		v.Why = OneWay
	case d.Truncated || max(len(d.Data), d.Size) > c.cfg.MaxSize:
		v.Why = TooLong
	case c.bucket != nil && !c.bucket.AllowN(now, 1):
		v.Why = Limited
	default:
		v.Why = Carried
		c.seq++
		v.Message = &Message{
			Group: c.cfg.Group, Site: c.cfg.Site, Bridge: c.cfg.Bridge, Seq: c.seq, From: d.From, Hops: d.Hops, Data: d.Data,
		}
	}
	if c.payloads.see(now, h, origin{from: from}, v.Why == Carried) {
		c.doubt(now, &v)
	}
	return v
}

// Arrived decides about a message of a site. leads says whether this bridge leads now. The
// Data of the Verdict is that of m, not a copy.
func (c *Carrier) Arrived(now time.Time, m Message, leads bool) (v Verdict) {
	switch {
	case m.Site == c.cfg.Site:
		return Verdict{Why: OwnSite}
	case len(m.Site) > maxName || len(m.Bridge) > maxName || len(m.Data) > c.cfg.MaxSize:
		return Verdict{Why: TooLong}
	case !c.isNew(now, m):
		return Verdict{Why: Duplicate}
	case !leads:
		return Verdict{Why: Standby}
	}
	from := plain(m.From)
	c.named(now, m.Site, from.Addr())
	if c.stopped || c.silent || c.comesIn(m.Site) {
		// What another reflector brings of it is expected.
		c.payloads.see(now, c.payloads.hash(m.Data), origin{m.Site, from}, true)
		return Verdict{Why: Joined}
	}
	switch {
	case c.cfg.ListenOnly:
		v.Why = OneWay
	case !c.allows(now, m.Site):
		v.Why = Limited
	default:
		v.Why, v.Data = Resent, m.Data
	}
	if c.payloads.see(now, c.payloads.hash(m.Data), origin{m.Site, from}, v.Why == Resent) {
		c.doubt(now, &v)
	}
	return v
}

// doubt counts a suspicion. The third within 10 s sends a probe.
func (c *Carrier) doubt(now time.Time, v *Verdict) {
	c.doubts.add(now)
	if c.doubts.within(now, suspicions) && c.mayProbe(now, probeEvery) {
		c.probe(now, v)
	}
	if !c.saidMany && !c.proven() && c.doubts.within(now, manyRepeats) {
		c.saidMany = true
		v.Findings = append(v.Findings, Finding{Name: ManyRepeats, Site: c.cfg.Site, Count: manyRepeats})
	}
}

// TickEvery is how often [Carrier.Tick] is to be called.
const TickEvery = 100 * time.Millisecond

// Tick does what is due: it is to be called every [TickEvery].
func (c *Carrier) Tick(now time.Time, leads bool) (v Verdict) {
	c.judge(now)
	c.noteStrange(now)
	v.Findings = append(c.findJoints(now, leads), c.findSecondHub(now)...)
	if c.saidMany && now.Sub(c.doubts.last()) >= proofFor {
		c.saidMany = false
	}
	if leads && (c.answer && c.mayProbe(now, answerAfter) || c.mayProbe(now, probeEvery) && (c.renewalDue(now) || c.unasked())) {
		c.probe(now, &v)
	}
	c.say(&v)
	return v
}

// owns is true of an address of the interface.
func (c *Carrier) owns(a netip.Addr) bool {
	return slices.ContainsFunc(c.cfg.Addrs, func(own netip.Addr) bool {
		return own.Unmap().WithZone("") == a
	})
}

// plain is a without a zone, and IPv4 where it can be.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

func contains(nets []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(nets, func(p netip.Prefix) bool { return p.Contains(a) })
}
