package doctor

import (
	"fmt"
	"slices"
)

// fewReflected is how many own lines must come back in a talk, where others may
// say the same by chance. A probe's datagrams carry a random number.
const fewReflected = 3

// reflected: own datagrams come back from another host's address, so that something
// repeats what it hears into the network it heard it from.
func reflected(f Facts, in Intent) []Finding {
	const name = "reflected"
	o := f.Observed
	tried := 0
	for _, s := range o.Sent {
		tried += s.Tried
	}
	least := 1
	if in.Live {
		least = fewReflected
	}
	var from []string
	back, by := 0, 0
	for _, r := range o.Heard {
		if !r.Local && r.Reflected >= least {
			from, by = append(from, r.From.Addr().Unmap().String()), r.IfIndex
			back += r.Reflected
		}
	}
	switch {
	case o.Heard == nil:
		return unknown(name, "nobody listened", doctorCommand(in, "--probe"))
	case len(from) == 0 && tried == 0:
		return unknown(name, "nothing was sent that could come back", doctorCommand(in, "--probe"))
	case len(from) == 0:
		return fine(name, fmt.Sprintf("own datagrams: %d, and none came back from another host", tried))
	}
	slices.Sort(from)
	from = slices.Compact(from)
	finding := Finding{
		Name: name, Verdict: Warning, Interface: f.nameOf(in, by),
		Title:    "own datagrams come back as if they were from " + enumerate(from),
		Evidence: fmt.Sprintf("own datagrams that were sent: %d, and that came back from there within a second: %d", tried, back),
		Hints: []string{
			fmt.Sprintf("find what repeats groups at %s: a relay, an mDNS reflector, or a router that translates addresses", enumerate(from)),
			"let it leave out the network that it heard a datagram by; two of them between the same networks send in circles",
		},
	}
	if tried > 0 && back > circling*tried {
		finding.Verdict = Failure
		finding.Title = fmt.Sprintf("own datagrams go in circles: they came back %d times from %s", back, enumerate(from))
	}
	return []Finding{finding}
}

// circling is how many times one own datagram must come back to go in circles.
const circling = 4

// doubled: a sender's datagrams come twice by one interface. One that is on this
// network may send them twice itself, as UPnP advises; one behind a router, or with
// two TTLs, comes by two ways.
func doubled(f Facts, in Intent) []Finding {
	const name = "doubled"
	o := f.Observed
	if o.Heard == nil {
		return unknown(name, "nobody listened", doctorCommand(in, "--probe --watch 10s"))
	}
	var itself string
	others := 0
	for _, r := range o.Heard {
		switch {
		case r.Local:
			continue
		case !r.Doubled():
		case r.Outside || r.TwiceHops:
			ttl := fmt.Sprintf("each with TTL %d", r.HopsMax)
			if r.TwiceHops {
				ttl = fmt.Sprintf("with TTL %d and %d", r.HopsMin, r.HopsMax)
			}
			return []Finding{{
				Name: name, Verdict: Warning, Interface: f.nameOf(in, r.IfIndex),
				Title:    fmt.Sprintf("each datagram of %s comes twice by %s", r.From.Addr(), f.nameOf(in, r.IfIndex)),
				Evidence: fmt.Sprintf("the same bytes from %s within 50 ms: %d times of %s, %s", r.From, r.Twice, counted(r.Datagrams), ttl),
				Hints: []string{
					fmt.Sprintf("two routers or relays forward the group to this network: with PIM one of them has to win (RFC 7761, section 4.6), with static routes leave one of them out; at a router, ip mroute show %s shows its part", in.Group.Addr.WithZone("")),
					"or a cable makes a loop of two switches",
				},
			}}
		default:
			itself = fmt.Sprintf("each datagram of %s comes twice with one TTL, and it is on this network: it may send them twice itself", r.From)
		}
		others++
	}
	switch {
	case itself != "":
		return unknown(name, itself)
	case others == 0:
		return unknown(name, "nobody else was heard", doctorCommand(in, "--probe --watch 10s"))
	}
	return fine(name, fmt.Sprintf("sources that were heard: %d, and none of them twice all the time", others))
}
