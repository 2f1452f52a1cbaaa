package bridge

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// Limits of a [Carrier] where a [CarrierConfig] says nothing.
const (
	DefaultRate  = 50  // datagrams a second
	DefaultBurst = 200 // datagrams
)

// CarrierConfig says what a [Carrier] carries.
type CarrierConfig struct {
	Group  mcast.Group
	Site   string
	Bridge string       // see [NewName]
	Addrs  []netip.Addr // of the interface: what comes from them and Mark is the bridge's own
	// First is the sequence before the first message. It must lie above all that an
	// earlier process of the same name used: the start's UnixNano does.
	First uint64
	// Rate bounds the datagrams a second that are carried, and of each other site those
	// that are sent again; 0: no limit. Burst may come at once.
	Rate  float64
	Burst int
	// MaxSize bounds a payload, in bytes; 0: [MaxSize].
	MaxSize int
	// From, if it is not empty, has the networks whose datagrams are carried.
	From []netip.Prefix
	// ListenOnly sends nothing into the LAN, SendOnly carries nothing from it.
	ListenOnly, SendOnly bool
	// Nonce returns the number of a probe; nil: a random one.
	Nonce func() uint64
}

// Carrier decides for one group on one LAN what is carried to other sites and what of
// theirs is sent again. It is not safe for concurrent use.
type Carrier struct {
	cfg CarrierConfig
	seq uint64
}

// NewCarrier makes a Carrier.
func NewCarrier(cfg CarrierConfig) *Carrier {
	return &Carrier{cfg: cfg, seq: cfg.First}
}

// SetAddrs replaces the addresses of the interface.
func (c *Carrier) SetAddrs(addrs []netip.Addr) { c.cfg.Addrs = addrs }

// Heard decides about a datagram from the LAN. leads says whether this bridge led when the
// kernel received it, which d.At is.
func (c *Carrier) Heard(now time.Time, d mcast.Datagram, leads bool) Verdict {
	if d.From.Port() == Mark {
		return Verdict{Why: Marked}
	}
	if !leads {
		return Verdict{Why: Standby}
	}
	c.seq++
	return Verdict{Why: Carried, Message: &Message{
		Group: c.cfg.Group, Site: c.cfg.Site, Bridge: c.cfg.Bridge, Seq: c.seq, From: d.From, Hops: d.Hops, Data: d.Data,
	}}
}

// Arrived decides about a message of a site. leads says whether this bridge leads now.
func (c *Carrier) Arrived(now time.Time, m Message, leads bool) Verdict {
	switch {
	case m.Site == c.cfg.Site:
		return Verdict{Why: OwnSite}
	case !leads:
		return Verdict{Why: Standby}
	}
	return Verdict{Why: Resent, Data: m.Data}
}

// Reported takes what a bridge says of a probe that it heard.
func (c *Carrier) Reported(now time.Time, r Report, leads bool) Verdict { return Verdict{} }

// Tick does what is due: it is to be called every [TickEvery].
func (c *Carrier) Tick(now time.Time, leads bool) Verdict { return Verdict{} }

// TickEvery is how often [Carrier.Tick] is to be called.
const TickEvery = 100 * time.Millisecond
