package lab

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// police makes this rule at the switch's end of the interface's wire, where the host has
// no say:
//
//	nft table netdev police-PORT { chain police {
//		type filter hook ingress device PORT priority 0;
//		limit rate over PACKETS/second burst PACKETS packets drop
//	} }
//
// The kernel splits what is sent with UDP_SEGMENT, or by TCP, before the wire, so that a
// frame there is one of Ethernet.
func (l *Link) police(packets int) error {
	err := l.change("let no frame be many on", func(link netlink.Link) error { return l.node.ns.handle.LinkSetGSOMaxSegs(link, 1) })
	if err != nil {
		return err
	}
	c := l.node.cables[l.name]
	conn, err := nftables.New(nftables.WithNetNSFd(int(c.lab.switches.file.Fd())))
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyNetdev, Name: fmt.Sprintf("police-%d", c.port)}
	conn.AddTable(table) // so that there is one to delete, with what an interface that was deleted had
	conn.DelTable(table)
	conn.AddTable(table)
	chain := conn.AddChain(&nftables.Chain{
		Name: "police", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookIngress, Priority: nftables.ChainPriorityFilter, Device: portName(c.port),
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Limit{Type: expr.LimitTypePkts, Rate: uint64(packets), Unit: expr.LimitTimeSecond, Burst: uint32(packets), Over: true},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	err = conn.Flush()
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("the kernel has no nf_tables for a device's ingress (CONFIG_NF_TABLES_NETDEV, modules nf_tables and nft_limit): %w", err)
	}
	return err
}
