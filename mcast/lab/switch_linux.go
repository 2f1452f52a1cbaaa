package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// queryResponse is how long members may take to answer a query. It is also
// how long a bridge floods every group after its first query, and IGMP cannot
// say less than a tenth of a second.
const queryResponse = 100 * time.Millisecond

const (
	ticks    = 100            // a second has, in USER_HZ
	oneQuery = 24 * time.Hour // how long a query is believed that no other follows
)

// snoop starts the queriers and returns when snooping switches forward groups to
// their members only. All hosts are there: each hears the first query, and
// answers in its version from the start, not from the next one half a minute on.
func (l *Lab) snoop(ctx context.Context, bridges map[string]int, t Topology) error {
	snooping := false
	for _, s := range t.Switches {
		snooping = snooping || s.Snooping
		if !s.Querier {
			continue
		}
		if s.MLD != 0 {
			if err := l.switches.hiddenAddress(ctx, s.Name); err != nil {
				return fmt.Errorf("lab: give switch %s an address for queries: %w", s.Name, err)
			}
		}
		if err := l.switches.startQuerier(bridges[s.Name], cmp.Or(s.IGMP, 3), cmp.Or(s.MLD, 2)); err != nil {
			return fmt.Errorf("lab: make switch %s a querier: %w", s.Name, err)
		}
	}
	if !snooping {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(queryResponse + 10*time.Millisecond): // no message says so
		return nil
	}
}

// startQuerier lets a bridge send general queries of IGMP, from 0.0.0.0 for want of
// an address (RFC 4541, section 2.1.1), and of MLD if it has an address.
func (ns *namespace) startQuerier(bridge, igmp, mld int) error {
	return ns.do(func() error {
		// Apart, because the kernel looks at the querier first whatever the order.
		return errors.Join(
			setBridge(bridge,
				nl.NewRtAttr(unix.IFLA_BR_MCAST_IGMP_VERSION, nl.Uint8Attr(uint8(igmp))),
				nl.NewRtAttr(unix.IFLA_BR_MCAST_MLD_VERSION, nl.Uint8Attr(uint8(mld))),
				nl.NewRtAttr(unix.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, nl.Uint64Attr(uint64(queryResponse*ticks/time.Second)))),
			setBridge(bridge, nl.NewRtAttr(unix.IFLA_BR_MCAST_QUERIER, nl.Uint8Attr(1))))
	})
}

// setBridge changes a bridge of the thread's namespace.
func setBridge(index int, attrs ...*nl.RtAttr) error {
	message := nl.NewIfInfomsg(unix.AF_UNSPEC)
	message.Index = int32(index)
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated("bridge"))
	data := info.AddRtAttr(unix.IFLA_INFO_DATA, nil)
	for _, a := range attrs {
		data.AddChild(a)
	}
	request := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	request.AddData(message)
	request.AddData(info)
	_, err := request.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// toRouter lets a snooping switch send every group to a port, as a router
// there would ask for (RFC 4541, section 2.1.1).
func (ns *namespace) toRouter(port int) error {
	const always = 2 // MDB_RTR_TYPE_PERM in linux/if_bridge.h
	return ns.setPort(port, nl.NewRtAttr(unix.IFLA_BRPORT_MULTICAST_ROUTER, nl.Uint8Attr(always)))
}

// setPort changes a port of a bridge.
func (ns *namespace) setPort(port int, attrs ...*nl.RtAttr) error {
	return ns.do(func() error {
		message := nl.NewIfInfomsg(unix.AF_BRIDGE)
		message.Index = int32(port)
		info := nl.NewRtAttr(unix.IFLA_PROTINFO|unix.NLA_F_NESTED, nil)
		for _, a := range attrs {
			info.AddChild(a)
		}
		request := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
		request.AddData(message)
		request.AddData(info)
		_, err := request.Execute(unix.NETLINK_ROUTE, 0)
		return err
	})
}
