package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// command is one of the commands that can be typed.
type command struct {
	name  string // with its slash
	alias string
	args  string
	text  string
	parse func(args []string, s session.Snapshot) (order, error)
	words func(s session.Snapshot, nth int) []string // what its nth argument may be, for completion; nil: not known
	line  bool                                       // its only argument is the rest of the line, spaces and all
}

var commands = []command{
	{name: "/join", args: "[GROUP[:PORT] [INTERFACE]]", text: "join and talk there", parse: parseJoin, words: groupThenInterface},
	{name: "/look", args: "GROUP[:PORT] [INTERFACE]", text: "join only to listen", parse: parseLook, words: groupThenInterface},
	{name: "/leave", args: "[GROUP] [INTERFACE]", text: "leave a group", parse: parseLeave, words: groupsAndInterfaces},
	{name: "/interface", args: "[NAME|INDEX|ADDR|default]", text: "join there, and send out of it", parse: parseInterface, words: interfacesAndDefault},
	{name: "/source", args: "[ADDRESS|any]", text: "hear only this source", parse: parseSource, words: sourcesAndAny},
	{name: "/block", args: "[ADDRESS]", text: "block a source", parse: parseBlock, words: heardSources},
	{name: "/unblock", args: "ADDRESS", text: "unblock a source", parse: parseUnblock, words: blockedSources},
	{name: "/who", text: "members, and who else was heard", parse: always(showWho{})},
	{name: "/matrix", text: "which member hears which", parse: always(showMatrix{})},
	{name: "/nick", args: "NAME", text: "change your name", parse: parseNick, line: true},
	{name: "/verify", args: "NAME [yes|no]", text: "a member's key, to compare; yes: it is theirs", parse: parseVerify, words: memberNames, line: true},
	{name: "/facts", args: "on|off|yes NAME|no NAME", text: "who gets facts of this host", parse: parseFacts, words: factsWords, line: true},
	{name: "/ping", args: "[COUNT]", text: "time the replies of the group", parse: parsePing},
	{name: "/loopback", args: "on|off", text: "loopback copies on this host", parse: parseLoopback, words: onOff},
	{name: "/ttl", alias: "/hops", args: "0 to 255", text: "TTL of what you send", parse: parseHops},
	{name: "/save", args: "FILE", text: "write the talk there", parse: parseSave, line: true},
	{name: "/clear", text: "empty the talk", parse: always(clearTalk{})},
	{name: "/help", text: "this page", parse: always(showHelp{})},
	{name: "/quit", text: "leave all, and end", parse: always(quit{})},
}

// usage is the syntax of the command.
func (c command) usage() string { return strings.TrimSpace(c.name + " " + c.args) }

func always(a order) func([]string, session.Snapshot) (order, error) {
	return func(args []string, _ session.Snapshot) (order, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("%q: one word too many", args[0])
		}
		return a, nil
	}
}

// parse makes an order of a typed line, nil of an empty one. The error is a
// [mcast.Advised] if there is advice.
func parse(line string, s session.Snapshot) (order, error) {
	switch {
	case strings.TrimSpace(line) == "":
		return nil, nil
	case strings.HasPrefix(line, "//"):
		return session.Say{Text: line[1:]}, nil
	case !strings.HasPrefix(line, "/"):
		return session.Say{Text: line}, nil
	}
	words := strings.Fields(line)
	for _, c := range commands {
		if words[0] == c.name || c.alias != "" && words[0] == c.alias {
			args := words[1:]
			if rest := strings.TrimSpace(line[len(words[0]):]); c.line && rest != "" {
				args = []string{rest}
			}
			a, err := c.parse(args, s)
			if err == nil {
				return a, nil
			}
			if _, ok := errors.AsType[*mcast.Advised](err); ok {
				return nil, err
			}
			return nil, &mcast.Advised{Err: err, Advice: "usage: " + c.usage()}
		}
	}
	hint := "a line that starts with a slash: //" + strings.TrimPrefix(words[0], "/")
	if near := nearest(words[0]); near != "" {
		hint = "did you mean " + near + "? To say it, start with two slashes"
	}
	return nil, &mcast.Advised{Err: fmt.Errorf("%s: no such command", words[0]), Advice: hint}
}

