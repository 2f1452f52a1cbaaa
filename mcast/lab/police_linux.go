package lab

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// police limits the frames of every interface that has a wire to a switch.
func (l *Lab) police(t Topology) error {
	var links []*Link
	for _, h := range t.Hosts {
		for _, i := range h.Interfaces {
			links = append(links, l.nodes[h.Name].Link(i.Name))
		}
	}
	for some := range slices.Chunk(links, 32) { // the kernel's answers to more do not fit in the socket
		if err := l.policeAll(some, false); err != nil {
			return err
		}
	}
	return nil
}

// policeAll makes these rules at the switch's end of each interface's wire, where the host
// has no say. Who may administer the host may let a frame be many, which then count as one:
//
//	nft table netdev police-PORT { chain police {
//		type filter hook ingress device PORT priority 0;
//		limit rate over PACKETS/second burst PACKETS packets drop
//		limit rate over BYTES bytes/second burst BYTES bytes drop
//	} }
//
// again says that there may be one, of an interface of that name that was deleted.
func (l *Lab) policeAll(links []*Link, again bool) error {
	links = slices.DeleteFunc(links, func(i *Link) bool { return l.packets == 0 || i.node.cables[i.name].bridge == 0 })
	if len(links) == 0 {
		return nil
	}
	conn, err := nftables.New(nftables.WithNetNSFd(int(l.switches.file.Fd())))
	if err != nil {
		return fmt.Errorf("lab: limit frames: %w", err)
	}
	for _, i := range links {
		if err := i.splitFrames(); err != nil {
			return err
		}
		port := i.node.cables[i.name].port
		table := &nftables.Table{Family: nftables.TableFamilyNetdev, Name: fmt.Sprintf("police-%d", port)}
		if again {
			conn.AddTable(table) // so that there is one to delete
			conn.DelTable(table)
		}
		conn.AddTable(table)
		chain := conn.AddChain(&nftables.Chain{
			Name: "police", Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookIngress, Priority: nftables.ChainPriorityFilter, Device: portName(port),
		})
		limit := func(of expr.LimitType, most int) {
			conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
				&expr.Limit{Type: of, Rate: uint64(most), Unit: expr.LimitTimeSecond, Burst: uint32(min(uint64(most), math.MaxUint32)), Over: true},
				&expr.Verdict{Kind: expr.VerdictDrop},
			}})
		}
		limit(expr.LimitTypePkts, l.packets)
		const header = 18 // Ethernet's, with a tag of a VLAN
		limit(expr.LimitTypePktBytes, l.packets*(cmp.Or(i.node.cables[i.name].MTU, 1500)+header))
	}
	err = conn.Flush()
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOENT) {
		err = fmt.Errorf("the kernel has no nf_tables for a device's ingress (CONFIG_NF_TABLES_NETDEV, modules nf_tables and nft_limit): %w", err)
	}
	if err != nil {
		return fmt.Errorf("lab: limit frames: %w", err)
	}
	return nil
}

// splitFrames lets the kernel split what is sent with UDP_SEGMENT, or by TCP, before the
// wire, where each frame counts as one.
func (l *Link) splitFrames() error {
	return l.change("let no frame be many on", func(link netlink.Link) error { return l.node.ns.handle.LinkSetGSOMaxSegs(link, 1) })
}
