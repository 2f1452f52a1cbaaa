package lab

import (
	"context"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// asSwitch lets a port flood and forget as its switch does.
func (ns *namespace) asSwitch(port int, s Switch) error {
	var attrs []*nl.RtAttr
	if s.NoFlood {
		attrs = append(attrs, nl.NewRtAttr(unix.IFLA_BRPORT_MCAST_FLOOD, nl.Uint8Attr(0)))
	}
	if s.FastLeave {
		attrs = append(attrs, nl.NewRtAttr(unix.IFLA_BRPORT_FAST_LEAVE, nl.Uint8Attr(1)))
	}
	if s.Limit > 0 {
		attrs = append(attrs, nl.NewRtAttr(unix.IFLA_BRPORT_MCAST_MAX_GROUPS, nl.Uint32Attr(uint32(s.Limit))))
	}
	if len(attrs) == 0 {
		return nil
	}
	return ns.setPort(port, attrs...)
}

// hang makes the cable between a switch and the one that it is on.
func (l *Lab) hang(s Switch, bridges map[string]int, on Switch) error {
	if s.On == "" {
		return nil
	}
	bridge := bridges[s.Name]
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MasterIndex, attrs.MTU, attrs.Flags = fmt.Sprintf("up#%d", bridge), bridge, 9000, net.FlagUp
	cable := netlink.NewVeth(attrs)
	cable.PeerName, cable.PeerMTU = fmt.Sprintf("down#%d", bridge), 9000
	h := l.switches.handle
	if err := h.LinkAdd(cable); err != nil {
		return err
	}
	far, err := h.LinkByName(cable.PeerName)
	if err != nil {
		return err
	}
	if err := h.LinkSetMasterByIndex(far, bridges[s.On]); err != nil {
		return err
	}
	if err := h.LinkSetUp(far); err != nil {
		return err
	}
	if err := l.switches.asSwitch(cable.Index, s); err != nil {
		return err
	}
	return l.switches.asSwitch(far.Attrs().Index, on)
}

// waitCables waits until the cables between switches carry frames.
func (l *Lab) waitCables(ctx context.Context, bridges map[string]int, t Topology) error {
	for _, s := range t.Switches {
		if s.On == "" {
			continue
		}
		for _, end := range []string{"up", "down"} {
			if err := l.switches.waitReady(ctx, fmt.Sprintf("%s#%d", end, bridges[s.Name])); err != nil {
				return fmt.Errorf("lab: cable of switch %s: %w", s.Name, err)
			}
		}
	}
	return nil
}
