package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// oneWay: a member is heard, and does not hear this host; known from all that it says
// it hears. Which end it is at is said only where other members tell.
func oneWay(f Facts, in Intent) []Finding {
	const name = "one-way"
	m := f.Observed.Members
	if m == nil {
		return unknown(name, "whether others hear this host only members say, and this run is none", whoCommand(in))
	}
	at := map[int][]Member{}
	var order []int
	var loss, unasked, here []string
	for _, d := range m.Deaf() {
		switch {
		case d.Quiet:
		case f.local(d):
			here = append(here, d.Name)
		case d.LostIn >= lossy || d.LostOut >= lossy:
			loss = append(loss, d.Name)
		default:
			if len(at[d.IfIndex]) == 0 {
				order = append(order, d.IfIndex)
			}
			at[d.IfIndex] = append(at[d.IfIndex], d)
		}
	}
	if len(order) > 0 {
		var out []Finding
		for _, index := range order {
			out = append(out, f.deafBy(index, at[index], in))
		}
		return out
	}
	hears := 0
	for _, other := range m.Members {
		switch {
		case other.HearsUs:
			hears++
		case !other.OneWay && !other.Quiet:
			unasked = append(unasked, other.Name)
		}
	}
	switch {
	case len(loss) > 0:
		return unknown(name, fmt.Sprintf("%s %s not name this host, and so much is lost on the way that it may be by chance", people(loss), verb(len(loss), "does", "do")))
	case len(here) > 0 && in.Loopback:
		return unknown(name, fmt.Sprintf("a program of this host itself does not name this one, %s: it may have joined on another interface (groupcast explain joined-elsewhere)", people(here)))
	case len(unasked) > 0:
		return unknown(name, fmt.Sprintf("of the members that are heard, these have not said yet whether they hear this host: %s", people(unasked)))
	case hears == 0:
		return unknown(name, "no other member is heard", whoCommand(in))
	}
	return fine(name, fmt.Sprintf("members that say that they hear this host: %d", hears))
}

// whoCommand is the command that asks members, long enough to know who is deaf.
func whoCommand(in Intent) string {
	command := "groupcast who -t 15"
	if in.Group != mcast.DefaultGroup && in.Group.Addr.IsValid() {
		command += " " + in.Group.String()
	}
	for _, i := range in.Wanted {
		command += " -i " + i.Name
	}
	return command
}

// deafEnd is what is known of where the words of this host are lost.
type deafEnd struct {
	near   []Member // they are beside the deaf, and hear this host
	others []string // the deaf hear them
	none   bool     // the deaf hear nobody, though others are beside them
	many   bool     // there are several, and nobody hears this host
}

// deafBy is the finding about members that are heard by one interface, and do not
// hear this host.
func (f Facts) deafBy(index int, deaf []Member, in Intent) Finding {
	names, by := namesOf(deaf), f.nameOf(in, index)
	them := verb(len(deaf), "it", "them")
	found := Finding{
		Name: "one-way", Verdict: Warning, Interface: by,
		Title: fmt.Sprintf("you hear %s, and %s", people(names), verb(len(deaf), people(names)+" does not hear you", "none of them hears you")),
	}
	if len(f.hearing()) == 0 {
		found.Verdict = Failure
	}
	out, known := f.egress(in)
	var says []string
	if known {
		says = append(says, fmt.Sprintf("your signs of life leave by %s", describe(out, in.Group)))
	}
	for _, d := range deaf[:min(len(deaf), 3)] {
		says = append(says, f.bothEnds(d, by))
	}
	says = append(says, fmt.Sprintf("%s listed all members that %s, and this host was not among them", people(names), verb(len(deaf), "it hears", "they hear")))

	i, _ := host.ByIndex(f.Interfaces, index)
	end := f.endOf(i, deaf)
	behind := slices.ContainsFunc(deaf, func(d Member) bool { return f.Interfaces != nil && f.outside(d.From.Addr().Unmap()) })
	beside := slices.ContainsFunc(deaf, func(d Member) bool { return covers(out, d.From.Addr().Unmap()) })
	elsewhere := known && out.Index != index && !beside && i.Usable(in.Group.Addr) && !f.tried(index)
	switch {
	case len(end.near) > 0 && len(end.others) > 0:
		says = append(says,
			fmt.Sprintf("%s, on the same network, %s you, and %s %s: what is lost is lost between you and %s alone", people(namesOf(end.near)), verb(len(end.near), "hears", "hear"),
				people(names), verb(len(deaf), "hears ", "hear ")+people(end.others), them))
		found.Hints = append(f.askThere(deaf, out, in), "there, what knows one address from another: a firewall, a reverse path filter (groupcast explain reverse-path), a source that is blocked")
	case len(end.near) > 0:
		found.Title += fmt.Sprintf("; %s, on the same network, %s", people(namesOf(end.near)), verb(len(end.near), "does", "do"))
		says = append(says, fmt.Sprintf("what you say reaches that network, so the cause is at the other end, or at %s port of a switch", verb(len(deaf), "its", "their")))
		found.Hints = f.lookThere(deaf, out, in)
	case end.none:
		says = append(says, fmt.Sprintf("%s %s none of the other members there either, so the cause is at the other end, or at %s port of a switch", people(names), verb(len(deaf), "hears", "hear"), verb(len(deaf), "its", "their")))
		found.Hints = f.lookThere(deaf, out, in)
	case elsewhere:
		says = append(says, fmt.Sprintf("%s behind %s, and your words leave by %s", verb(len(deaf), "it is", "they are"), by, out.Name))
		found.Hints = useInterface(i)
		if len(f.hearUsBy(out.Index)) == 0 {
			found.Fix = &Fix{UseInterface: by}
		} else {
			says[len(says)-1] += ", where others hear you"
			found.Hints = append(found.Hints, "to speak to both networks, run a second groupcast by the other interface")
		}
	case behind && in.Hops <= 1:
		says = append(says, fmt.Sprintf("a router is between, and TTL %d crosses none", in.Hops))
		found.Hints = []string{fmt.Sprintf("send with more: --ttl %d, or /hops %d", hopsToCross, hopsToCross), "routers between have to forward the group in both directions (groupcast explain no-multicast-router)"}
		found.Fix = &Fix{Hops: hopsToCross}
	case len(end.others) > 0:
		says = append(says, fmt.Sprintf("%s %s other members, %s, and nobody there hears you: the cause is at this end, or on the way from it", people(names), verb(len(deaf), "hears", "hear"), people(end.others)))
		found.Hints = f.lookHere(out, known, in)
	case end.many:
		says = append(says, "no member of another host hears you, which speaks for this end, and is no proof")
		found.Hints = append(f.lookHere(out, known, in), f.askThere(deaf, out, in)...)
	default:
		says = append(says, "nobody else is there who could tell at which end the cause is")
		found.Hints = append(f.lookHere(out, known, in), f.askThere(deaf, out, in)...)
	}
	if slices.ContainsFunc(deaf, func(d Member) bool { return d.Unproven }) {
		says = append(says, "signs of life that name nobody can also be a recording that somebody plays")
	}
	found.Evidence = strings.Join(says, "; ")
	return found
}

