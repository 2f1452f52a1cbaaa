package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// wrongPort: the group is joined, and its datagrams come to a port where nobody
// listens. Linux counts broadcasts to such a port together with them.
func wrongPort(f Facts, in Intent) []Finding {
	const name = "wrong-port"
	counter, broadcasts := "Udp.IgnoredMulti", "IpExt.InBcastPkts"
	if in.Group.Addr.Is6() {
		counter, broadcasts = "Udp6.IgnoredMulti", "" // IPv6 has none
	}
	if found, ok := f.unbound(in); ok {
		return []Finding{found}
	}
	ignored, watched := f.Observed.Grown[counter]
	noise := f.Observed.Grown[broadcasts]
	watch := doctorCommand(in, "--watch 10s") + ", while somebody sends"
	beside, astray := f.Observed.Beside, f.astray(in)
	switch {
	case len(astray) > 0 && watched:
	case watched && ignored <= noise && beside != nil && len(beside.Others) > 0 && f.Sockets == nil:
		return unknown(name, f.unread(FromSockets))
	case watched && ignored <= noise && beside != nil && len(beside.Numbered) > 0:
		return unknown(name, fmt.Sprintf("numbered datagrams of groupcast come at port %d, from %s: members that measure may send them, or somebody sends a stream to that port",
			beside.Port, enumerate(hosts(beside.Numbered))), doctorCommand(in, "--watch 30s"))
	case watched && ignored == 0:
		evidence := fmt.Sprintf("in %s no datagram came for a joined group at a port where nobody listens (%s)", f.Observed.lasted(), counter)
		if talk := beside.Text(in.Group); talk != "" {
			evidence += "; " + talk
		}
		return fine(name, evidence)
	case watched && ignored <= noise:
		return unknown(name, fmt.Sprintf("%s grew by %d in %s, which the broadcasts may be that came then (%s: %d)", counter, ignored, f.Observed.lasted(), broadcasts, noise), watch)
	case !watched:
		since, known := f.Counters[counter]
		if !known {
			return unknown(name, f.unread(FromCounters))
		}
		if since == 0 {
			return fine(name, fmt.Sprintf("%s = 0 since the host started", counter))
		}
		return unknown(name, fmt.Sprintf("%s = %d since the host started: datagrams, or broadcasts, that came to a port where nobody listened", counter, since), watch)
	}
	if len(f.Router) > 0 {
		return unknown(name, fmt.Sprintf("%s grew by %d in %s; this host forwards groups between %s, and what it has joined to do so needs no port",
			counter, ignored, f.Observed.lasted(), describeAll(f.listed(f.Router), in.Group)))
	}
	port, frames := FramePort(in.Group)
	others := f.alsoJoined(in) // the counter is of all groups
	switch {
	case len(astray) > 0:
	case len(others) > 0:
		return unknown(name, fmt.Sprintf("%s grew by %d in %s, which may be of another joined group: %s", counter, ignored, f.Observed.lasted(), enumerate(others)), watch)
	case in.Group.Source.IsValid():
		return unknown(name, fmt.Sprintf("%s grew by %d in %s, which may be datagrams of other sources than %s, also of this host: they count there, too, while another socket has joined the group for all sources",
			counter, ignored, f.Observed.lasted(), in.Group.Source))
	case frames && beside == nil:
		return unknown(name, fmt.Sprintf("%s grew by %d in %s: datagrams came at other ports of the group; frames of groupcast's members come at port %d, for one, and nobody looked there",
			counter, ignored, f.Observed.lasted(), port), watch)
	}
	finding := Finding{
		Name: name, Verdict: Warning,
		Title: "datagrams come for a joined group at a port where nobody listens",
	}
	var evidence []string
	if len(astray) > 0 {
		finding.Title = fmt.Sprintf("datagrams come for a joined group at port %d, where nobody listens", beside.Port)
		evidence = append(evidence, fmt.Sprintf("%s came there, from %s", counted(datagrams(astray)), enumerate(hosts(astray))))
		finding.Hints = append(finding.Hints, fmt.Sprintf("let them send to port %d, or listen there: groupcast listen %s", in.Group.Port, mcast.Group{Addr: in.Group.Addr, Port: beside.Port}))
	}
	if ignored > noise && len(others) == 0 {
		grew := fmt.Sprintf("%s grew by %d in %s", counter, ignored, f.Observed.lasted())
		if noise > 0 {
			grew += fmt.Sprintf(", and only %d of them can be broadcasts (%s)", noise, broadcasts)
		}
		evidence = append(evidence, grew)
		finding.Hints = append(finding.Hints,
			fmt.Sprintf("compare the senders' port with %d; as root, tcpdump shows it: tcpdump -ni any dst host %s", in.Group.Port, in.Group.Addr.WithZone("")))
	}
	if (f.Observed.Probed || in.Live) && len(f.Observed.Senders) == 0 {
		finding.Verdict = Failure
		finding.Title = "datagrams come, but at a port where nobody listens, and none at " + fmt.Sprint(in.Group.Port)
		if len(astray) > 0 {
			finding.Title = fmt.Sprintf("datagrams come, but at port %d, where nobody listens, and none at %d", beside.Port, in.Group.Port)
		}
	}
	if talk := beside.Text(in.Group); talk != "" {
		evidence = append(evidence, talk)
	}
	finding.Evidence = strings.Join(evidence, "; ")
	return []Finding{finding}
}

