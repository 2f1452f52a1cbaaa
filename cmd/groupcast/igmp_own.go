package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// ownPause is the time between two looks at what the kernel says of this host.
const ownPause = time.Second

// own tells what any user can know of this host: once, and then what changes.
func (c *igmpCommand) own(parent context.Context, on []host.Interface) error {
	ctx, cancel := within(parent, c.timeout)
	defer cancel()
	read := func() (igmp.Own, error) {
		o, err := igmp.ReadOwn()
		return c.text(o.At).ofOwn(o, on), err
	}
	last, err := read()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return errNeedsLinux
	case err != nil:
		return err
	}
	c.tellOwn(last)
	if !c.once {
		c.remark("what changes follows; ctrl+c ends it")
	}
	again := time.NewTicker(ownPause)
	defer again.Stop()
	for !c.once {
		select {
		case <-again.C:
		case <-ctx.Done():
			return c.ownEnds(last)
		}
		now, err := read()
		if err != nil {
			return err
		}
		lines := ownChanges(last, now)
		switch {
		case c.set.json && len(lines) > 0:
			c.tellOwn(now)
		case !c.set.json:
			for _, line := range lines {
				fmt.Fprintf(c.out, "%s  %s\n", now.At.Format("15:04:05.000"), line)
			}
		}
		last = now
	}
	return c.ownEnds(last)
}

// ownEnds is the exit status: whether this host is a member of what was named.
func (c *igmpCommand) ownEnds(o igmp.Own) error {
	member := func(i igmp.OwnInterface) bool { return len(i.Groups) > 0 }
	if len(c.groups) > 0 && !slices.ContainsFunc(o.Interfaces, member) {
		return status(exitNot)
	}
	return nil
}

func (c *igmpCommand) tellOwn(o igmp.Own) {
	if c.set.json {
		writeJSON(c.out, ownObject(o))
		return
	}
	writeOwn(c.out, o)
}

// ofOwn is the part of it that is asked about. Bridges are left whole: their ports
// have other names.
func (t *igmpText) ofOwn(o igmp.Own, on []host.Interface) igmp.Own {
	var list []igmp.OwnInterface
	for _, i := range o.Interfaces {
		if _, asked := host.ByIndex(on, i.Index); !asked {
			continue
		}
		i.Groups = slices.DeleteFunc(slices.Clone(i.Groups), func(g igmp.OwnGroup) bool {
			other := t.family == igmp.IGMP && g.Addr.Is6() || t.family == igmp.MLD && g.Addr.Is4()
			return other || !t.asked(g.Addr)
		})
		list = append(list, i)
	}
	o.Interfaces = list
	return o
}

// ownChanges are the lines for what changed between two looks.
func ownChanges(before, now igmp.Own) (lines []string) {
	say := func(kind, text string) { lines = append(lines, fmt.Sprintf("%-16s  %s", kind, text)) }
	for _, i := range now.Interfaces {
		name := chat.Clean(i.Name)
		n := slices.IndexFunc(before.Interfaces, func(o igmp.OwnInterface) bool { return o.Index == i.Index })
		var old igmp.OwnInterface
		if n >= 0 {
			old = before.Interfaces[n]
		}
		has := func(list []igmp.OwnGroup, g igmp.OwnGroup) bool {
			return slices.ContainsFunc(list, func(o igmp.OwnGroup) bool { return o.Addr == g.Addr })
		}
		for _, g := range old.Groups {
			if !has(i.Groups, g) {
				say("own-left", groupAddrText(g.Addr)+" on "+name)
			}
		}
		for _, g := range i.Groups {
			if !has(old.Groups, g) {
				say("own-joined", groupAddrText(g.Addr)+" on "+name)
			}
		}
		if n >= 0 && old.Version != i.Version {
			say("own-version", "igmp on "+name+": "+chat.CleanRow(i.Why))
		}
		if grown := i.MLD.Queries - old.MLD.Queries; n >= 0 && i.MLD.Known && old.MLD.Known && i.MLD.Queries > old.MLD.Queries {
			say("mld-queries", fmt.Sprintf("%d heard on %s, so there is a querier", grown, name))
		}
	}
	return lines
}

