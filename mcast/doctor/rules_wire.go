package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
)

// What the rules of membership know once somebody has looked at IGMP and MLD
// themselves. It overrules what counters say.

// reportsOnWire is reports-blocked by what was seen to leave, which is past every
// filter of this host: it finds what no counter counts. Nothing is returned where
// that does not decide.
func (f Facts) reportsOnWire(name string, in Intent, r *Reports) (out []Finding) {
	var left []string
	for _, w := range f.Observed.Wire {
		waited := w.Until.Sub(w.Joined)
		i, ok := host.ByIndex(f.Interfaces, w.IfIndex)
		switch {
		case !ok || i.Ready(in.Group.Addr) != nil:
		case !w.Reported.IsZero():
			left = append(left, fmt.Sprintf("a report of %s was seen leaving by %s (%s)", in.Group.Addr.WithZone(""), i.Name, versioned(in.Group.Addr, w.Version)))
		case w.Joined.IsZero() || !w.First || w.Lost || waited <= reportTime:
		case !f.passedOn(i.Index):
			return unknown(name, fmt.Sprintf("in %s no report of %s was seen leaving by %s, and whether its queue passes on what is sent after it is not known either: see send-queue-full",
				span(waited), in.Group.Addr.WithZone(""), i.Name))
		default:
			out = append(out, f.reportMissed(name, in, i, waited, r))
		}
	}
	if len(out) == 0 && len(left) > 0 {
		return fine(name, enumerate(left))
	}
	return out
}

// passedOn reports whether what was sent by an interface after the join has left
// it: its queue, which is before all that can be seen, held nothing back.
func (f Facts) passedOn(ifIndex int) bool {
	s, ok := f.Observed.Sent[ifIndex]
	return ok && s.Tried > 0 && s.Err == nil && s.Queue == 0 && s.Left != nil && *s.Left >= s.Tried
}

func (f Facts) reportMissed(name string, in Intent, i host.Interface, waited time.Duration, r *Reports) Finding {
	finding := Finding{
		Name: name, Verdict: Failure, Interface: i.Name,
		Title:    "reports of the membership do not leave this host by " + i.Name + ": a rule drops them",
		Evidence: fmt.Sprintf("%s was joined on %s, and in %s no report was seen leaving there, past all filters", in.Group.Addr.WithZone(""), i.Name, span(waited)),
	}
	ip := "Ip"
	if in.Group.Addr.Is6() {
		ip = "Ip6"
	}
	hook := "egress, and the filters of tc filter show dev " + i.Name + " egress"
	if r != nil {
		given, passed := r.Grown[ip+".OutRequests"], r.Grown[ip+".OutTransmits"]
		finding.Evidence += fmt.Sprintf("; %s.OutRequests grew by %d, %s.OutTransmits by %d", ip, given, ip, passed)
		if given > passed {
			hook = "output"
		}
	}
	finding.Hints = []string{
		"find the rule, as root: nft list chains, and those with hook " + hook,
		"let out " + reporting(in.Group.Addr),
	}
	if heard := f.heardFrom(); len(heard) > 0 {
		finding.Verdict = Warning
		finding.Evidence += "; the group is heard all the same: no switch or router on the way sends queries, yet"
	}
	return finding
}

// queriesOnWire is queries-blocked by the queries that were seen to come in, before
// any filter, and the answers that were seen to leave.
func (f Facts) queriesOnWire(name string, in Intent) []Finding {
	if _, never := f.neverReported(in); never {
		return nil
	}
	for _, w := range f.Observed.Wire {
		if a, ok := w.answered(); ok && len(w.unanswered()) == 0 {
			return fine(name, fmt.Sprintf("%s asked on %s, and this host answered %s later", a.by(), f.nameOf(in, w.IfIndex), span(a.Answered.Sub(a.At))))
		}
	}
	for _, w := range f.Observed.Wire {
		missed := w.unanswered()
		if len(missed) == 0 || w.Lost {
			continue
		}
		a, where := missed[len(missed)-1], f.nameOf(in, w.IfIndex)
		finding := Finding{
			Name: name, Verdict: Failure, Interface: where,
			Title: "queries come in by " + where + ", and this host does not answer them: a rule drops them",
			Evidence: fmt.Sprintf("%s asked at %s for answers within %s, and no report of %s left in %s",
				a.by(), a.At.Format(time.TimeOnly), span(a.Within), in.Group.Addr.WithZone(""), span(w.Until.Sub(a.At))),
			Hints: []string{
				"find the rule, as root: nft list chains, and those with hook input, prerouting or ingress",
				"let in " + asking(in.Group.Addr),
				"a querier need not be switched on: as long as queries are dropped, this host answers none",
			},
		}
		switch {
		case !f.passedOn(w.IfIndex):
			return unknown(name, finding.Evidence+"; whether the queue of "+where+" passes on what this host sends is not known either")
		case w.First && w.Reported.IsZero():
			return unknown(name, finding.Evidence+"; but none left after the join either, see reports-blocked")
		case w.Reported.IsZero():
			finding.Verdict = Warning
			finding.Evidence += "; it may be that the reports are dropped as they leave, for none was seen at all"
		default:
			finding.Evidence += "; its report after the join left"
		}
		return []Finding{finding}
	}
	return nil
}