func datagrams(list []Sender) (n int) {
	for _, s := range list {
		n += s.Datagrams
	}
	return n
}

// alsoJoined are the groups that are joined here beside the program's and the
// kernel's own.
func (f Facts) alsoJoined(in Intent) (list []string) {
	for _, at := range f.Groups {
		for _, g := range at.Groups {
			if g.Addr != in.Group.Addr.WithZone("") && !joinedByKernel(g.Addr) && !slices.Contains(list, g.Addr.String()) {
				list = append(list, g.Addr.String())
			}
		}
	}
	return list
}

// firewallIn: datagrams that come in are dropped before they reach a socket.
func firewallIn(f Facts, in Intent) []Finding {
	const name = "firewall-in"
	if found := swallowed(f, in); len(found) > 0 {
		return found
	}
	lost, others := undelivered(f, in)
	sure := lost != "" && others == ""
	if heard := f.heardFrom(); len(heard) > 0 && !(sure && in.Live) { // one that runs may have heard them minutes ago
		evidence := "heard: " + enumerate(heard)
		if lost != "" {
			evidence += "; what this host drops is of other groups: " + lost
		}
		return fine(name, evidence)
	}
	for _, index := range slices.Sorted(maps.Keys(f.Observed.Sent)) {
		if s := f.Observed.Sent[index]; s.Copies > 0 {
			return fine(name, fmt.Sprintf("own copies come in by %s and reach the socket: %d of %d", in.labelOf(f, index), s.Copies, s.Tried))
		}
	}
	switch {
	case sure:
		return []Finding{{
			Name: name, Verdict: Warning,
			Title:    "multicast comes in, and this host drops it before any socket",
			Evidence: lost + "; no other group is joined",
			Hints:    append(f.openPort(in), doctorCommand(in, "--probe")),
		}}
	case lost != "":
		return unknown(name, lost+"; it may be of another group: "+others, doctorCommand(in, "--probe"))
	}
	return unknown(name, "nothing was sent, nor heard, that a rule could have dropped", doctorCommand(in, "--probe"))
}

// swallowed: own copies, which come in as others' datagrams do, did not reach
// the socket that had joined the group where they were sent.
func swallowed(f Facts, in Intent) []Finding {
	if !in.Loopback || f.Observed.Joined != nil || f.dropsAt(in) {
		return nil
	}
	mcasts, delivered := "IpExt.InMcastPkts", "Udp.InDatagrams"
	if in.Group.Addr.Is6() {
		mcasts, delivered = "Ip6.InMcastPkts", "Udp6.InDatagrams"
	}
	var silent []string
	tried, copies := 0, 0
	for _, index := range slices.Sorted(maps.Keys(f.Observed.Sent)) {
		s := f.Observed.Sent[index]
		switch {
		case s.Tried == 0, s.Err != nil, !slices.Contains(in.Joined, index), f.Heard[index] > 0 && !in.Live:
		case s.Copies == 0:
			silent = append(silent, in.labelOf(f, index))
			tried += s.Tried
		default:
			copies += s.Copies
		}
	}
	if tried == 0 {
		return nil
	}
	finding := Finding{
		Name: "firewall-in", Verdict: Warning, Interface: silent[0],
		Title:    fmt.Sprintf("own copies do not come in by %s: a rule may drop them", enumerate(silent)),
		Evidence: fmt.Sprintf("sent and looped back: %d, heard: 0, though the group was joined there", tried),
		Hints:    f.openPort(in),
	}
	came, counted := f.Observed.Grown[mcasts]
	read, known := f.Observed.Grown[delivered]
	switch {
	case !counted:
		finding.Evidence += "; the counters are not known"
	case came < uint64(tried+copies):
		finding.Evidence += fmt.Sprintf("; %s grew by %d: they were dropped before IP counts them (prerouting, or ingress of the interface)", mcasts, came)
	case known && read < uint64(tried+copies):
		finding.Verdict = Failure
		finding.Title = "this host drops what comes in for the group by " + enumerate(silent)
		finding.Evidence += fmt.Sprintf("; %s grew by %d, %s by %d: IP saw them, and no socket did", mcasts, came, delivered, read)
	default:
		finding.Evidence += fmt.Sprintf("; %s grew by %d, %s by %d", mcasts, came, delivered, read)
	}
	return []Finding{finding}
}

// dropsAt reports whether a socket at the port lost something for want of room.
func (f Facts) dropsAt(in Intent) bool {
	return slices.ContainsFunc(f.socketsAt(in), func(s host.Socket) bool { return f.Observed.Drops[s.Inode] > 0 })
}

// labelOf names an interface.
func (in Intent) labelOf(f Facts, index int) string {
	if i, ok := host.ByIndex(f.Interfaces, index); ok {
		return i.Name
	}
	return in.nameOf(index)
}