// writeOwn writes what the kernel says of this host.
func writeOwn(w io.Writer, o igmp.Own) {
	width := 0
	for _, i := range o.Interfaces {
		width = max(width, len(chat.Clean(i.Name)))
	}
	for _, i := range o.Interfaces {
		margin := strings.Repeat(" ", width)
		fmt.Fprintf(w, "%-*s  IGMP  %s\n", width, chat.Clean(i.Name), ownVersionText(i))
		text := "queries are not counted"
		if i.MLD.Known {
			text = fmt.Sprintf("%s heard since the interface appeared", countOf(i.MLD.Queries, "query", "queries"))
			if i.MLD.Queries == 0 {
				text = "no query heard since the interface appeared"
			}
		}
		fmt.Fprintf(w, "%s  MLD   %s\n", margin, text)
	}
	fmt.Fprintln(w)
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "INTERFACE\tGROUP\tUSERS\tREPORT OF THIS HOST")
	for _, i := range o.Interfaces {
		for _, g := range i.Groups {
			fmt.Fprintf(tab, "%s\t%s\t%d\t%s\n", chat.Clean(i.Name), groupAddrText(g.Addr), g.Users, ownReportText(g))
		}
	}
	tab.Flush()
	for _, b := range o.Bridges {
		writeBridge(w, b)
	}
	for _, u := range o.Unknown {
		fmt.Fprintf(w, "not known: %s\n", chat.CleanRow(u))
	}
}

// ownVersionText is what the column Querier of /proc/net/igmp means.
func ownVersionText(i igmp.OwnInterface) string {
	if i.Why == "" {
		return "version not known"
	}
	return chat.CleanRow(i.Why)
}

func ownReportText(g igmp.OwnGroup) string {
	switch {
	case g.Reporting:
		return "due in " + secondsText(g.Due)
	case g.Reporter:
		return "was the last one"
	case g.Addr == netip.AddrFrom4([4]byte{224, 0, 0, 1}), g.Addr == netip.IPv6LinkLocalAllNodes(), g.Addr.IsInterfaceLocalMulticast():
		return "never: no host reports it" // RFC 3376, section 4; RFC 3810, section 6
	}
	return "-"
}

