package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// interfaceChoices are the interfaces: those that can carry the group, the
// kernel's own choice, then those that cannot, and lo.
func interfaceChoices(st *styles, s session.Snapshot) []choice {
	var ready, rest, lo []choice
	for _, i := range s.Interfaces {
		c := interfaceChoice(st, s, i)
		switch {
		case i.Loopback():
			lo = append(lo, c)
		case i.Ready(s.Group.Addr) == nil:
			ready = append(ready, c)
		default:
			rest = append(rest, c)
		}
	}
	kernel := choice{
		key: "default", glyph: st.warning.Render(st.kernel), name: "default", facts: st.dim.Render("the kernel chooses"), keywords: "kernel",
		action: session.UseInterface{Interface: "default"}, actionLabel: "let the kernel choose",
	}
	switch k := s.Kernel; {
	case k.Err != nil:
		kernel.means = "nothing would leave: " + errorText(k.Err)
	case k.Interface == "":
		kernel.means = "not known yet"
	default:
		kernel.means = "now via " + clean(k.Interface)
		if k.Source.IsValid() {
			kernel.means += " from " + clean(k.Source.String())
		}
		if k.Because != "" {
			kernel.means += ": " + clean(k.Because)
		}
	}
	return slices.Concat(ready, []choice{kernel}, rest, lo)
}

func interfaceKey(i session.Interface) string { return "interface " + i.Name }

func interfaceChoice(st *styles, s session.Snapshot, i session.Interface) choice {
	pane := membership{styles: st, snap: s}
	addrs := pane.addresses(i)
	c := choice{
		key: interfaceKey(i), glyph: st.dim.Render(st.notJoined), name: clean(i.Name),
		facts:    strings.Join(addrs, "  ") + "  " + st.dim.Render(pane.state(i)),
		keywords: strings.Join(addrs, " "),
	}
	if i.Joined {
		c.glyph = st.good.Render(st.joined)
		c.other, c.otherLabel = session.Leave{Group: s.Group, Interface: i.Name}, "leave there"
	}
	if why := notReady(i, s.Group); why != "" {
		c.means, c.refusal = why, c.name+" is "+why
		return c
	}
	if !i.Joined {
		c.other, c.otherLabel = session.Join{Group: s.Group, Interface: i.Name}, "only join there"
	}
	c.action, c.actionLabel = session.UseInterface{Interface: i.Name}, "join there, send out of it"
	c.means = strings.Join(consequences(s, i), "; ")
	return c
}

// notReady says why nothing can be sent by an interface; "": it can.
func notReady(i session.Interface, g mcast.Group) string {
	switch {
	case !i.Up():
		return "down: nothing would leave"
	case !i.Carrier() && !i.Loopback():
		return "without a carrier: nothing would leave"
	case !i.Addr(g.Addr).IsValid():
		return "without an " + version(g.Addr) + " address: nothing could be sent from it"
	}
	return ""
}

// consequences are the effects of choosing an interface, and the reasons for it,
// the most important first.
func consequences(s session.Snapshot, i session.Interface) []string {
	source := i.Addr(s.Group.Addr)
	linkLocal := source.Is4() && source.IsLinkLocalUnicast()
	var say []string
	switch {
	case i.Loopback():
		say = append(say, "stays on this host: only its own programs hear it")
	case s.Sends.Stays && s.Sends.IfIndex == i.Index:
		say = append(say, "with ttl 0 sends stay on this host")
	case s.Sends.Err == nil && s.Sends.IfIndex == i.Index:
		say = append(say, "sends leave here now, from "+clean(cmp.Or(s.Sends.Source, source).String()))
	case !linkLocal:
		say = append(say, "sends would leave from "+clean(source.String()))
	}
	switch {
	case linkLocal && lanElsewhere(s, i):
		say = append(say, "only a link-local address: the LAN is elsewhere")
	case linkLocal:
		say = append(say, "only a link-local address")
	}
	if i.Err != nil {
		say = append(say, "the join failed: "+errorText(i.Err))
	}
	senders, datagrams := 0, uint64(0)
	for _, sender := range s.Room.Senders {
		if sender.IfIndex == i.Index {
			senders++
			datagrams += sender.Datagrams
		}
	}
	switch {
	case senders > 0:
		say = append(say, fmt.Sprintf("heard here: %s, %s", count(senders, "host"), count(datagrams, "datagram")))
	case i.Joined && s.Room.SendersTotal <= len(s.Room.Senders):
		say = append(say, "nobody else was heard here")
	}
	if s.Kernel.Err == nil && s.Kernel.IfIndex == i.Index {
		because := ""
		if s.Kernel.Because != "" {
			because = ": " + clean(s.Kernel.Because)
		}
		say = append(say, "what the kernel would choose"+because)
	}
	if asked := (wireWords{wire: i.Wire, i: i, six: s.Group.Addr.Is6()}).inFull(); asked != "" && i.Joined {
		say = append(say, asked)
	}
	return say
}

// lanElsewhere reports whether another interface that works has an address
// that a network gave it.
func lanElsewhere(s session.Snapshot, not session.Interface) bool {
	return slices.ContainsFunc(s.Interfaces, func(i session.Interface) bool {
		return i.Index != not.Index && i.Usable(s.Group.Addr) && !i.Addr(s.Group.Addr).IsLinkLocalUnicast()
	})
}
