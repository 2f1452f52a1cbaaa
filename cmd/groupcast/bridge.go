package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// mostBridgeRate bounds --rate, in datagrams a second.
const mostBridgeRate = 1e6

func newBridge(set *settings) *cobra.Command {
	b := &bridgeCommand{set: set, rate: bridge.DefaultRate, maxSize: bridge.MaxSize}
	cmd := &cobra.Command{
		Use:   "bridge GROUP[:PORT]...",
		Short: "Carry chosen groups between networks that multicast does not cross",
		Long: `Carry the datagrams of groups from one LAN to others. With several -i and no --hub, the LANs are those of this host's
interfaces. With --hub, each LAN is a site with a bridge of its own, and all bridges connect to one hub, which
groupcast hub starts. Several bridges of one site stand by for each other: one leads.

Every host on a bridged LAN can send to all of them: --from and --rate limit that, and only the named groups are
carried. A bridge sends again from its own address, from port 1236, with --ttl. A unicast answer reaches the bridge
only, never the program that asked: protocols that answer by unicast, as searches of SSDP do, do not work across a
bridge. Now and then a bridge sends a probe of 19 bytes into a group (it begins with FE 47 42) to see whether
two LANs are joined already: every member of the group receives it.

Members of a group (groupcast chat) talk in frames, too, on the port after the group's. They cross, so members of all
sites see each other, what was lost is sent again, and sealed rooms stay sealed: no bridge needs a key. A bridge is a
member itself. It holds what was said in the open room, and says for the LAN what programs send as plain text. Lines of
members wait while the hub is away. Facts, mesh numbers and other unicast of members never cross.

It ends at ctrl+c or after --timeout, and prints totals. Carried is what was given to the hub, whether or not another
site carries the group. -v prints a line for each datagram. --json prints the objects
bridging, hub, site, lease and finding as they happen, stats every 10 seconds and at the end, and then totals; with -v
also carried, resent and dropped.`,
		Example: `  groupcast bridge -i eth0 -i eth1 239.1.2.3:5000        two rooms wired to this host
  groupcast bridge --hub room-1.hub -i eth0 239.1.2.3    this room, by a hub: groupcast hub --site room-1
  groupcast bridge status --hub room-1.hub               how all bridges of the hub stand
  groupcast bridge --hub tls://nats.example:4222 --site room-1 --creds room-1.creds -i eth0 239.1.2.3`,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			b.out, b.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			b.plainNamed = cmd.Flags().Changed("plain-only")
			if len(args) == 0 {
				return usageError{&mcast.Advised{Err: errors.New("bridge: name the groups to carry: only those cross"), Advice: "groupcast bridge -i eth0 -i eth1 239.1.2.3:5000"}}
			}
			groups, err := b.groupsToCarry(cmd, args)
			if err != nil {
				return err
			}
			if err := b.check(cmd.Flags().Changed, args); err != nil { // its hints name the groups
				return usageError{err}
			}
			return b.run(cmd.Context(), groups)
		},
	}
	flags := cmd.Flags()
	set.has(cmd, "family", "interface", "ttl", "json", "quiet", "trace")
	flags.Lookup("interface").Usage = "the interface `NAME|INDEX|ADDRESS` of a LAN; several: each is a LAN of its own"
	flags.Lookup("ttl").Usage = "TTL (IPv6: hop limit) of what is sent into the LANs, 1 to 255"
	timeoutFlag(flags, &b.timeout)
	verboseFlag(flags, &b.verbose, "print what happens to each datagram")
	b.hub.flags(cmd)
	flags.Var((*rateValue)(&b.rate), "rate", "carry at most this many datagrams a second of each group, after a burst of 4 times as many, and send again as many of each site; 0: no limit")
	bytesFlag(flags, &b.maxSize, "max-size", b.maxSize, "carry no larger payload, in bytes")
	flags.Var((*prefixesValue)(&b.from), "from", "carry only what comes from this `PREFIX` of addresses, such as 10.1.0.0/16; several: from any of them")
	flags.BoolVar(&b.listenOnly, "listen-only", false, "carry from this LAN, and send nothing into it")
	flags.BoolVar(&b.sendOnly, "send-only", false, "send into this LAN, and carry nothing from it")
	flags.BoolVar(&b.plainOnly, "plain-only", false, "carry plain datagrams only, and no frames of members (the default in groups that a standard uses; =false carries them there, too)")
	flags.BoolVar(&b.announcements, "announcements", false, "permit 239.255.255.250 (SSDP, WS-Discovery): announcements cross, searches are not answered")
	for _, name := range []string{"timeout", "rate", "max-size", "from"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	cmd.AddCommand(newBridgeStatus(set))
	return cmd
}

