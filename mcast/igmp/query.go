package igmp

import (
	"errors"
	"net/netip"
	"time"
)

// The defaults of a querier (RFC 3376, sections 8.1 to 8.3; RFC 3810, sections
// 9.1 to 9.3). With them another querier counts as gone after 255 s, and a member
// that does not answer after 260 s.
const (
	DefaultRobustness = 2
	DefaultInterval   = 125 * time.Second
	DefaultResponse   = 10 * time.Second
)

// QueryConfig is how a Querying asks. Only From has no default.
type QueryConfig struct {
	From       netip.Addr    // the address that it asks from: of IPv4, or link-local of IPv6
	Robustness int           // 1 to 7; 0: DefaultRobustness
	Interval   time.Duration // 1 s to 31,744 s, between general queries; 0: DefaultInterval
	Response   time.Duration // less than Interval, within which members answer; 0: DefaultResponse
}

// Querying is a querier's part in an election: when to send a general query, and
// when to be silent because another one, with a lower address, asks (RFC 3376,
// section 6.6.2; RFC 3810, section 7.6.2). It sends nothing itself, and it has no
// clock: all its times are its caller's. It asks about no single group, as it
// does not follow who leaves.
type Querying struct {
	config  QueryConfig
	startup int       // general queries left that follow one another quickly
	due     time.Time // of the next general query; zero: now
	other   netip.Addr
}

// NewQuerying makes a Querying whose first query is due at once. It fails for an
// address that nobody may ask from, and for numbers that a query cannot say.
func NewQuerying(c QueryConfig) (*Querying, error) {
	c.From = c.From.WithZone("")
	if c.Robustness == 0 {
		c.Robustness = DefaultRobustness
	}
	if c.Interval == 0 {
		c.Interval = DefaultInterval
	}
	if c.Response == 0 {
		c.Response = DefaultResponse
	}
	longest := time.Duration(value(1<<(mantissa8+4)-1, mantissa8))
	switch {
	case !c.From.IsValid() || c.From.Is4In6() || c.From.IsUnspecified() || c.From.IsMulticast() || c.From == broadcast || c.From.Is6() && !c.From.IsLinkLocalUnicast():
		return nil, errors.New("igmp: query: a query needs an IPv4 source address, or a link-local IPv6 one")
	case c.Robustness < 1 || c.Robustness > 7:
		return nil, errors.New("igmp: query: the robustness is not 1 to 7")
	case c.Interval < time.Second || c.Interval > longest*time.Second:
		return nil, errors.New("igmp: query: the interval is not 1 s to 31,744 s")
	case c.Response < tenth || c.Response >= c.Interval: // RFC 3376, section 8.3
		return nil, errors.New("igmp: query: the response time is not 0.1 s to less than the interval")
	}
	return &Querying{config: c, startup: c.Robustness}, nil
}

// Next reports whether a general query is to be sent now, and when to call it
// again. A query that it asks for counts as sent. The first ones, as many as the
// robustness, are a quarter of the interval apart (RFC 3376, sections 8.6 and
// 8.7). Late calls are not made up for: the next query is due a whole interval
// from now.
func (q *Querying) Next(now time.Time) (send bool, at time.Time) {
	if now.Before(q.due) {
		return false, q.due
	}
	q.other = netip.Addr{}
	wait := q.config.Interval
	if q.startup > 0 {
		if q.startup--; q.startup > 0 {
			wait /= 4
		}
	}
	q.due = now.Add(wait)
	return true, q.due
}

// Heard takes a message of the link. A query from a lower address silences q: for
// robustness times interval and half of the response time, 255 s by default
// (RFC 3376, section 8.5), or longer if that is so by what the query says, counted from the latest one. A
// switch that asks from 0.0.0.0 or :: is no querier and silences nobody
// (RFC 4541, section 2.1.1), and neither does what was not sent on this link.
func (q *Querying) Heard(m Message, at time.Time) {
	if m.Kind != Query || m.Hops != 1 || m.From.BitLen() != q.config.From.BitLen() || m.From.IsUnspecified() || !m.From.Less(q.config.From) {
		return
	}
	robustness, interval := m.Robustness, m.Interval
	if robustness == 0 {
		robustness = q.config.Robustness
	}
	if interval == 0 {
		interval = q.config.Interval
	}
	silence := max(presence(q.config.Robustness, q.config.Interval, q.config.Response), presence(robustness, interval, m.MaxResponse))
	q.other, q.startup, q.due = m.From, 0, at.Add(silence)
}

// presence is the other querier present interval.
func presence(robustness int, interval, response time.Duration) time.Duration {
	return time.Duration(robustness)*interval + response/2
}

// Other is the querier instead: the lower address that was heard last. It is
// invalid while q asks itself.
func (q *Querying) Other() netip.Addr { return q.other }

// Query is the general query that is to be sent, of IGMPv3 or MLDv2, to all hosts
// or all nodes: see AppendQuery.
func (q *Querying) Query() Message {
	m := Message{Family: IGMP, Kind: Query, Version: 3, From: q.config.From, To: netip.AddrFrom4([4]byte{224, 0, 0, 1}), Hops: 1,
		MaxResponse: q.config.Response, Robustness: q.config.Robustness, Interval: q.config.Interval}
	if m.From.Is6() {
		m.Family, m.Version, m.To = MLD, 2, netip.IPv6LinkLocalAllNodes()
	}
	return m
}
