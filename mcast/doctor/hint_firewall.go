package doctor

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// openPort says how to let the group in through this host's firewall.
func (f Facts) openPort(in Intent) []string {
	hints := f.letThrough(in, true)
	queries := "IGMP"
	if in.Group.Addr.Is6() {
		queries = "MLD"
	}
	if _, is := carriedBy(in.Group.Addr); !is {
		hints = append(hints, "let the queries of "+queries+" in as well, or switches forget the membership: groupcast explain firewall-in has the rule")
	}
	return hints
}

// letOut says how to let the group out.
func (f Facts) letOut(in Intent) []string { return f.letThrough(in, false) }

// letThrough lists what to do by the tools that are there, and where the drop
// stands. Nothing is said of a tool that is not there.
func (f Facts) letThrough(in Intent, inward bool) []string {
	t := traffic{group: in.Group.Addr.WithZone(""), port: in.Group.Port, in: inward}
	var hints []string
	if p, is := carriedBy(t.group); is {
		t.protocol = p.number
		hints = append(hints, fmt.Sprintf("%s is for %s, which is IP protocol %d, and not UDP", t.group, p.name, p.number))
	}
	if f.Firewall == nil {
		return append(hints, f.hidden(in, t)...)
	}
	return append(hints, f.where(t)...)
}

// hidden is what to do where the rules cannot be read.
func (f Facts) hidden(in Intent, t traffic) []string {
	hints := []string{"as root, ask again, which says what chain drops: " + doctorCommand(in, "--probe")}
	switch {
	case f.has("nft"):
		hints = append(hints, "as root, look at the rules: nft list ruleset")
	case f.has(t.iptables()):
		hints = append(hints, "as root, look at the rules: "+t.iptables()+" -S",
			"as root, if they are the ones that drop: "+t.iptablesRule())
	default:
		hints = append(hints, "no program that lists a firewall's rules was found (nft, iptables): if this is a container, ask its host")
	}
	if f.has("firewall-cmd") {
		hints = append(hints, t.firewalld())
	}
	if f.has("ufw") {
		hints = append(hints, "as root, ufw is switched on: "+t.ufw())
	}
	return hints
}

// where is what to do in the chains that can have dropped it. The packet has to
// be accepted in each of them.
func (f Facts) where(t traffic) []string {
	var hints, commands, missing []string
	found := false
	for _, c := range f.Firewall {
		if c.In != t.in || !t.passes(c) {
			continue
		}
		found = true
		switch {
		case c.Table == "firewalld" && f.has("firewall-cmd"):
			hints = append(hints, t.firewalld())
		case f.has("ufw") && c.ofIPTables():
			commands = append(commands, t.ufw())
		case f.has("nft") && plainName().MatchString(c.Table) && plainName().MatchString(c.Name):
			commands = append(commands, t.nftRule(c))
		case f.has(t.iptables()) && c.ofIPTables():
			commands = append(commands, t.iptablesRule())
		default:
			missing = append(missing, fmt.Sprintf("%s of table %s %s", c.Name, c.Family, c.Table))
		}
	}
	direction := map[bool]string{true: "in", false: "out"}[t.in]
	if len(commands) > 0 {
		hints = append(hints, fmt.Sprintf("as root, let the group %s where something is dropped: %s", direction, strings.Join(slices.Compact(commands), " && ")))
	}
	if len(missing) > 0 {
		hints = append(hints, fmt.Sprintf("let the group %s at the head of the chain %s", direction, enumerate(missing)))
	}
	if !found {
		hints = append(hints, "no chain of nft drops on the way "+direction+": look at the filters of tc, at eBPF, and at rules that were made by an old iptables")
		if f.has(t.iptables()) {
			hints = append(hints, "as root, look at its rules: "+t.iptables()+" -S")
		}
	}
	return slices.Compact(hints)
}

// letThroughEgress is letOut where it is known that an interface's egress drops it.
func (f Facts) letThroughEgress(in Intent, where string) []string {
	at := f
	at.Firewall = slices.DeleteFunc(slices.Clone(f.Firewall), func(c FirewallChain) bool { return c.In || c.Family != "netdev" })
	if len(at.Firewall) == 0 {
		return []string{findEgress(where)}
	}
	return append(at.letOut(in), findEgress(where))
}

