package igmp

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/groupcast/groupcast/mcast/host"
)

// OpenAsker opens an Asker, which sends queries out of an interface, from one of
// its addresses. On Linux it is a raw socket, and needs CAP_NET_RAW, without
// which the error is fs.ErrPermission; elsewhere the error is
// errors.ErrUnsupported. IGMP alone can be asked for.
func OpenAsker(on host.Interface, from netip.Addr) (*Asker, error) {
	if !from.Is4() {
		return nil, fmt.Errorf("igmp: ask on %s: %w", on.Name, errors.New("a query needs an IPv4 address of the interface"))
	}
	a, err := openAsker(on.Index, from)
	if err != nil {
		return nil, fmt.Errorf("igmp: ask on %s: %w", on.Name, err)
	}
	return a, nil
}

// Ask sends a query to all hosts of the link, this one too, with a TTL of 1 and a
// router alert (RFC 3376, section 4).
func (a *Asker) Ask(m Message) error {
	b, err := AppendQuery(nil, m)
	if err != nil {
		return err
	}
	if err := a.send(b, m.To); err != nil {
		return fmt.Errorf("igmp: ask: %w", err)
	}
	return nil
}
