package changes

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
)

// Read takes a snapshot of a host. A part that cannot be read is left out, and
// the error says so: with the same error before and after, nothing of it seems
// changed.
func Read(n *lab.Node) (Snapshot, error) {
	s := Snapshot{}
	err := n.Do(func() error {
		links, err := s.links()
		return errors.Join(err, s.routes(links), s.rules(), s.memberships(), s.sockets(), s.firewall(), s.sysctls())
	})
	return s, err
}

func (s Snapshot) links() (names map[int]string, err error) {
	list, err := host.Interfaces()
	names = map[int]string{}
	for _, i := range list {
		names[i.Index] = i.Name
	}
	for _, i := range list {
		state := "down"
		if i.Flags&net.FlagUp != 0 {
			state = "up"
		}
		if i.Flags&net.FlagUp != 0 && !i.Carrier() {
			state += ", no carrier"
		}
		if i.Flags&net.FlagMulticast == 0 {
			state += ", no multicast"
		}
		if i.Master != 0 {
			state += ", port of " + cmp.Or(names[i.Master], "another")
		}
		s.add(Link, i.Name, fmt.Sprintf("%s, mtu %d, index %d", state, i.MTU, i.Index))
		for _, a := range i.Addrs {
			s.add(Address, fmt.Sprintf("%s on %s", a, i.Name), "")
		}
	}
	return names, err
}

// routes are those that a student sees with ip route, of every table but the kernel's own.
func (s Snapshot) routes(links map[int]string) error {
	list, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	for _, r := range list {
		if r.Table == unix.RT_TABLE_LOCAL || r.Flags&unix.RTM_F_CLONED != 0 {
			continue
		}
		name := "default"
		if r.Dst != nil {
			name = r.Dst.String()
		}
		switch name {
		case "0.0.0.0/0":
			name = "default"
		case "::/0":
			name = "default (IPv6)"
		}
		if r.Table != unix.RT_TABLE_MAIN {
			name += fmt.Sprintf(" in table %d", r.Table)
		}
		if r.Priority != 0 {
			name += fmt.Sprintf(" metric %d", r.Priority)
		}
		var words []string
		if kind := routeTypes[r.Type]; kind != "" {
			words = append(words, kind)
		}
		if r.Gw != nil {
			words = append(words, "via "+r.Gw.String())
		}
		if r.LinkIndex != 0 {
			words = append(words, "dev "+cmp.Or(links[r.LinkIndex], fmt.Sprint(r.LinkIndex)))
		}
		if r.Src != nil {
			words = append(words, "src "+r.Src.String())
		}
		value := strings.Join(words, " ")
		if before, twice := s[Fact{Route, name}]; twice { // fe80::/64 of each interface
			all := append(strings.Split(before, "; "), value)
			slices.Sort(all)
			value = strings.Join(all, "; ")
		}
		s.add(Route, name, value)
	}
	return err
}

var routeTypes = map[int]string{unix.RTN_UNREACHABLE: "unreachable", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw", unix.RTN_MULTICAST: "multicast"}

func (s Snapshot) rules() error {
	list, err := netlink.RuleList(netlink.FAMILY_ALL)
	for _, r := range list {
		if r.Table == unix.RT_TABLE_LOCAL && r.Priority <= 0 {
			continue
		}
		s.add(Rule, r.String(), "")
	}
	return err
}

func (s Snapshot) memberships() error {
	v4, err4 := host.IGMP()
	v6, err6 := host.MLD()
	for _, i := range append(v4, v6...) {
		for _, g := range i.Groups {
			s.add(Membership, fmt.Sprintf("%s on %s", g.Addr.WithZone(""), i.Name), "")
		}
	}
	return errors.Join(err4, err6)
}

// firstEphemeral to lastEphemeral are the ports that Linux chooses
// (net.ipv4.ip_local_port_range).
const firstEphemeral, lastEphemeral = 32768, 60999

func (s Snapshot) sockets() error {
	list4, err4 := host.ReadSockets(os.DirFS("/"), false)
	list6, err6 := host.ReadSockets(os.DirFS("/"), true)
	seen := map[uint64]bool{}
	count := map[string]int{}
	for _, socket := range append(list4, list6...) {
		port := socket.Local.Port()
		if seen[socket.Inode] || port >= firstEphemeral && port <= lastEphemeral {
			continue
		}
		seen[socket.Inode] = true
		count["UDP "+socket.Local.String()]++
	}
	for name, n := range count {
		value := ""
		if n > 1 {
			value = fmt.Sprintf("%d of them", n)
		}
		s.add(Socket, name, value)
	}
	return errors.Join(err4, err6)
}

// firewall has the chains with their policies and the number of their rules.
func (s Snapshot) firewall() error {
	if _, err := os.Stat("/sys/module/nf_tables"); err != nil {
		if _, err := os.Stat("/proc/sys/net/netfilter"); err != nil {
			return nil // to ask would load the module
		}
	}
	c, err := nftables.New()
	if err != nil {
		return err
	}
	chains, err := c.ListChains()
	for _, chain := range chains[:min(len(chains), 64)] {
		rules, e := c.GetRules(chain.Table, chain)
		if err == nil {
			err = e
		}
		value := fmt.Sprintf("%d rules", len(rules))
		if len(rules) == 1 {
			value = "1 rule"
		}
		if chain.Policy != nil && *chain.Policy == nftables.ChainPolicyDrop {
			value += ", policy drop"
		}
		s.add(Firewall, fmt.Sprintf("chain %s of table %s", chain.Name, chain.Table.Name), value)
	}
	return err
}

// watched are settings that exercises and students change, below /proc/sys/net.
var watched = []string{
	"ipv4/conf/*/rp_filter", "ipv4/conf/*/forwarding", "ipv4/conf/*/force_igmp_version", "ipv4/conf/*/accept_local",
	"ipv6/conf/*/force_mld_version", "ipv6/conf/*/disable_ipv6",
	"ipv4/igmp_max_memberships", "ipv4/igmp_max_msf", "ipv4/icmp_echo_ignore_broadcasts", "ipv4/ip_default_ttl",
	"core/rmem_default", "core/rmem_max", "core/wmem_default", "core/wmem_max",
}

func (s Snapshot) sysctls() error {
	for _, pattern := range watched {
		paths, _ := filepath.Glob("/proc/sys/net/" + pattern)
		for _, path := range paths {
			value, err := os.ReadFile(path)
			if err != nil {
				continue // an interface that went
			}
			name := strings.ReplaceAll(strings.TrimPrefix(path, "/proc/sys/"), "/", ".")
			s.add(Sysctl, name, strings.TrimSpace(string(value)))
		}
	}
	return nil
}
