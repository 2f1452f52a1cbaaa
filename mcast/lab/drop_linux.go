package lab

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Drop loses that percentage, 0 to 100, of the frames that reach the interface,
// at random and each on its own: ARP and ND as well as datagrams. It replaces
// what was set before; 0 loses nothing. Sent frames are not touched, and packet
// sockets (tcpdump) still see what is lost.
func (l *Link) Drop(percent int) error {
	op := fmt.Sprintf("drop %d %% on", percent)
	if percent < 0 || percent > 100 {
		return l.failed(op, fmt.Errorf("%d is not a percentage", percent))
	}
	err := l.drop(uint32(percent))
	if err == nil {
		l.node.lossy.Store(l.name, percent > 0)
	}
	return l.failed(op, err)
}

// drop makes this rule:
//
//	nft table netdev lab-eth0 { chain drop {
//		type filter hook ingress device eth0 priority 0;
//		numgen random mod 100 < PERCENT counter drop
//	} }
func (l *Link) drop(percent uint32) error {
	if _, err := l.node.ns.handle.LinkByName(l.name); err != nil {
		return err
	}
	c, err := nftables.New(nftables.WithNetNSFd(int(l.node.ns.file.Fd())))
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyNetdev, Name: l.dropTable()}
	c.AddTable(table) // so that there is one to delete
	c.DelTable(table)
	if percent > 0 {
		c.AddTable(table)
		chain := c.AddChain(&nftables.Chain{
			Name: "drop", Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookIngress, Priority: nftables.ChainPriorityFilter, Device: l.name,
		})
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
			&expr.Numgen{Register: unix.NFT_REG_1, Modulus: 100, Type: unix.NFT_NG_RANDOM},
			// The kernel compares byte by byte, which is right in either byte
			// order for numbers of one byte.
			&expr.Cmp{Op: expr.CmpOpLt, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(percent)},
			&expr.Counter{},
			&expr.Verdict{Kind: expr.VerdictDrop},
		}})
	}
	return c.Flush()
}

func (l *Link) dropTable() string { return "lab-" + l.name }

// dropped is how many frames Drop has lost since it was last called, and whether its rule
// is there: a command in the host may have deleted it.
func (l *Link) dropped() (n uint64, loses bool, err error) {
	if lossy, _ := l.node.lossy.Load(l.name); lossy != true {
		return 0, false, nil
	}
	c, err := nftables.New(nftables.WithNetNSFd(int(l.node.ns.file.Fd())))
	if err != nil {
		return 0, false, err
	}
	rules, err := c.GetRules(&nftables.Table{Family: nftables.TableFamilyNetdev, Name: l.dropTable()}, &nftables.Chain{Name: "drop"})
	if errors.Is(err, unix.ENOENT) {
		return 0, false, nil
	}
	for _, r := range rules {
		for _, e := range r.Exprs {
			if counter, ok := e.(*expr.Counter); ok {
				n += counter.Packets
			}
		}
	}
	return n, len(rules) > 0, err
}
