package main

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab"
)

// igmpEvents are the events that can be waited for.
var igmpEvents = []struct {
	kind igmp.EventKind
	what string
}{
	{igmp.QuerierAppeared, "the first querier of a link, or the first after one was gone"},
	{igmp.QuerierChanged, "another querier was elected, or its queries changed"},
	{igmp.QuerierGone, "the querier was silent for longer than a querier may be"},
	{igmp.SecondQuerier, "a host sends queries although another was elected"},
	{igmp.ZeroQuery, "a switch sends queries from 0.0.0.0 or ::"},
	{igmp.MemberJoined, "a host reports a group"},
	{igmp.MemberLeft, "a host reports that it left a group"},
	{igmp.MemberExpired, "a host no longer answers the queries"},
	{igmp.GroupFirst, "a group has its first member"},
	{igmp.GroupLast, "a group has no member any more"},
	{igmp.SourcesChanged, "a member wants other sources"},
	{igmp.VersionChanged, "a member reports in another version"},
	{igmp.SightChanged, "more or less of other hosts' reports is seen"},
	{igmp.InterfaceDown, "an interface is switched off, or has no carrier"},
	{igmp.InterfaceUp, "the interface is on again"},
	{igmp.InterfaceGone, "an interface is deleted, with all that was known about it"},
	{igmp.InterfaceBack, "an interface of the same name is there again"},
}

// untilValue is EVENT[:GROUP] on the command line.
type untilValue struct {
	kind   igmp.EventKind // "": not set
	groups []netip.Addr   // none: any
	text   string
}

// Set implements pflag.Value.
func (v *untilValue) Set(text string) error {
	name, group, named := strings.Cut(text, ":")
	var names []string
	for _, e := range igmpEvents {
		names = append(names, string(e.kind))
	}
	if !slices.Contains(names, name) {
		err := errors.New("no such event")
		if near := lab.Nearest(name, names); len(near) > 0 {
			return &mcast.Advised{Err: err, Advice: "did you mean " + strings.Join(near, " or ") + "?"}
		}
		return &mcast.Advised{Err: err, Advice: "one of " + strings.Join(names, ", ")}
	}
	next := untilValue{kind: igmp.EventKind(name), text: text}
	if named {
		if !ofAGroup(next.kind) {
			return errors.New("that event is not about a group")
		}
		var err error
		if next.groups, err = groupAddrs(group, true, true); err != nil {
			return err
		}
	}
	*v = next
	return nil
}

// String implements pflag.Value.
func (v *untilValue) String() string { return v.text }

// Type implements pflag.Value.
func (v *untilValue) Type() string { return "event" }

// met reports whether an event is the one that is waited for.
func (v *untilValue) met(e igmp.Event) bool {
	return v.kind == e.Kind && (len(v.groups) == 0 || slices.Contains(v.groups, e.Group))
}

// groupAddrs are the addresses of a group: a name has one of each version.
func groupAddrs(text string, ip4, ip6 bool) (addrs []netip.Addr, err error) {
	if r, ok := mcast.FindRegistered(text); ok {
		if ip4 && r.V4.IsValid() {
			addrs = append(addrs, r.V4)
		}
		if ip6 && r.V6.IsValid() {
			addrs = append(addrs, r.V6)
		}
		if len(addrs) == 0 {
			return nil, errNotVersion
		}
		return addrs, nil
	}
	g, err := mcast.ParseGroup(text)
	switch {
	case err != nil:
		return nil, err
	case g.Addr.Is4() && !ip4, g.Addr.Is6() && !ip6:
		return nil, errNotVersion
	}
	return []netip.Addr{g.Addr.WithZone("")}, nil
}

// completeUntil offers the events.
func completeUntil(*cobra.Command, []string, string) (out []string, _ cobra.ShellCompDirective) {
	for _, e := range igmpEvents {
		out = append(out, string(e.kind)+"\t"+e.what)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
