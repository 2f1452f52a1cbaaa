package lab

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// linkLocalTime is how long an interface may take to give itself a link-local
// address, in the background. On a busy machine that is seconds; some never do.
const linkLocalTime = 5 * time.Second

// waitLinkLocal waits until the interface's link-local IPv6 address can be
// used: until then there may be no source address (EADDRNOTAVAIL). It is
// tentative for a moment even without duplicate address detection, and with
// that moment the interface joins a group of its own for it (RFC 4861, section
// 7.2.1), which changes what /proc/net says of groups.
func (ns *namespace) waitLinkLocal(ctx context.Context, name string) error {
	link, err := ns.handle.LinkByName(name)
	if err != nil || !ns.makesLinkLocal(name) {
		return err
	}
	usable := func(a netlink.Addr) bool { return a.IP.IsLinkLocalUnicast() && a.Flags&unix.IFA_F_TENTATIVE == 0 }
	for deadline := time.Now().Add(linkLocalTime); time.Now().Before(deadline); {
		list, err := ns.handle.AddrList(link, netlink.FAMILY_V6)
		if err != nil || slices.ContainsFunc(list, usable) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no link-local address: %w", ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// makesLinkLocal reports whether the interface is to have a link-local IPv6
// address of its own accord.
func (ns *namespace) makesLinkLocal(name string) bool {
	is := map[string]string{}
	err := ns.do(func() error {
		for _, setting := range []string{"disable_ipv6", "addr_gen_mode"} {
			value, err := os.ReadFile("/proc/sys/net/ipv6/conf/" + name + "/" + setting)
			if err != nil {
				return err // without IPv6
			}
			is[setting] = strings.TrimSpace(string(value))
		}
		return nil
	})
	return err == nil && is["disable_ipv6"] == "0" && is["addr_gen_mode"] != "1"
}

// waitReady waits until the interface can carry datagrams. The carrier of a
// cable comes when its other end is switched on, and it carries nothing until
// the kernel's linkwatch has seen that (RFC 2863, ifOperStatus).
func (ns *namespace) waitReady(ctx context.Context, name string) error {
	for {
		link, err := ns.handle.LinkByName(name)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no carrier: %w", ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}
