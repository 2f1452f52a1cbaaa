package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
)

// groups parses the groups named on the command line, of the IP version that the
// flags ask for; without any it is the default one.
func (set *settings) groups(cmd *cobra.Command, args []string) ([]mcast.Group, error) {
	if set.ip4 && set.ip6 {
		return nil, usageError{errors.New("-4 and -6: one of them, or none")}
	}
	if len(args) == 0 && set.ip6 {
		return nil, usageError{errors.New("-6: the default group is of IPv4: name another, such as ff02::114%eth0 or mdns")}
	}
	if len(args) == 0 {
		return []mcast.Group{mcast.DefaultGroup}, nil
	}
	var groups []mcast.Group
	for _, arg := range args {
		g, err := mcast.ParseGroup(arg)
		if err != nil {
			return nil, usageError{noGroup(cmd, arg, err)}
		}
		if g, err = set.ofVersion(g); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", arg, err)}
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

var errNotVersion = errors.New("not of the IP version that was asked for")

// ofVersion is a registered group of the version that the flags ask for; a group
// that has none of that version is an error.
func (set *settings) ofVersion(g mcast.Group) (mcast.Group, error) {
	if !set.ip4 && !set.ip6 || set.ip6 == g.Addr.Is6() {
		return g, nil
	}
	r, ok := g.Registered()
	other, has := r.Group(set.ip6)
	if !ok || !has || g.Source.IsValid() || g.Addr.Zone() != "" {
		return g, errNotVersion
	}
	if r.Port != g.Port && r.Port == 0 {
		other.Port = g.Port
	}
	return other, nil
}

// oneGroup lets at most one group be named. The error leads to the command that
// takes what was typed.
func oneGroup(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	if _, err := mcast.ParseGroup(args[0]); err != nil {
		return usageError{noGroup(cmd, args[0], err)}
	}
	err := fmt.Errorf("%q: one argument too many", args[1])
	words := make([]string, len(args))
	groups := 0
	for i, arg := range args {
		words[i] = shellWord(arg)
		if _, err := mcast.ParseGroup(arg); err == nil {
			groups++
		}
	}
	switch {
	case groups == len(args):
		err = &mcast.Advised{
			Err:    fmt.Errorf("%q: one group; listen takes several", args[1]),
			Advice: "groupcast listen " + strings.Join(words, " "),
		}
	case cmd.Name() == "chat" || !cmd.HasParent():
		err = &mcast.Advised{Err: err, Advice: "groupcast send " + strings.Join(words, " ")}
	}
	return usageError{err}
}

// noGroup is the error for what is no group, with what it may have been meant
// to be: a page, a command or the name of a group.
func noGroup(cmd *cobra.Command, arg string, err error) error {
	if errors.Is(err, mcast.ErrNotMulticast) && slices.Contains([]string{"bridge", "replay", "send", "watch"}, cmd.Name()) { // which know no default group
		return &mcast.Advised{Err: err, Advice: "name a group, such as 239.9.9.9:5000"}
	}
	if !errors.Is(err, mcast.ErrNotAGroup) || strings.ContainsAny(arg, ".:[") {
		return err
	}
	if _, notFound := doctor.FindPage(arg); notFound == nil {
		return &mcast.Advised{Err: fmt.Errorf("%q is the name of a page, not a group", arg), Advice: "groupcast explain " + arg}
	}
	if !cmd.HasSubCommands() { // only groups can stand here
		return &mcast.Advised{Err: fmt.Errorf("%q is not a group", arg), Advice: nearGroups(arg)}
	}
	err = fmt.Errorf("%q is neither a command nor a group", arg)
	var near []string
	for _, c := range tree(cmd)[1:] {
		if c.Parent() == cmd {
			near = append(near, append([]string{c.Name()}, c.Aliases...)...)
		}
	}
	if len(arg) <= 3 {
		near = nil // each word of three letters is near "who"
	} else if near = lab.Nearest(arg, near); len(near) == 0 {
		near = cmd.SuggestionsFor(arg)
	}
	if len(near) > 0 {
		return &mcast.Advised{Err: err, Advice: "did you mean " + cmd.CommandPath() + " " + strings.Join(near, " or "+cmd.CommandPath()+" ") + "?"}
	}
	return &mcast.Advised{Err: err, Advice: nearGroups(arg)}
}

// nearGroups says how groups are named, and which name may have been meant.
func nearGroups(arg string) string {
	var names []string
	for _, r := range mcast.RegisteredGroups() {
		names = append(names, r.Name)
	}
	if near := lab.Nearest(arg, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return "a group is an address such as 224.0.0.114 or 239.1.2.3:5000, or a name such as mdns, ssdp or ptp"
}

// notByUDP says that a group is not spoken to by UDP; "" of others.
func notByUDP(g mcast.Group) string {
	r, ok := g.Registered()
	if !ok || r.Protocol == "" {
		return ""
	}
	return fmt.Sprintf("%s is of %s, which no UDP socket hears", g.Addr, r.Protocol)
}
