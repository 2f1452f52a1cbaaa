package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// police makes this rule at the switch's end of the interface's wire, where the host has
// no say:
//
//	nft table netdev police-PORT { chain police {
//		type filter hook ingress device PORT priority 0;
//		limit rate over PACKETS/second burst PACKETS packets drop
//	} }
func (l *Link) police(packets int) error {
	c, ok := l.node.cables[l.name]
	if !ok || c.port == 0 {
		return fmt.Errorf("it has no wire")
	}
	name := portName(c.port)
	conn, err := nftables.New(nftables.WithNetNSFd(int(c.lab.switches.file.Fd())))
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyNetdev, Name: fmt.Sprintf("police-%d", c.port)})
	chain := conn.AddChain(&nftables.Chain{
		Name: "police", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookIngress, Priority: nftables.ChainPriorityFilter, Device: name,
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Limit{Type: expr.LimitTypePkts, Rate: uint64(packets), Unit: expr.LimitTimeSecond, Burst: uint32(packets), Over: true},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	return conn.Flush()
}