// findEgress says where a rule at an interface's egress is looked for.
func findEgress(where string) string {
	return "find the rule, as root: nft list ruleset, a chain of the hook egress; or tc filter show dev " + where + " egress"
}

// has reports whether a tool is there. Where nobody has looked, none is.
func (f Facts) has(tool string) bool { return slices.Contains(f.Tools, tool) }

// plainName is a name that nft and a shell take as it is.
var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`) })

// ofIPTables: a chain of the names that iptables-nft(8) makes.
func (c FirewallChain) ofIPTables() bool {
	return (c.Family == "ip" || c.Family == "ip6") && c.Table == "filter" && (c.Name == "INPUT" || c.Name == "OUTPUT")
}

// traffic is what a firewall is to let through.
type traffic struct {
	group    netip.Addr
	port     uint16
	protocol int // of IP, where the group is not UDP's; 0: UDP
	in       bool
}

// passes reports whether a chain sees packets of the group's IP version.
func (t traffic) passes(c FirewallChain) bool {
	return c.Family == "inet" || c.Family == "netdev" || c.Family == t.family()
}

func (t traffic) family() string {
	if t.group.Is6() {
		return "ip6"
	}
	return "ip"
}

func (t traffic) nftRule(c FirewallChain) string {
	what := fmt.Sprintf("udp dport %d", t.port)
	if t.protocol != 0 {
		what = fmt.Sprintf("meta l4proto %d", t.protocol)
	}
	return fmt.Sprintf("nft insert rule %s %s %s %s daddr %s %s accept", c.Family, c.Table, c.Name, t.family(), t.group, what)
}

func (t traffic) iptables() string {
	if t.group.Is6() {
		return "ip6tables"
	}
	return "iptables"
}

func (t traffic) iptablesRule() string {
	chain := "OUTPUT"
	if t.in {
		chain = "INPUT"
	}
	what := fmt.Sprintf("-p udp -d %s --dport %d", t.group, t.port)
	if t.protocol != 0 {
		what = fmt.Sprintf("-p %d -d %s", t.protocol, t.group)
	}
	return fmt.Sprintf("%s -I %s %s -j ACCEPT", t.iptables(), chain, what)
}

// ufw knows a few protocols only, and ports of UDP and TCP only.
func (t traffic) ufw() string {
	way := "out"
	if t.in {
		way = "in"
	}
	if t.protocol != 0 {
		return fmt.Sprintf("ufw prepend allow %s to %s", way, t.group)
	}
	return fmt.Sprintf("ufw prepend allow %s proto udp to %s port %d", way, t.group, t.port)
}

// firewalld's line is advice: what its zones let in depends on where the
// interface is. Its rich rules are for what comes in.
func (t traffic) firewalld() string {
	if !t.in {
		return "where firewalld runs, give it a policy from HOST to ANY that accepts the group (firewalld.policies(5))"
	}
	family, what := "ipv4", fmt.Sprintf(`port port="%d" protocol="udp"`, t.port)
	if t.group.Is6() {
		family = "ipv6"
	}
	if t.protocol != 0 {
		what = fmt.Sprintf(`protocol value="%d"`, t.protocol)
	}
	return fmt.Sprintf(`where firewalld runs, give it a rich rule (firewall-cmd --add-rich-rule): rule family="%s" destination address="%s" %s accept`, family, t.group, what)
}

type ipProtocol struct {
	name   string
	number int
}

// protocolGroups are the groups of protocols that are not UDP (IANA, IPv4
// Multicast Address Space and IPv6 Multicast Address Space).
var protocolGroups = map[string]ipProtocol{
	"224.0.0.5": {"OSPF", 89}, "224.0.0.6": {"OSPF", 89}, "ff02::5": {"OSPF", 89}, "ff02::6": {"OSPF", 89},
	"224.0.0.10": {"EIGRP", 88}, "ff02::a": {"EIGRP", 88},
	"224.0.0.13": {"PIM", 103}, "ff02::d": {"PIM", 103},
	"224.0.0.18": {"VRRP", 112}, "ff02::12": {"VRRP", 112},
	"224.0.0.22": {"IGMP", 2}, "ff02::16": {"MLD", 58},
}

// carriedBy tells which protocol a group is for, if that is not UDP.
func carriedBy(group netip.Addr) (p ipProtocol, is bool) {
	p, is = protocolGroups[group.WithZone("").String()]
	return p, is
}
