package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/host"
)

// Now tells how the lab is now. The error is os.ErrClosed after Close.
func (l *Lab) Now() (Now, error) {
	now, _, err := l.part(0, math.MaxInt)
	return now, err
}

// part is how the hosts from one on are, as many as there is room for, and which is next;
// 0: none.
func (l *Lab) part(first, room int) (now Now, next int, err error) {
	done, err := l.use()
	if err != nil {
		return now, 0, err
	}
	defer done()
	now = emptyNow()
	for at, h := range l.topology.Hosts {
		if at < first {
			continue
		}
		if now.size() > room {
			return now, at, nil
		}
		if err := l.host(l.nodes[h.Name], h, &now); err != nil {
			return now, 0, err
		}
	}
	return now, 0, nil
}

// host tells how a host is. The caller keeps the namespaces open.
func (l *Lab) host(n *Node, h Host, now *Now) error {
	var faults []Fault
	for _, i := range h.Interfaces {
		list, err := n.Link(i.Name).now(l.faults.at(h.Name+"."+i.Name), now)
		if err != nil {
			return err
		}
		faults = append(faults, list...)
	}
	faults = append(faults, n.standing(l.faults.at(h.Name))...)
	groups, err := n.joined()
	if n.hasEnded() {
		faults, groups, err = []Fault{{Kind: "kill", Host: h.Name}}, nil, nil
	}
	for _, f := range faults {
		now.Faults[f.place()] = append(now.Faults[f.place()], f)
	}
	maps.Copy(now.Groups, groups)
	return err
}

func (n *Node) hasEnded() bool {
	select {
	case <-n.gone:
		return true
	default:
		return false
	}
}

// now tells how the interface is, and which faults it has: of those that were recorded, and
// others.
func (l *Link) now(recorded []Fault, now *Now) (list []Fault, err error) {
	look, err := l.look()
	whole := false
	if err == nil {
		whole, err = l.whole()
	}
	is := func(kind, value string) Fault { return Fault{kind, l.node.name, l.name, value} }
	switch {
	case isNoLink(err):
		return []Fault{is("delete", "")}, nil
	case err != nil:
		return nil, err
	}
	look.Carrier = look.Carrier && whole // the kernel tells the loss of a carrier later
	now.Links[l.node.name+"."+l.name] = look.Counters
	shown := map[string]bool{"down": !look.Up, "cut": !whole, "multicast": !look.multicast, "loss": look.loses}
	for _, f := range l.node.standing(recorded) {
		if stands, told := shown[f.Kind]; !told || stands {
			list = append(list, f)
		}
		delete(shown, f.Kind)
	}
	for _, f := range []Fault{is("down", ""), is("cut", ""), is("multicast", "off")} { // by other means
		if shown[f.Kind] {
			list = append(list, f)
		}
	}
	return list, nil
}

// standing leaves those of recorded faults that a command in the host has not ended, as far
// as the host's firewall and settings tell.
func (n *Node) standing(list []Fault) []Fault {
	return slices.DeleteFunc(list, func(f Fault) bool {
		switch f.Kind {
		case "firewall":
			return !n.hasRules("lab-firewall", map[string][]string{"in": {"in"}, "out": {"out"}, "both": {"in", "out"}}[f.Value])
		case "filter":
			return !n.hasRules("lab-filter", []string{f.Value})
		case "rp_filter":
			name := f.Interface
			if name == "" {
				name = "all"
			}
			value := ""
			err := n.ns.do(func() error {
				b, err := os.ReadFile("/proc/sys/net/ipv4/conf/" + name + "/rp_filter")
				value = strings.TrimSpace(string(b))
				return err
			})
			return err == nil && value != f.Value || errors.Is(err, fs.ErrNotExist)
		}
		return false
	})
}

// hasRules reports whether one of the chains of a table has a rule, or it cannot be told.
func (n *Node) hasRules(table string, chains []string) bool {
	c, err := nftables.New(nftables.WithNetNSFd(int(n.ns.file.Fd())))
	if err != nil {
		return true
	}
	for _, chain := range chains {
		rules, err := c.GetRules(&nftables.Table{Family: nftables.TableFamilyINet, Name: table}, &nftables.Chain{Name: chain})
		if len(rules) > 0 || err != nil && !errors.Is(err, unix.ENOENT) {
			return true
		}
	}
	return false
}

// joined are the groups that programs have joined, by A.eth0.
func (n *Node) joined() (map[string][]netip.Addr, error) {
	if n.hasEnded() { // its number may be another process's
		return nil, nil
	}
	igmp, mld, err := host.GroupsOf(n.Pid())
	if err != nil {
		return nil, fmt.Errorf("lab: host %s: groups: %w", n.name, err)
	}
	groups, room := map[string][]netip.Addr{}, mostGroups
	for _, i := range slices.Concat(igmp, mld) {
		place := n.name + "." + i.Name
		for _, g := range i.Groups {
			if room > 0 && !n.kernels(g.Addr) {
				groups[place] = append(groups[place], g.Addr)
				room--
			}
		}
	}
	for _, list := range groups {
		slices.SortFunc(list, netip.Addr.Compare)
	}
	return groups, nil
}

// kernels reports whether a group is none that a program has joined: the kernel has, or
// the router of the lab, to hear reports.
func (n *Node) kernels(group netip.Addr) bool {
	return slices.Contains(kernelsGroups, group) || solicited.Contains(group) || n.groups != nil && (group == allRouters || group == allReports)
}
