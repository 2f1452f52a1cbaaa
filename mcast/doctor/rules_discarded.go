package doctor

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// discards says by how much the counters of the host grew that grow with each UDP
// datagram of any program that is dropped below IP, whether or not the program is
// told; "" when they did not. They do not say which interface it was. Queues are
// the interfaces whose queue has ever dropped anything.
func (f Facts) discards(in Intent) (evidence string, queues []host.Interface) {
	errs, discards := "Udp.SndbufErrors", "Ip.OutDiscards"
	if in.Group.Addr.Is6() {
		errs, discards = "Udp6.SndbufErrors", "Ip6.OutDiscards"
	}
	n := min(f.Observed.Grown[errs], f.Observed.Grown[discards]) // a socket's own buffer counts in the first only
	if n == 0 {
		return "", nil
	}
	for _, i := range f.Interfaces {
		if f.Links[i.Index].QueueDrops > 0 {
			queues = append(queues, i)
		}
	}
	return fmt.Sprintf("in %s %s grew by %d, %s by %d", f.Observed.lasted(), errs, f.Observed.Grown[errs], discards, f.Observed.Grown[discards]), queues
}

// discarded finds queues that drop UDP datagrams of any program. If only one queue
// has ever dropped anything, it was that one. If none has, it was no queue: a
// filter at an interface's egress counts the same.
func (f Facts) discarded(in Intent) []Finding {
	const name = "send-queue-full"
	evidence, queues := f.discards(in)
	switch {
	case evidence == "":
		return nil
	case f.Links != nil && len(queues) == 0:
		return fine(name, evidence+", and no queue of this host has ever dropped anything: a filter does, see firewall-out")
	case len(queues) == 1:
		i := queues[0]
		return []Finding{{
			Name: name, Verdict: Failure, Interface: i.Name,
			Title: fmt.Sprintf("the queue of %s was full, and dropped what programs of this host sent", i.Name),
			Evidence: fmt.Sprintf("%s; no other queue than that of %s has ever dropped anything (%d)",
				evidence, i.Name, f.Links[i.Index].QueueDrops),
			Hints: []string{"look at the queue: tc -s qdisc show dev " + i.Name, sendSlower},
		}}
	}
	return []Finding{{
		Name: name, Verdict: Warning,
		Title:    "an interface's queue was full, or a filter dropped what programs of this host sent",
		Evidence: evidence + "; they do not say of which interface",
		Hints:    []string{"find the queue that drops: tc -s qdisc show", sendSlower},
	}}
}

const sendSlower = "let the program send more slowly, in smaller bursts"

// firewallOut: a firewall of this host refuses datagrams before a copy is made;
// known from EPERM of a send, or ENOBUFS at an interface's egress.
func firewallOut(f Facts, in Intent) []Finding {
	const name = "firewall-out"
	var out []Finding
	var took []string
	for _, index := range f.sentBy() {
		s, where := f.Observed.Sent[index], f.nameOf(in, index)
		switch {
		case errors.Is(s.Err, syscall.EPERM):
			out = append(out, Finding{
				Name:      name,
				Verdict:   Failure,
				Title:     "a firewall of this host refuses what is sent by " + where,
				Evidence:  fmt.Sprintf("sending to %s by %s, the kernel says: %s", in.Group.AddrPort(), where, reason(s.Err)),
				Hints:     f.letOut(in),
				Interface: where,
			})
		case s.refusedAtEgress():
			out = append(out, Finding{
				Name: name, Verdict: Failure, Interface: where,
				Title:    "a filter at the egress of " + where + " drops what is sent",
				Evidence: fmt.Sprintf("sending to %s by %s, the kernel says: %s; and its queue dropped nothing", in.Group.AddrPort(), where, reason(s.Err)),
				Hints:    f.letThroughEgress(in, where),
			})
		case s.Err == nil && s.Tried > 0:
			took = append(took, fmt.Sprintf("the kernel took all of %d datagrams by %s", s.Tried, where))
		}
	}
	switch {
	case len(out) > 0:
		return out
	case len(took) > 0:
		return fine(name, strings.Join(took, "; "))
	}
	if evidence, queues := f.discards(in); evidence != "" && f.Links != nil && len(queues) == 0 {
		return unknown(name, evidence+"; no queue of this host has ever dropped anything, so that a filter at an interface's egress drops it, and whose datagrams is not known", byProbing)
	}
	return unknown(name, "a firewall shows only when something is sent", byProbing)
}
