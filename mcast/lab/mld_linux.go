package lab

import (
	"context"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
)

// hiddenAddress gives a bridge a link-local address, without which it does not ask
// by MLD (br_ip6_multicast_alloc_query in net/bridge/br_multicast.c). Its own
// queries go to the ports past these chains, which keep everything else from it
// and of it, so that no host sees the switch:
//
//	nft table netdev hidden-lan {
//		chain in  { type filter hook ingress device lan priority 0; drop }
//		chain out { type filter hook egress  device lan priority 0; drop }
//	}
func (ns *namespace) hiddenAddress(ctx context.Context, bridge string) error {
	c, err := nftables.New(nftables.WithNetNSFd(int(ns.file.Fd())))
	if err != nil {
		return err
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyNetdev, Name: "hidden-" + bridge})
	for name, hook := range map[string]*nftables.ChainHook{"in": nftables.ChainHookIngress, "out": nftables.ChainHookEgress} {
		chain := c.AddChain(&nftables.Chain{
			Name: name, Table: table, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityFilter, Device: bridge,
		})
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	}
	if err := c.Flush(); err != nil {
		return err
	}
	for _, s := range []struct{ name, value string }{{"accept_dad", "0"}, {"disable_ipv6", "0"}} {
		if err := ns.sysctl("net/ipv6/conf/"+bridge+"/"+s.name, s.value); err != nil {
			return ignoreMissing(err)
		}
	}
	link, err := ns.handle.LinkByName(bridge)
	if err != nil || link.Attrs().OperState != netlink.OperUp {
		return err // without a carrier there is nobody to ask
	}
	return ns.waitLinkLocal(ctx, bridge)
}
