package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// What a command may also ask for: the screen does these by itself.
type (
	showHelp   struct{}
	showWho    struct{}                  // who was heard
	clearTalk  struct{}                  // empties the talk
	openPicker struct{ kind pickerKind } // a command that was given nothing to choose
	quit       struct{}
)

func (showHelp) action()   {}
func (showWho) action()    {}
func (clearTalk) action()  {}
func (openPicker) action() {}
func (quit) action()       {}

// slash is one of the commands that can be typed.
type slash struct {
	name  string // with its slash
	alias string
	args  string
	text  string
	parse func(args []string, s Snapshot) (Action, error)
	words func(s Snapshot, nth int) []string // what its nth argument may be, for completion; nil: not known
	line  bool                               // its only argument is the rest of the line, spaces and all
}

var slashes = []slash{
	{name: "/join", args: "[GROUP[:PORT] [INTERFACE]]", text: "join and talk there", parse: parseJoin, words: groupThenInterface},
	{name: "/look", args: "GROUP[:PORT] [INTERFACE]", text: "join only to listen", parse: parseLook, words: groupThenInterface},
	{name: "/leave", args: "[GROUP] [INTERFACE]", text: "leave a group", parse: parseLeave, words: groupsAndInterfaces},
	{name: "/interface", args: "[NAME|INDEX|ADDR|default]", text: "send by it, and be joined there", parse: parseInterface, words: interfacesAndDefault},
	{name: "/source", args: "[ADDRESS|any]", text: "hear only this source", parse: parseSource, words: sourcesAndAny},
	{name: "/block", args: "[ADDRESS]", text: "hear a source no more", parse: parseBlock, words: heardSources},
	{name: "/unblock", args: "ADDRESS", text: "hear it again", parse: parseUnblock, words: blockedSources},
	{name: "/who", text: "who was heard", parse: always(showWho{})},
	{name: "/ping", args: "[COUNT]", text: "who answers in the group, and how soon", parse: parsePing},
	{name: "/loopback", args: "on|off", text: "copies on this host", parse: parseLoopback, words: onOff},
	{name: "/ttl", alias: "/hops", args: "0 to 255", text: "how far sends go", parse: parseHops},
	{name: "/save", args: "FILE", text: "write the talk there", parse: parseSave, line: true},
	{name: "/clear", text: "empty the talk", parse: always(clearTalk{})},
	{name: "/help", text: "this page", parse: always(showHelp{})},
	{name: "/quit", text: "leave all, and end", parse: always(quit{})},
}

// usage is the command as it is typed.
func (c slash) usage() string { return strings.TrimSpace(c.name + " " + c.args) }

func always(a Action) func([]string, Snapshot) (Action, error) {
	return func(args []string, _ Snapshot) (Action, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("%q: one word too many", args[0])
		}
		return a, nil
	}
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
			args := words[1:]
			if rest := strings.TrimSpace(line[len(words[0]):]); c.line && rest != "" {
				args = []string{rest}
			}
			a, err := c.parse(args, s)
			if err == nil {
				return a, nil
			}
			if adv := (advice{}); errors.As(err, &adv) {
				return nil, err
			}
			return nil, advice{err, "usage: " + c.usage()}
		}
	}
	hint := "a line that starts with a slash: //" + strings.TrimPrefix(words[0], "/")
	if near := nearest(words[0]); near != "" {
		hint = "did you mean " + near + "? To say it, start with two slashes"
	}
	return nil, advice{fmt.Errorf("%s: no such command", words[0]), hint}
}

func parseJoin(args []string, s Snapshot) (Action, error) {
	if len(args) == 0 {
		return openPicker{pickGroup}, nil
	}
	return groupAndInterface("/join", args, s)
}

func parseLook(args []string, s Snapshot) (Action, error) {
	join, err := groupAndInterface("/look", args, s)
	if err != nil {
		return nil, err
	}
	join.Look = true
	return join, nil
}

func groupAndInterface(command string, args []string, s Snapshot) (Join, error) {
	if len(args) < 1 || len(args) > 2 {
		return Join{}, fmt.Errorf("%s: want a group", command)
	}
	g, err := mcast.ParseGroup(args[0])
	switch {
	case errors.Is(err, mcast.ErrNotMulticast):
		return Join{}, advice{err, "a group of your own: 239.0.0.0 to 239.255.255.255, such as " + command + " 239.1.2.3:5000"}
	case err != nil:
		return Join{}, err
	}
	join := Join{Group: g}
	if len(args) == 2 {
		join.Interface, err = knownInterface(args[1], s)
	}
	return join, err
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
	switch len(args) {
	case 0:
		return openPicker{pickInterface}, nil
	case 1:
	default:
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
	list := make([]host.Interface, len(s.Interfaces))
	for i := range s.Interfaces {
		list[i] = s.Interfaces[i].Interface
	}
	found, err := host.Find(list, key)
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

func parsePing(args []string, _ Snapshot) (Action, error) {
	const usual = 3
	switch len(args) {
	case 0:
		return Ping{Count: usual}, nil
	case 1:
		if n, err := strconv.ParseUint(args[0], 10, 16); err == nil && 0 < n && n <= MaxPings {
			return Ping{Count: int(n)}, nil
		}
	}
	return nil, fmt.Errorf("/ping: want a number from 1 to %d, or nothing for %d", MaxPings, usual)
}

func parseSave(args []string, _ Snapshot) (Action, error) {
	if len(args) == 0 {
		return nil, advice{errors.New("/save: want the name of a file"), "name one that does not exist yet: /save talk.txt"}
	}
	return Save{File: args[0]}, nil
}

func interfaceNames(s Snapshot) []string {
	names := make([]string, len(s.Interfaces))
	for i, v := range s.Interfaces {
		names[i] = v.Name
	}
	return names
}
