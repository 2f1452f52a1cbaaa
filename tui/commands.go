package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
)

// What a command may also ask for: the screen does these by itself.
type (
	showHelp struct{}
	quit     struct{}
)

func (showHelp) action() {}
func (quit) action()     {}

// slash is one of the commands that can be typed.
type slash struct {
	name  string // with its slash
	alias string
	args  string
	text  string
	parse func(args []string, s Snapshot) (Action, error)
	words func(s Snapshot) []string // what its arguments may be, for completion; nil: not known
}

var slashes = []slash{
	{"/join", "", "GROUP[:PORT] [INTERFACE]", "join a group", parseJoin, interfaceNames},
	{"/leave", "", "[GROUP] [INTERFACE]", "leave a group", parseLeave, groupsAndInterfaces},
	{"/interface", "", "NAME|INDEX|ADDRESS|default", "send and join by it", parseInterface, interfacesAndDefault},
	{"/loopback", "", "on|off", "copies on this host", parseLoopback, onOff},
	{"/ttl", "/hops", "0 to 255", "how far sends go", parseHops, nil},
	{"/help", "", "", "this page", func([]string, Snapshot) (Action, error) { return showHelp{}, nil }, nil},
	{"/quit", "", "", "leave all, and end", func([]string, Snapshot) (Action, error) { return quit{}, nil }, nil},
}

// advice is an error with what to do about it.
type advice struct {
	error
	hint string
}

func (a advice) Unwrap() error { return a.error }

// parse makes an action of a typed line; nil for a line of nothing. The error
// is an advice where there is something to advise.
func parse(line string, s Snapshot) (Action, error) {
	switch {
	case strings.TrimSpace(line) == "":
		return nil, nil
	case strings.HasPrefix(line, "//"):
		return Say{Text: line[1:]}, nil
	case !strings.HasPrefix(line, "/"):
		return Say{Text: line}, nil
	}
	words := strings.Fields(line)
	for _, c := range slashes {
		if words[0] == c.name || c.alias != "" && words[0] == c.alias {
			a, err := c.parse(words[1:], s)
			if err == nil {
				return a, nil
			}
			if adv := (advice{}); errors.As(err, &adv) {
				return nil, err
			}
			return nil, advice{err, strings.TrimSpace("usage: " + c.name + " " + c.args)}
		}
	}
	hint := "a line that starts with a slash: //" + strings.TrimPrefix(words[0], "/")
	if near := nearest(words[0]); near != "" {
		hint = "did you mean " + near + "? To say it, start with two slashes"
	}
	return nil, advice{fmt.Errorf("%s: no such command", words[0]), hint}
}

func parseJoin(args []string, s Snapshot) (Action, error) {
	if len(args) < 1 || len(args) > 2 {
		return nil, errors.New("/join: want a group")
	}
	g, err := mcast.ParseGroup(args[0])
	switch {
	case errors.Is(err, mcast.ErrNotMulticast):
		return nil, advice{err, "a group of your own: 239.0.0.0 to 239.255.255.255, such as /join 239.1.2.3:5000"}
	case err != nil:
		return nil, err
	}
	join := Join{Group: g}
	if len(args) == 2 {
		if join.Interface, err = knownInterface(args[1], s); err != nil {
			return nil, err
		}
	}
	return join, nil
}

func parseLeave(args []string, s Snapshot) (Action, error) {
	var leave Leave
	if len(args) > 0 {
		if g, err := joinedGroup(args[0], s); err == nil {
			leave.Interface = g.Addr.Zone()
			leave.Group, args = withoutZone(g), args[1:]
		} else if len(args) > 1 || strings.ContainsAny(args[0], ".:") {
			return nil, err
		}
	}
	switch len(args) {
	case 0:
		return leave, nil
	case 1:
		var err error
		leave.Interface, err = knownInterface(args[0], s)
		return leave, err
	}
	return nil, errors.New("/leave: too many words")
}

// joinedGroup finds the joined group that text means: without a port, the one
// with that address.
func joinedGroup(text string, s Snapshot) (mcast.Group, error) {
	g, err := mcast.ParseGroup(text)
	if err != nil {
		return g, err
	}
	if slices.Contains(s.Groups, withoutZone(g)) {
		return g, nil
	}
	var same []mcast.Group
	for _, j := range s.Groups {
		if j.Addr == withoutZone(g).Addr {
			j.Addr = g.Addr
			same = append(same, j)
		}
	}
	if len(same) == 1 && !strings.HasSuffix(text, ":"+strconv.Itoa(int(g.Port))) {
		return same[0], nil
	}
	names := make([]string, len(s.Groups))
	for i, j := range s.Groups {
		names[i] = j.String()
	}
	return g, advice{fmt.Errorf("%s is not joined", g), "joined: " + strings.Join(names, ", ")}
}

// withoutZone is the group as it is joined: the zone has become the interface.
func withoutZone(g mcast.Group) mcast.Group {
	g.Addr = g.Addr.WithZone("")
	return g
}

func parseInterface(args []string, s Snapshot) (Action, error) {
	if len(args) != 1 {
		return nil, errors.New("/interface: want one interface")
	}
	if args[0] == "default" {
		return UseInterface{Interface: "default"}, nil
	}
	name, err := knownInterface(args[0], s)
	return UseInterface{Interface: name}, err
}

// knownInterface is the name of the interface that key means.
func knownInterface(key string, s Snapshot) (string, error) {
	list := make([]mcast.Interface, len(s.Interfaces))
	for i := range s.Interfaces {
		list[i] = s.Interfaces[i].Interface
	}
	found, err := mcast.FindInterface(list, key)
	if err != nil {
		return "", advice{err, "there are: " + strings.Join(interfaceNames(s), ", ")}
	}
	return found.Name, nil
}

func parseLoopback(args []string, _ Snapshot) (Action, error) {
	if len(args) == 1 && args[0] == "on" || len(args) == 1 && args[0] == "off" {
		return SetLoopback{On: args[0] == "on"}, nil
	}
	return nil, errors.New("/loopback: want on or off")
}

func parseHops(args []string, _ Snapshot) (Action, error) {
	if len(args) != 1 {
		return nil, errors.New("/ttl: want a number from 0 to 255")
	}
	n, err := strconv.ParseUint(args[0], 10, 8)
	if err != nil {
		return nil, advice{
			fmt.Errorf("ttl %s: not a number from 0 to 255", args[0]),
			"0 stays on this host, 1 on the LAN; each router on the way takes 1",
		}
	}
	return SetHops{Hops: int(n)}, nil
}

func interfaceNames(s Snapshot) []string {
	names := make([]string, len(s.Interfaces))
	for i, v := range s.Interfaces {
		names[i] = v.Name
	}
	return names
}

func interfacesAndDefault(s Snapshot) []string { return append(interfaceNames(s), "default") }
func onOff(Snapshot) []string                  { return []string{"on", "off"} }

func groupsAndInterfaces(s Snapshot) []string {
	var words []string
	for _, g := range s.Groups {
		words = append(words, g.String())
	}
	return append(words, interfaceNames(s)...)
}