func parseJoin(args []string, s session.Snapshot) (order, error) {
	if len(args) == 0 {
		return openPicker{pickGroup}, nil
	}
	return groupAndInterface("/join", args, s)
}

func parseLook(args []string, s session.Snapshot) (order, error) {
	join, err := groupAndInterface("/look", args, s)
	if err != nil {
		return nil, err
	}
	join.ListenOnly = true
	return join, nil
}

func groupAndInterface(command string, args []string, s session.Snapshot) (session.Join, error) {
	if len(args) < 1 || len(args) > 2 {
		return session.Join{}, fmt.Errorf("%s: want a group", command)
	}
	g, err := mcast.ParseGroup(args[0])
	switch {
	case errors.Is(err, mcast.ErrNotMulticast):
		return session.Join{}, &mcast.Advised{Err: err, Advice: "a group of your own: 239.0.0.0 to 239.255.255.255, such as " + command + " 239.1.2.3:5000"}
	case err != nil:
		return session.Join{}, err
	}
	join := session.Join{Group: g}
	if len(args) == 2 {
		join.Interface, err = knownInterface(args[1], s)
	}
	return join, err
}

func parseLeave(args []string, s session.Snapshot) (order, error) {
	var leave session.Leave
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
func joinedGroup(text string, s session.Snapshot) (mcast.Group, error) {
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
	return g, &mcast.Advised{Err: fmt.Errorf("%s is not joined", g), Advice: "joined: " + strings.Join(names, ", ")}
}

func parseInterface(args []string, s session.Snapshot) (order, error) {
	switch len(args) {
	case 0:
		return openPicker{pickInterface}, nil
	case 1:
	default:
		return nil, errors.New("/interface: want one interface")
	}
	if args[0] == "default" {
		return session.UseInterface{Interface: "default"}, nil
	}
	name, err := knownInterface(args[0], s)
	return session.UseInterface{Interface: name}, err
}

// knownInterface is the name of the interface that key means.
func knownInterface(key string, s session.Snapshot) (string, error) {
	list := make([]host.Interface, len(s.Interfaces))
	for i := range s.Interfaces {
		list[i] = s.Interfaces[i].Interface
	}
	found, err := host.Find(list, key)
	if err != nil {
		return "", &mcast.Advised{Err: err, Advice: "there are: " + strings.Join(interfaceNames(s), ", ")}
	}
	return found.Name, nil
}

func parseLoopback(args []string, _ session.Snapshot) (order, error) {
	if len(args) == 1 && args[0] == "on" || len(args) == 1 && args[0] == "off" {
		return session.SetLoopback{On: args[0] == "on"}, nil
	}
	return nil, errors.New("/loopback: want on or off")
}

func parseHops(args []string, _ session.Snapshot) (order, error) {
	if len(args) != 1 {
		return nil, errors.New("/ttl: want a number from 0 to 255")
	}
	n, err := strconv.ParseUint(args[0], 10, 8)
	if err != nil {
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("ttl %s: not a number from 0 to 255", args[0]),
			Advice: "0 stays on this host, 1 on the LAN; each router on the way takes 1",
		}
	}
	return session.SetHops{Hops: int(n)}, nil
}

func parsePing(args []string, _ session.Snapshot) (order, error) {
	const usual = 3
	switch len(args) {
	case 0:
		return session.Ping{Count: usual}, nil
	case 1:
		if n, err := strconv.ParseUint(args[0], 10, 16); err == nil && 0 < n && n <= session.MaxPings {
			return session.Ping{Count: int(n)}, nil
		}
	}
	return nil, fmt.Errorf("/ping: want a number from 1 to %d, or nothing for %d", session.MaxPings, usual)
}

func parseSave(args []string, _ session.Snapshot) (order, error) {
	if len(args) == 0 {
		return nil, &mcast.Advised{Err: errors.New("/save: want the name of a file"), Advice: "name one that does not exist yet: /save talk.txt"}
	}
	return session.Save{File: args[0]}, nil
}