func asking(group netip.Addr) string {
	if group.Is6() {
		return "MLD's queries: ICMPv6 of the type 130"
	}
	return "IGMP: IP protocol 2, to 224.0.0.1 and to the groups"
}

// usualInterval is how often a querier asks (RFC 3376, section 8.2).
const usualInterval = 125 * time.Second

// whyForgotten tells why the switch forgot, for a finding of no-querier.
func (f Facts) whyForgotten(finding *Finding, ifIndex int) {
	w, ok := f.wire(ifIndex)
	if !ok || w.Lost {
		return
	}
	missed := w.unanswered()
	answered, wasAnswered := w.answered()
	switch {
	case len(missed) > 0:
		a := missed[len(missed)-1]
		finding.Title += ": the querier gets no report of this host"
		finding.Evidence += fmt.Sprintf("; %s sent a query at %s, and no report left in %s", a.by(), a.At.Format(time.TimeOnly), span(w.Until.Sub(a.At)))
		finding.Hints = []string{"see queries-blocked: this host drops the query, or its own report"}
	case wasAnswered:
		finding.Title += ", though the querier gets the reports of this host: its port moved, or acts on a leave at once"
		finding.Evidence += fmt.Sprintf("; %s sent a query, and this host reported %s later", answered.by(), span(answered.Answered.Sub(answered.At)))
		finding.Hints = []string{
			"if the silence began when another member behind the same port left the group, switch fast leave off there",
			"if it began when a cable was moved or a link came back, the switch learns the new port with the next query: let its querier send queries more often",
			"until then leave and join again every minute",
		}
	case len(w.Asked) > 0:
		finding.Evidence += fmt.Sprintf("; %s sends queries there", w.Asked[len(w.Asked)-1].by())
	case w.lasted() > usualInterval+graceTime:
		finding.Title += ": there is no querier"
		finding.Evidence += fmt.Sprintf("; in %s no query was seen on %s, and a querier sends one every %s (RFC 3376, section 8.2)", span(w.lasted()), finding.Interface, span(usualInterval))
		finding.Hints = []string{
			"switch on a querier on the switch or the router, or on a Linux bridge (mcast_querier 1), or switch snooping off there (mcast_snooping 0)",
			"until then leave and join again every minute",
		}
	default:
		finding.Evidence += fmt.Sprintf("; in %s no query was seen on %s, where a querier sends one every %s", span(w.lasted()), finding.Interface, span(usualInterval))
	}
}

// askedBefore is the latest query of a version before another that was seen on an
// interface: hosts answer in it for some minutes, whatever the other queries.
func (f Facts) askedBefore(ifIndex, version int) (a Asked, ok bool) {
	w, _ := f.wire(ifIndex)
	for _, a := range slices.Backward(w.Asked) {
		if a.Version < version {
			return a, true
		}
	}
	return Asked{}, false
}

// memberOnWire says what another host reported of the group.
func (f Facts) memberOnWire(in Intent, a netip.Addr) (state Hearing, text string) {
	a = a.Unmap().WithZone("")
	for _, w := range f.Observed.Wire {
		for _, m := range w.Members {
			if m.Host == a {
				return IsMember, fmt.Sprintf("its report of %s was seen by %s (%s, %s): it hears what arrives there",
					in.Group.Addr.WithZone(""), f.nameOf(in, w.IfIndex), versioned(a, m.Version), f.Observed.ago(m.Last))
			}
		}
	}
	if a.Is6() && !a.IsLinkLocalUnicast() {
		return NotKnown, "" // MLD's reports come from link-local addresses
	}
	for _, w := range f.Observed.Wire {
		i, ok := host.ByIndex(f.Interfaces, w.IfIndex)
		if !ok || w.Sight != igmp.SightAll || w.AtLeast || w.Lost || !covers(i, a) {
			continue
		}
		for _, q := range w.Asked {
			if q.Version == newest(a) && q.due(w.Until) {
				return NoMember, fmt.Sprintf("%s asked on %s at %s, others reported, and it did not report %s in %s",
					q.by(), i.Name, q.At.Format(time.TimeOnly), in.Group.Addr.WithZone(""), span(w.Until.Sub(q.At)))
			}
		}
	}
	return NotKnown, ""
}

// newest is the version in which members do not silence each other.
func newest(a netip.Addr) int {
	if a.Is6() {
		return 2
	}
	return 3
}
