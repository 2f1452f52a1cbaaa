package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Filter drops one kind of packets of the host: reports (IGMP and ICMPv6 that go
// out), queries (IGMP that comes in), or answers (UDP that comes in to one of its
// addresses alone). off lets them all through again.
func (n *Node) Filter(what string) error {
	if err := n.filter(what); err != nil {
		return fmt.Errorf("lab: host %s: filter: %w", n.name, err)
	}
	return nil
}

// filter makes one of these chains:
//
//	nft table inet lab-filter {
//		chain reports { type filter hook output priority 0; meta l4proto { igmp, icmpv6 } drop }
//		chain queries { type filter hook input  priority 0; meta l4proto igmp drop }
//		chain answers { type filter hook input  priority 0; meta pkttype host meta l4proto udp drop }
//	}
func (n *Node) filter(what string) error {
	c, err := nftables.New(nftables.WithNetNSFd(int(n.ns.file.Fd())))
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: "lab-filter"}
	c.AddTable(table) // so that there is one to delete
	c.DelTable(table)
	if what == "off" {
		return c.Flush()
	}
	c.AddTable(table)
	chain := &nftables.Chain{Name: what, Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter}
	protocols := []byte{unix.IPPROTO_IGMP}
	var only []expr.Any
	switch what {
	case "reports":
		chain.Hooknum = nftables.ChainHookOutput
		protocols = append(protocols, unix.IPPROTO_ICMPV6)
	case "answers":
		protocols = []byte{unix.IPPROTO_UDP}
		only = []expr.Any{
			&expr.Meta{Key: expr.MetaKeyPKTTYPE, Register: unix.NFT_REG_1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{unix.PACKET_HOST}},
		}
	}
	c.AddChain(chain)
	for _, protocol := range protocols {
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: append(only[:len(only):len(only)],
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: unix.NFT_REG_1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{protocol}},
			&expr.Verdict{Kind: expr.VerdictDrop},
		)})
	}
	return c.Flush()
}
