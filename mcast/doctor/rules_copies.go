package doctor

import (
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast/stream"
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
	case len(from) == 0 && len(repeaters(o.Heard)) > 0:
		return f.repeated(name, in, repeaters(o.Heard))
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
		Hints:    repeaterHints(enumerate(from)),
	}
	if tried > 0 && back > circling*tried {
		finding.Verdict = Failure
		finding.Title = fmt.Sprintf("own datagrams go in circles: they came back %d times from %s", back, enumerate(from))
	}
	return []Finding{finding}
}

func repeaterHints(at string) []string {
	return []string{
		fmt.Sprintf("find what repeats groups at %s: a relay, an mDNS reflector, or a router that translates addresses", at),
		"let it leave out the network that it heard a datagram by; two of them between the same networks send in circles",
	}
}

// repeaters are the rows of others that send again what somebody else sent, or whose
// datagrams go in circles; the latter first.
func repeaters(heard []stream.Row) (list []stream.Row) {
	for _, r := range heard {
		if c := r.Copied; c == nil || r.Local || !c.Repeats && c.Storms == 0 {
			continue
		} else if c.Storms > 0 {
			list = slices.Insert(list, 0, r)
		} else {
			list = append(list, r)
		}
	}
	return list
}

// repeated is that others' datagrams come back.
func (f Facts) repeated(name string, in Intent, list []stream.Row) []Finding {
	r := list[0]
	from := r.From.Addr().Unmap().String()
	finding := Finding{
		Name: name, Verdict: Warning, Interface: f.nameOf(in, r.IfIndex),
		Title:    fmt.Sprintf("%s sends again what %s sends", from, r.Copied.From.Addr().Unmap()),
		Evidence: fmt.Sprintf("of %s: %s; stream ID and numbers are the same", r.From, r.Copied.Text()),
		Hints:    repeaterHints(from),
	}
	if r.Copied.Storms > 0 {
		finding.Verdict, finding.Evidence = Failure, fmt.Sprintf("of %s: %s", r.From, r.Copied.Text())
		finding.Title = "a datagram of " + from + " went in circles"
		if r.Copied.Storm {
			finding.Title = "datagrams of " + from + " go in circles"
		}
	}
	return []Finding{finding}
}

// circling is how many times one own datagram must come back to go in circles.
const circling = 4

// doubled: a sender's datagrams come twice by one interface. One that is on this
// network may send them twice itself, as UPnP advises; one with two TTLs comes by two
// ways, and so does, most likely, one behind a router.
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
		case r.Outside || r.TwiceHops || r.Copied != nil && r.Copied.Paths:
			times, ttl := "twice", ""
			switch {
			case r.TwiceHops:
				ttl = fmt.Sprintf(", with TTL %d and %d", r.HopsMin, r.HopsMax)
			case r.HopsMax > 0:
				ttl = fmt.Sprintf(", each with TTL %d", r.HopsMax)
			}
			evidence := fmt.Sprintf("the same bytes from %s within 50 ms: %d times of %s%s", r.From, r.Twice, counted(r.Datagrams), ttl)
			if c := r.Copied; c != nil && c.Times > 0 { // whatever time is between them
				evidence = fmt.Sprintf("of %s: %s", r.From, c.Text())
				if c.Times > 2 {
					times = fmt.Sprintf("%d times", c.Times)
				}
			}
			hints := []string{
				fmt.Sprintf("two routers or relays forward the group to this network: with PIM one of them has to win (RFC 7761, section 4.6), with static routes leave one of them out; at a router, ip mroute show %s shows its part", in.Group.Addr.WithZone("")),
				"or a cable makes a loop of two switches",
			}
			if !r.TwiceHops && (r.Copied == nil || !r.Copied.Paths) { // nothing but the address says that it is elsewhere
				hints = append(hints, "or its sender sends each of them twice, as UPnP advises: look how many it has sent")
			}
			return []Finding{{
				Name: name, Verdict: Warning, Interface: f.nameOf(in, r.IfIndex),
				Title:    fmt.Sprintf("each datagram of %s comes %s by %s", r.From.Addr(), times, f.nameOf(in, r.IfIndex)),
				Evidence: evidence,
				Hints:    hints,
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
