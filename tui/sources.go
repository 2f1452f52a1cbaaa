package tui

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

func parseSource(args []string, s session.Snapshot) (order, error) {
	switch {
	case len(args) == 0:
		return openPicker{pickSource}, nil
	case len(args) > 1:
		return nil, errors.New("/source: want one address")
	case args[0] == "any":
		return session.Source{}, nil
	}
	a, err := sourceAddr("/source", args[0], s)
	if err != nil {
		return nil, err
	}
	return session.Source{Addr: a}, nil
}

func parseBlock(args []string, s session.Snapshot) (order, error) {
	switch len(args) {
	case 0:
		return openPicker{pickSource}, nil
	case 1:
	default:
		return nil, errors.New("/block: want one address")
	}
	a, err := sourceAddr("/block", args[0], s)
	switch {
	case err != nil:
		return nil, err
	case s.Group.Source.IsValid():
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("/block: only %s is heard in this group", s.Group.Source),
			Advice: "hear all sources again first: /source any",
		}
	}
	return session.Block{Addr: a, On: true}, nil
}

func parseUnblock(args []string, s session.Snapshot) (order, error) {
	blocked := "nobody is blocked"
	if names := blockedSources(s, 0); len(names) > 0 {
		blocked = "blocked: " + strings.Join(names, ", ")
	}
	if len(args) != 1 {
		return nil, &mcast.Advised{Err: errors.New("/unblock: want one address"), Advice: blocked}
	}
	a, err := sourceAddr("/unblock", args[0], s)
	if err != nil {
		return nil, err
	}
	if !isBlocked(s, a) {
		return nil, &mcast.Advised{Err: fmt.Errorf("/unblock: %s is not blocked", a), Advice: blocked}
	}
	return session.Block{Addr: a}, nil
}

// sourceAddr reads the address of a source that the current group can have.
func sourceAddr(command, text string, s session.Snapshot) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		if at, err := netip.ParseAddrPort(text); err == nil {
			return a, &mcast.Advised{
				Err:    fmt.Errorf("%s: %s has a port, and a source has none", command, text),
				Advice: fmt.Sprintf("all that this host sends: %s %s", command, at.Addr()),
			}
		}
		return a, &mcast.Advised{
			Err:    fmt.Errorf("%s: %s is not an IP address", command, text),
			Advice: "the address of a sender: /who lists those that were heard",
		}
	}
	a = a.Unmap()
	if why := noSource(a, s); why != "" {
		return netip.Addr{}, &mcast.Advised{
			Err:    fmt.Errorf("%s: %s is %s", command, a, why),
			Advice: "the address of a sender: /who lists those that were heard",
		}
	}
	return a, nil
}
