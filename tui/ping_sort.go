package tui

import (
	"cmp"
	"net/netip"
	"slices"
)

// pingSort is the order of the responders.
type pingSort uint8

const (
	byAppearance pingSort = iota
	byLoss
	byAverage
	byP99
	byAddress
	pingSortings
)

func (s pingSort) String() string {
	return [...]string{"appearance", "loss", "average", "p99", "address"}[s]
}

// apply sorts responders, the worst first. They come in order of appearance.
func (s pingSort) apply(list []PingResponder) {
	compare := map[pingSort]func(a, b PingResponder) int{
		byLoss:    func(a, b PingResponder) int { return cmp.Compare(b.loss(), a.loss()) },
		byAverage: func(a, b PingResponder) int { return cmp.Compare(b.Avg, a.Avg) },
		byP99:     func(a, b PingResponder) int { return cmp.Compare(b.P99, a.P99) },
		byAddress: func(a, b PingResponder) int { return a.From.Compare(b.From) },
	}[s]
	if compare != nil {
		slices.SortStableFunc(list, compare)
	}
}

// loss is the share that was lost, from 0 to 1.
func (r PingResponder) loss() float64 {
	if r.Received+r.Lost == 0 {
		return 0
	}
	return float64(r.Lost) / float64(r.Received+r.Lost)
}

// responderKey tells responders apart.
type responderKey struct {
	from    netip.AddrPort
	ifIndex int
}

func (r PingResponder) key() responderKey { return responderKey{r.From, r.IfIndex} }
