package doctor

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"syscall"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// readLinks reads the links of all interfaces, by index. Bridges are looked at for
// groups of one IP version.
func readLinks(is6 bool) (map[int]Link, error) {
	messages, err := rtnl.NewRequest(unix.RTM_GETLINK, nl.NewIfInfomsg(unix.AF_UNSPEC).Serialize()).Dump(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	links := map[int]Link{}
	tells := tellsQuerier()
	for _, b := range messages {
		if index, link, ok := parseLink(b, is6); ok {
			if bridge := link.Bridge; bridge != nil && bridge.Snooping && !bridge.Heard && !tells {
				link.Bridge = nil
			}
			links[index] = link
		}
	}
	for _, index := range slices.Sorted(maps.Keys(links)) {
		if bridge := links[links[index].Master].Bridge; bridge != nil {
			bridge.Ports = append(bridge.Ports, index)
		}
	}
	return links, nil
}

// tellsQuerier reports whether this kernel says which queriers a bridge knows
// of, as they do since Linux 5.16 (IFLA_BR_MCAST_QUERIER_STATE).
func tellsQuerier() bool {
	var name unix.Utsname
	var major, minor int
	if unix.Uname(&name) != nil {
		return false
	}
	_, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	return err == nil && (major > 5 || major == 5 && minor >= 16)
}

// addQueueDrops adds the drops of the interfaces' queues.
func addQueueDrops(links map[int]Link) error {
	messages, err := rtnl.NewRequest(unix.RTM_GETQDISC, (&nl.TcMsg{}).Serialize()).Dump(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("queues: %w", err)
	}
	for _, b := range messages {
		if index, kind, drops, ok := parseQueue(b); ok {
			update(links, index, func(link *Link) { link.Queue, link.QueueDrops = kind, link.QueueDrops+drops })
		}
	}
	return nil
}

// addDuplicates adds the addresses that another host was found to have.
func addDuplicates(links map[int]Link) error {
	messages, err := rtnl.NewRequest(unix.RTM_GETADDR, nl.NewIfAddrmsg(unix.AF_INET6).Serialize()).Dump(unix.NETLINK_ROUTE)
	if err != nil && !errors.Is(err, syscall.EOPNOTSUPP) { // which is a kernel without IPv6
		return fmt.Errorf("addresses: %w", err)
	}
	for index := range links {
		update(links, index, func(link *Link) { link.Duplicate = []netip.Addr{} })
	}
	for _, b := range messages {
		if index, addr, ok := parseDuplicate(b); ok {
			update(links, index, func(link *Link) { link.Duplicate = append(link.Duplicate, addr) })
		}
	}
	return nil
}

// addWireless marks the interfaces that are Wi-Fi, which the kernel's cfg80211
// knows. To ask for it by name would make the kernel load it.
func addWireless(links map[int]Link) error {
	families, err := rtnl.NewRequest(unix.GENL_ID_CTRL, (&nl.Genlmsg{Command: unix.CTRL_CMD_GETFAMILY, Version: 1}).Serialize()).Dump(unix.NETLINK_GENERIC)
	if errors.Is(err, syscall.EPROTONOSUPPORT) { // as where a filter of system calls refuses it, which lets no one see a radio
		return nil
	}
	if err != nil {
		return fmt.Errorf("netlink families: %w", err)
	}
	for _, b := range families {
		id, name := parseFamily(b)
		if name != "nl80211" {
			continue
		}
		radios, err := rtnl.NewRequest(id, (&nl.Genlmsg{Command: unix.NL80211_CMD_GET_INTERFACE}).Serialize()).Dump(unix.NETLINK_GENERIC)
		if err != nil {
			return fmt.Errorf("wireless interfaces: %w", err)
		}
		for _, b := range radios {
			update(links, parseRadio(b), func(link *Link) { link.Wireless = true })
		}
	}
	return nil
}

// update changes a link that is known.
func update(links map[int]Link, index int, change func(*Link)) {
	if link, ok := links[index]; ok {
		change(&link)
		links[index] = link
	}
}