// check looks at the flags alone.
func (b *bridgeCommand) check(named func(flag string) bool, groups []string) error {
	set := b.set
	switch {
	case b.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", b.timeout)
	case set.ttl == 0:
		return errors.New("--ttl 0: want 1 to 255: with 0 nothing would leave this host")
	case set.ttl < 0 || set.ttl > 255:
		return fmt.Errorf("--ttl %d: want 1 to 255", set.ttl)
	case b.rate < 0 || b.rate > mostBridgeRate:
		return fmt.Errorf("--rate %g: want 0 (no limit) to %d datagrams a second", b.rate, int(mostBridgeRate))
	case b.maxSize < 1 || b.maxSize > bridge.MaxSize:
		return fmt.Errorf("--max-size %d: want 1 to %d bytes", b.maxSize, bridge.MaxSize)
	case b.listenOnly && b.sendOnly:
		return errors.New("--listen-only and --send-only: one of them, or none")
	}
	for _, name := range set.interfaces {
		if name == host.KernelDefault {
			return &mcast.Advised{Err: errors.New("-i default: a bridge names its LANs"), Advice: "groupcast interfaces lists the interfaces of this host"}
		}
	}
	if b.hub.at != "" {
		return b.hub.check()
	}
	for _, name := range []string{"site", "creds", "tls-ca", "js-domain"} {
		if named(name) {
			return &mcast.Advised{Err: fmt.Errorf("--%s is about a hub, and none is named", name), Advice: "name it: --hub tls://HOST:4222"}
		}
	}
	switch {
	case b.listenOnly || b.sendOnly:
		return errors.New("--listen-only and --send-only are for one LAN of a hub: without --hub nobody would receive anything")
	case len(set.interfaces) < 2:
		list, _ := host.Interfaces()
		return &mcast.Advised{
			Err:    errors.New("bridge: without --hub it needs the interfaces of two LANs at least"),
			Advice: commandOfLANs(list, set.interfaces, groups),
		}
	}
	return nil
}

// commandOfLANs is a command that names two interfaces of this host, those of the user first;
// with a hub, if there is one LAN only.
func commandOfLANs(list []host.Interface, named, groups []string) string {
	var words, names []string
	for _, g := range groups {
		words = append(words, shellWord(g))
	}
	usable := func(i host.Interface) bool {
		return i.Up() && !i.Loopback() && (i.Usable(netip.IPv4Unspecified()) || i.Usable(netip.IPv6Unspecified()))
	}
	for _, name := range named {
		if i, err := host.Find(list, name); err == nil {
			names = append(names, i.Name)
		}
	}
	for _, i := range list {
		if usable(i) && len(names) < 2 && !slices.Contains(names, i.Name) {
			names = append(names, i.Name)
		}
	}
	what := strings.Join(words, " ")
	switch len(names) {
	case 0:
		return "groupcast interfaces lists the interfaces of this host"
	case 1:
		return fmt.Sprintf("this host has one LAN, %s: groupcast bridge --hub FILE -i %s %s", chat.CleanRow(names[0]), shellWord(names[0]), what)
	}
	return fmt.Sprintf("groupcast bridge -i %s -i %s %s; or name the hub: --hub FILE", shellWord(names[0]), shellWord(names[1]), what)
}

// groupsToCarry are the groups that the arguments name. Each may be refused.
func (b *bridgeCommand) groupsToCarry(cmd *cobra.Command, args []string) ([]mcast.Group, error) {
	groups, err := b.set.groups(cmd, args)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		zone := g.Addr.Zone()
		g.Addr = g.Addr.WithZone("")
		if err := bridge.Refuse(g, b.announcements); err != nil {
			return nil, usageError{err}
		}
		if zone != "" {
			return nil, usageError{&mcast.Advised{
				Err:    fmt.Errorf("zone %q: each LAN of a bridge has an interface of its own, so a group has no zone", zone),
				Advice: fmt.Sprintf("name the interface by -i %s, and the group as %s", shellWord(zone), g),
			}}
		}
	}
	if len(groups) > bridge.MaxGroups {
		return nil, usageError{fmt.Errorf("bridge: %d groups: want %d at most", len(groups), bridge.MaxGroups)}
	}
	return groups, nil
}

// prefixesValue is networks on the command line.
type prefixesValue []netip.Prefix

// Set implements pflag.Value. It adds one, or several between commas.
func (v *prefixesValue) Set(text string) error {
	var list []netip.Prefix
	for one := range strings.SplitSeq(text, ",") {
		p, err := netip.ParsePrefix(one)
		if a, e := netip.ParseAddr(one); e == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() || p.Addr().IsMulticast() {
			return errors.New("want a network of senders, such as 10.1.0.0/16, or an address")
		}
		list = append(list, p.Masked())
	}
	if *v = append(*v, list...); len(*v) > mostPrefixes {
		return fmt.Errorf("want %d networks at most", mostPrefixes)
	}
	return nil
}

// mostPrefixes bounds what each datagram is compared with.
const mostPrefixes = 64

// String implements pflag.Value.
func (v *prefixesValue) String() string {
	var all []string
	for _, p := range *v {
		all = append(all, p.String())
	}
	return strings.Join(all, ",")
}

// Type implements pflag.Value.
func (v *prefixesValue) Type() string { return "string" }

// burst is how many datagrams may come at once, if so many may come in a second.
func burst(rate float64) int { return max(1, int(4*rate)) }

// statsEvery is how often --json prints stats, and how often an absent hub is said.
const statsEvery = 10 * time.Second
