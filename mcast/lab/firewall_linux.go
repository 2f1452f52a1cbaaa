package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Firewall drops the UDP datagrams that come in to the host, that go out, or
// both, except by lo. A send that is dropped fails with EPERM, and the host
// has no copy of it either. Neither lets everything through again.
func (n *Node) Firewall(in, out bool) error {
	if err := n.firewall(in, out); err != nil {
		return fmt.Errorf("lab: host %s: firewall: %w", n.name, err)
	}
	return nil
}

// firewall makes these rules:
//
//	nft table inet lab-firewall {
//		chain in  { type filter hook input  priority 0; iif != lo meta l4proto udp drop }
//		chain out { type filter hook output priority 0; oif != lo meta l4proto udp drop }
//	}
func (n *Node) firewall(in, out bool) error {
	c, err := nftables.New(nftables.WithNetNSFd(int(n.ns.file.Fd())))
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: "lab-firewall"}
	c.AddTable(table) // so that there is one to delete
	c.DelTable(table)
	if in || out {
		c.AddTable(table)
	}
	drop := func(name string, hook *nftables.ChainHook, by expr.MetaKey) {
		const lo = 1 // its index in every namespace
		chain := c.AddChain(&nftables.Chain{
			Name: name, Table: table, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityFilter,
		})
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
			&expr.Meta{Key: by, Register: unix.NFT_REG_1},
			&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(lo)},
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: unix.NFT_REG_1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{unix.IPPROTO_UDP}},
			&expr.Verdict{Kind: expr.VerdictDrop},
		}})
	}
	if in {
		drop("in", nftables.ChainHookInput, expr.MetaKeyIIF)
	}
	if out {
		drop("out", nftables.ChainHookOutput, expr.MetaKeyOIF)
	}
	return c.Flush()
}