func countOf(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// writeBridge writes what a bridge of this host knows of its ports.
func writeBridge(w io.Writer, b igmp.Bridge) {
	facts := []string{"does not snoop: it sends every group to all ports"}
	if b.Snooping {
		facts = []string{"snoops"}
	}
	if b.Querier {
		facts = append(facts, fmt.Sprintf("is to ask in IGMPv%d", b.IGMP))
	}
	for _, q := range b.Queriers {
		text := strings.ToUpper(q.Family.String()) + " querier " + addrText(q.Addr)
		if q.Self {
			text += " (the bridge)"
		} else if q.Left > 0 {
			text += ", gone in " + spanText(q.Left)
		}
		facts = append(facts, text)
	}
	var routers []string
	for _, r := range b.Routers {
		routers = append(routers, chat.Clean(r.Name))
	}
	if len(routers) > 0 {
		facts = append(facts, "every group goes to "+chat.ShortList(routers))
	}
	fmt.Fprintf(w, "\nbridge %s: %s\n", chat.Clean(b.Name), strings.Join(facts, "; "))
	if len(b.Groups) == 0 {
		return
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "GROUP\tPORT\tEXPIRES\tHOW")
	for _, g := range b.Groups {
		expires, how := spanText(g.Left), string(g.Mode)
		if g.Permanent {
			expires = "never"
		} else if g.Left == 0 {
			expires = "-"
		}
		if g.Source.IsValid() {
			how = "only " + addrText(g.Source)
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\n", groupAddrText(g.Addr), chat.Clean(g.Name), expires, how)
	}
	tab.Flush()
}

// jsonIGMPOwn is this host as any user can see it, as --json prints it. Fields are
// only added.
type jsonIGMPOwn struct {
	jsonHead                      // igmp-own
	Interfaces []jsonOwnInterface `json:"interfaces"` // that were asked about
	Bridges    []jsonBridge       `json:"bridges"`    // of this host
	Unknown    []string           `json:"unknown"`    // what could not be read, and why
}

// jsonOwnInterface is one interface of this host, with its reports.
type jsonOwnInterface struct {
	Interface  string         `json:"interface"`
	IfIndex    int            `json:"ifindex"`
	Version    int            `json:"version,omitempty"` // of IGMP
	Because    string         `json:"because,omitempty"`
	MLDQueries *uint64        `json:"mld_queries,omitempty"` // heard since the interface appeared
	Groups     []jsonOwnGroup `json:"groups"`                // that this host is a member of
}

// jsonOwnGroup is a group that this host is a member of.
type jsonOwnGroup struct {
	Group    string  `json:"group"`            // its address alone
	Users    int     `json:"users"`            // sockets that joined it, and the kernel's own uses
	DueMS    float64 `json:"due_ms,omitempty"` // until this host reports it
	Reporter bool    `json:"last_reporter"`    // nobody has reported it since this host did
}

// jsonBridge is what a bridge of this host knows.
type jsonBridge struct {
	Interface string            `json:"interface"`
	IfIndex   int               `json:"ifindex"`
	Snooping  bool              `json:"snooping"` // it sends groups to their members only
	Querier   bool              `json:"querier"`  // this host is to be a querier itself
	Queriers  []jsonBridgeAsker `json:"queriers"`
	Routers   []string          `json:"routers"` // ports that get every group
	Members   []jsonBridgeGroup `json:"members"`
}

// jsonBridgeAsker is the querier that a bridge knows of.
type jsonBridgeAsker struct {
	Family string  `json:"family"` // igmp, mld
	Host   string  `json:"host,omitempty"`
	Self   bool    `json:"self"`              // it is the bridge
	LeftMS float64 `json:"left_ms,omitempty"` // until it counts as gone
}

// jsonBridgeGroup is a group with members behind a port.
type jsonBridgeGroup struct {
	Group     string  `json:"group"` // its address alone
	Source    string  `json:"source,omitempty"`
	Port      string  `json:"port"`              // the name of the interface
	Mode      string  `json:"mode,omitempty"`    // include, exclude
	Permanent bool    `json:"permanent"`         // somebody has set it, or this host is the member
	LeftMS    float64 `json:"left_ms,omitempty"` // until it ends
}

func ownObject(o igmp.Own) jsonIGMPOwn {
	out := jsonIGMPOwn{jsonHead: jsonHead{Type: "igmp-own", Time: o.At}, Interfaces: []jsonOwnInterface{}, Bridges: []jsonBridge{}, Unknown: []string{}}
	for _, u := range o.Unknown {
		out.Unknown = append(out.Unknown, chat.CleanRow(u))
	}
	for _, i := range o.Interfaces {
		on := jsonOwnInterface{Interface: chat.Clean(i.Name), IfIndex: i.Index, Version: i.Version, Because: chat.CleanRow(i.Why), Groups: []jsonOwnGroup{}}
		if i.MLD.Known {
			on.MLDQueries = &i.MLD.Queries
		}
		for _, g := range i.Groups {
			on.Groups = append(on.Groups, jsonOwnGroup{addrText(g.Addr), g.Users, inMillis(g.Due), g.Reporter})
		}
		out.Interfaces = append(out.Interfaces, on)
	}
	for _, b := range o.Bridges {
		j := jsonBridge{Interface: chat.Clean(b.Name), IfIndex: b.Index, Snooping: b.Snooping, Querier: b.Querier, Queriers: []jsonBridgeAsker{}, Routers: []string{}, Members: []jsonBridgeGroup{}}
		for _, q := range b.Queriers {
			j.Queriers = append(j.Queriers, jsonBridgeAsker{q.Family.String(), addrText(q.Addr), q.Self, inMillis(q.Left)})
		}
		for _, r := range b.Routers {
			j.Routers = append(j.Routers, chat.Clean(r.Name))
		}
		for _, g := range b.Groups {
			j.Members = append(j.Members, jsonBridgeGroup{addrText(g.Addr), addrText(g.Source), chat.Clean(g.Name), string(g.Mode), g.Permanent, inMillis(g.Left)})
		}
		out.Bridges = append(out.Bridges, j)
	}
	return out
}