// bothEnds says by which interfaces a member is heard, and how well.
func (f Facts) bothEnds(d Member, by string) string {
	text := d.Name
	if d.Name != d.From.Addr().String() && d.From.IsValid() {
		text += fmt.Sprintf(" (%s)", d.From.Addr())
	}
	if d.Sends != "" {
		text += fmt.Sprintf(" sends by its %s, as it says, and", d.Sends)
	}
	text += " comes by " + by
	if d.LostIn >= 0 {
		text += fmt.Sprintf(", of which %s is lost on the way here", percent(d.LostIn))
	}
	return text
}

// endOf looks for who can tell at which end the words of this host are lost.
func (f Facts) endOf(i host.Interface, deaf []Member) (e deafEnd) {
	beside := func(m Member) bool {
		return m.IfIndex == i.Index && !f.local(m) && slices.ContainsFunc(deaf, func(d Member) bool { return together(i, m.From.Addr(), d.From.Addr()) })
	}
	isDeaf := func(name string) bool {
		return slices.ContainsFunc(deaf, func(d Member) bool { return d.Name == name })
	}
	for _, h := range f.hearing() {
		if beside(h) {
			e.near = append(e.near, h)
		}
	}
	e.none = true
	for _, d := range deaf {
		switch {
		case d.Unproven:
		case d.Hears == nil:
			e.none = false
		}
		for _, name := range d.Hears {
			e.none = false
			if !slices.Contains(e.others, name) {
				e.others = append(e.others, name)
			}
		}
	}
	company := slices.ContainsFunc(f.Observed.Members.Members, func(m Member) bool { return !m.Quiet && !isDeaf(m.Name) && beside(m) })
	e.none = e.none && company
	e.many = len(deaf) > 1 && len(f.hearing()) == 0
	return e
}

// tried reports whether signs of life go out by an interface beside the chosen one,
// now: nobody hears the chosen one.
func (f Facts) tried(index int) bool {
	chosen, ok := f.Observed.Members.chosen()
	return ok && len(f.remote(chosen.Heard)) == 0 && slices.ContainsFunc(f.Observed.Members.Ways, func(w MembersWay) bool { return w.IfIndex == index && w.Tried })
}

// askThere is what to run at the other end; hints have addresses, and no names.
func (f Facts) askThere(deaf []Member, out host.Interface, in Intent) []string {
	from := deaf[0].From.Addr().Unmap().WithZone("")
	if !from.IsValid() {
		return nil
	}
	own := ""
	if a := out.Addr(in.Group.Addr); a.IsValid() {
		own = "--from " + a.String() + " "
	}
	group := in.Group
	group.Addr = group.Addr.WithZone("") // which is of this host
	return []string{fmt.Sprintf("at %s, groupcast doctor --probe --watch 10s %s%s tells what keeps you out, while this host speaks", from, own, group)}
}

// lookThere is what to look at where the cause is at the other end.
func (f Facts) lookThere(deaf []Member, out host.Interface, in Intent) []string {
	hints := f.askThere(deaf, out, in)
	ports := fmt.Sprintf("port %d", in.Group.Port)
	if port := f.Observed.Members.Port; port != 0 {
		ports = fmt.Sprintf("ports %d and %d (the first is of lines, the second of signs of life)", in.Group.Port, port)
	}
	return append(hints,
		fmt.Sprintf("there, a firewall that lets out what is sent, and not in what comes: it has to let in UDP to %s, %s (groupcast explain firewall-in)", in.Group.Addr.WithZone(""), ports),
		"there, a reverse path filter (groupcast explain reverse-path), or a join on another interface (groupcast explain joined-elsewhere)",
		fmt.Sprintf("between, a switch that does not send the group to that port: see its %s (groupcast explain reports-blocked)", in.snooping()))
}

// lookHere is what to look at where the cause may be at this end.
func (f Facts) lookHere(out host.Interface, known bool, in Intent) []string {
	command := doctorCommand(in, "--probe")
	if known && len(in.Wanted) == 0 {
		command = doctorCommand(in, "-i "+out.Name+" --probe")
	}
	return []string{
		"see whether what is said leaves this host: " + command,
		fmt.Sprintf("if it leaves, look between: a switch's %s, an access point that filters groups (groupcast explain no-querier)", in.snooping()),
	}
}
