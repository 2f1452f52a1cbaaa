package lab

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	mnl "github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The kernel keeps at most 1024 neighbours of each family for all network namespaces
// together (gc_thresh3 in arp(7)), and forgets none of the last five seconds. One host
// that sends to many addresses would take them from the computer's own network, and from
// every other host.
const (
	allNeighbours = 900 // that the hosts of a lab may have, all together
	minNeighbours = 8   // that each may have, however many hosts there are
	maxNeighbours = 32  // however few: a class may have many labs
	neighbourTime = 5 * time.Second
)

// share lets a host of so many have its share, and no more, of what the kernel has for all
// of them. The buffers of TCP are small, whose memory the kernel bounds for the whole
// computer; and these are the rules:
//
//	nft table inet lab-share {
//		set ipv4 { type ipv4_addr; size SHARE; timeout 5s; flags dynamic }
//		set ipv6 { type ipv6_addr; size SHARE; timeout 5s; flags dynamic }
//		chain out {
//			type filter hook output priority 0
//			oif lo accept
//			meta nfproto ipv4 ip daddr 224.0.0.0/4 accept
//			meta nfproto ipv4 update @ipv4 { ip daddr } accept
//			meta nfproto ipv6 ip6 daddr ff00::/8 accept
//			meta nfproto ipv6 update @ipv6 { ip6 daddr } accept
//			drop
//		}
//		chain through { type filter hook forward priority 0; the same }
//	}
//
// A send to one address more fails with EPERM. Groups do not count: the kernel forgets
// them first. The table belongs to a socket of this process, so that who may administer
// the host can neither change nor flush it.
func (n *Node) share(hosts int) error {
	if n.sharing != nil {
		return nil
	}
	for name, sizes := range map[string]string{"rmem": "4096 32768 131072", "wmem": "4096 16384 131072"} {
		if err := ignoreMissing(n.ns.sysctl("net.ipv4.tcp_"+name, sizes)); err != nil {
			return err
		}
	}
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: "lab-share"}
	c, err := nftables.New(nftables.WithNetNSFd(int(n.ns.file.Fd())), nftables.AsLasting(), nftables.WithSockOptions(own(table)))
	if err == nil {
		if err = n.fillShare(c, table, hosts); err != nil {
			_ = c.CloseLasting()
		}
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("the kernel has no sets of nf_tables (CONFIG_NF_TABLES_INET, module nf_tables): %w", err)
	}
	if err == nil {
		n.sharing = c
	}
	return err
}

// own makes a table that belongs to the socket, and ends with it (Linux 5.12).
func own(t *nftables.Table) nftables.SockOption {
	return func(c *mnl.Conn) error {
		const owner = 2                                               // NFT_TABLE_F_OWNER in linux/netfilter/nf_tables.h
		of := []byte{unix.AF_UNSPEC, 0, 0, unix.NFNL_SUBSYS_NFTABLES} // for which the batch is, in big endian
		b, err := mnl.MarshalAttributes([]mnl.Attribute{
			{Type: unix.NFTA_TABLE_NAME, Data: []byte(t.Name + "\x00")},
			{Type: unix.NFTA_TABLE_FLAGS, Data: binaryutil.BigEndian.PutUint32(owner)},
		})
		if err != nil {
			return err
		}
		message := func(number int, flags mnl.HeaderFlags, data []byte) mnl.Message {
			return mnl.Message{Header: mnl.Header{Type: mnl.HeaderType(number), Flags: mnl.Request | flags}, Data: data}
		}
		if _, err := c.SendMessages([]mnl.Message{
			message(unix.NFNL_MSG_BATCH_BEGIN, 0, of),
			message(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_NEWTABLE, mnl.Acknowledge|mnl.Create, append([]byte{byte(t.Family), 0, 0, 0}, b...)),
			message(unix.NFNL_MSG_BATCH_END, 0, of),
		}); err != nil {
			return err
		}
		_, err = c.Receive()
		return err
	}
}

func (n *Node) fillShare(c *nftables.Conn, table *nftables.Table, hosts int) error {
	families := []family{
		{"ipv4", unix.NFPROTO_IPV4, nftables.TypeIPAddr, 16, 4, 0xf0, 0xe0},
		{"ipv6", unix.NFPROTO_IPV6, nftables.TypeIP6Addr, 24, 16, 0xff, 0xff},
	}
	var sets []*nftables.Set
	for i, f := range families {
		s := &nftables.Set{
			Table: table, ID: uint32(i + 1), Name: f.name, KeyType: f.key, Dynamic: true, HasTimeout: true, Timeout: neighbourTime,
			Size: uint32(max(minNeighbours, min(maxNeighbours, allNeighbours/hosts))),
		}
		if err := c.AddSet(s, nil); err != nil {
			return err
		}
		sets = append(sets, s)
	}
	for name, hook := range map[string]*nftables.ChainHook{"out": nftables.ChainHookOutput, "through": nftables.ChainHookForward} {
		chain := c.AddChain(&nftables.Chain{
			Name: name, Table: table, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityFilter,
		})
		rule := func(exprs ...expr.Any) { c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: exprs}) }
		const lo = 1 // its index in every namespace
		accept := &expr.Verdict{Kind: expr.VerdictAccept}
		rule(&expr.Meta{Key: expr.MetaKeyOIF, Register: unix.NFT_REG_1},
			&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(lo)}, accept)
		for i, f := range families {
			rule(append(f.isGroup(), accept)...)
			rule(append(f.isNear(sets[i]), accept)...)
		}
		rule(&expr.Verdict{Kind: expr.VerdictDrop})
	}
	return c.Flush()
}

// family is one of IP.
type family struct {
	name        string
	number      byte
	key         nftables.SetDatatype
	offset, len uint32 // of the destination in the header, in bytes
	mask, group byte   // of its first byte, and what that is for groups
}

func (f family) is() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: unix.NFT_REG_1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{f.number}},
	}
}

func (f family) isGroup() []expr.Any {
	return append(f.is(),
		&expr.Payload{DestRegister: unix.NFT_REG_1, Base: expr.PayloadBaseNetworkHeader, Offset: f.offset, Len: 1},
		&expr.Bitwise{SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, Len: 1, Mask: []byte{f.mask}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{f.group}})
}

// isNear is met by an address in the set, and by one for which there is room.
func (f family) isNear(s *nftables.Set) []expr.Any {
	return append(f.is(),
		&expr.Payload{DestRegister: unix.NFT_REG_1, Base: expr.PayloadBaseNetworkHeader, Offset: f.offset, Len: f.len},
		&expr.Dynset{SrcRegKey: unix.NFT_REG_1, SetName: s.Name, SetID: s.ID, Operation: unix.NFT_DYNSET_OP_UPDATE, Timeout: neighbourTime})
}
