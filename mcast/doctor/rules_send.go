package doctor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast/host"
)

// loopbackOff: the other programs of this host do not hear what it sends; known
// from the program's own setting.
func loopbackOff(f Facts, in Intent) []Finding {
	const name = "loopback-off"
	if in.Loopback {
		return fine(name, "IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) = 1 on the socket that sends")
	}
	if out, ok := f.egress(in); ok && out.Loopback() {
		return fine(name, fmt.Sprintf("sends leave by %s, where the kernel ignores the option", out.Name))
	}
	return []Finding{{
		Name:     name,
		Verdict:  Warning,
		Title:    "own copies are off: no other program on this host hears you",
		Evidence: "IP_MULTICAST_LOOP (IPV6_MULTICAST_LOOP) = 0 on the socket that sends",
		Hints:    []string{"switch it on: --loopback, or /loopback on"},
		Fix:      &Fix{LoopbackOn: true},
	}}
}

// loopbackNotProof: own copies come back, and yet nothing, or not all, leaves
// the host; known from the packets that the interface sent while a probe sent
// its own. No carrier is interface-down, and a full queue is send-queue-full.
func loopbackNotProof(f Facts, in Intent) []Finding {
	const name = "loopback-not-proof"
	var out []Finding
	var left []string
	for _, index := range f.sentBy() {
		s, where := f.Observed.Sent[index], f.nameOf(in, index)
		i, listed := host.ByIndex(f.Interfaces, index)
		down := listed && errors.Is(i.Ready(in.Group.Addr), host.ErrInterfaceDown)
		switch {
		case s.Left == nil || i.Loopback() || down || s.queueFull():
		case *s.Left >= s.Tried && s.Tried > 0:
			left = append(left, fmt.Sprintf("%s sent %d packets while it was given %d datagrams", where, *s.Left, s.Tried))
		case s.Copies > 0 && *s.Left < s.Tried:
			what := "not all leaves"
			if *s.Left == 0 {
				what = "nothing leaves"
			}
			out = append(out, Finding{
				Name:    name,
				Verdict: Failure,
				Title:   fmt.Sprintf("own copies come back, but %s by %s", what, where),
				Evidence: fmt.Sprintf("datagrams given to %s: %d; own copies: %d; packets that it sent in that time: %d; a copy is made before the wire",
					where, s.Tried, s.Copies, *s.Left),
				Hints: []string{
					"look what drops them, as root: nft list ruleset",
					"look at the filters, too: tc -s filter show dev " + where + " egress",
					"look at its counters: ip -s -s link show dev " + where,
				},
				Interface: where,
			})
		}
	}
	if len(out) > 0 {
		return out
	}
	if len(left) > 0 {
		return fine(name, strings.Join(left, "; "))
	}
	egress, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	if egress.Loopback() {
		return fine(name, "sends stay on this host: "+egress.Name)
	}
	if by := f.hearUsBy(egress.Index); len(by) > 0 {
		return fine(name, fmt.Sprintf("what leaves by %s arrives: members say that they hear you there: %s", egress.Name, people(by)))
	}
	why := fmt.Sprintf("an own copy is made before the wire, and does not show that anything leaves by %s", egress.Name)
	if n := f.Heard[egress.Index]; n > 0 {
		why += fmt.Sprintf("; others are heard by it (datagrams: %d), so that at least its way in works", n)
	}
	return unknown(name, why, byProbing)
}

// sentBy are the indexes of the interfaces that something was sent by.
func (f Facts) sentBy() []int { return slices.Sorted(maps.Keys(f.Observed.Sent)) }

func (s Sent) queueFull() bool { return s.Queue > 0 || errors.Is(s.Err, syscall.ENOBUFS) }

// refusedAtEgress: the kernel says that there is no room, and no queue has dropped
// anything. A filter at the interface's egress, of nft or tc, drops so.
func (s Sent) refusedAtEgress() bool {
	return errors.Is(s.Err, syscall.ENOBUFS) && s.Left != nil && s.Queue == 0
}

// wellSized is a payload that passes in one piece nearly everywhere: less than
// IPv6's smallest MTU of 1,280 bytes, with room for a tunnel's headers.
const wellSized = 1200

// overMTU: datagrams are sent in pieces, and one lost piece loses all; known
// from the size and the interface's MTU. Pieces that were lost on the way in
// show in the kernel's count of failed reassemblies.
func overMTU(f Facts, in Intent) []Finding {
	const name = "over-mtu"
	headers, counter, largest := 20+8, "Ip.ReasmFails", 65535-20-8
	if in.Group.Addr.Is6() {
		headers, counter, largest = 40+8, "Ip6.ReasmFails", 65535-8
	}
	var out []Finding
	if n := f.Observed.Grown[counter]; n > 0 {
		out = append(out, Finding{
			Name:     name,
			Verdict:  Failure,
			Title:    "datagrams that came in pieces were lost, because a piece was",
			Evidence: fmt.Sprintf("%s grew by %d in %s", counter, n, f.Observed.lasted()),
			Hints:    []string{fmt.Sprintf("let the senders send at most %d bytes at a time", wellSized)},
		})
	}
	if in.Size > largest {
		return append(out, Finding{
			Name:     name,
			Verdict:  Failure,
			Title:    fmt.Sprintf("no datagram holds %d bytes", in.Size),
			Evidence: fmt.Sprintf("a UDP datagram holds up to %d bytes; the kernel refuses more: message too long", largest),
			Hints:    []string{fmt.Sprintf("send at most %d bytes at a time", wellSized)},
		})
	}
	egress, ok := f.egress(in)
	if in.Size > 0 && ok && egress.MTU > 0 && in.Size > egress.MTU-headers {
		return append(out, Finding{
			Name:    name,
			Verdict: Warning,
			Title:   fmt.Sprintf("%d bytes leave by %s in pieces, and one lost piece loses all", in.Size, egress.Name),
			Evidence: fmt.Sprintf("MTU %d of %s, less %d bytes of headers, leaves %d",
				egress.MTU, egress.Name, headers, egress.MTU-headers),
			Hints:     []string{fmt.Sprintf("send at most %d bytes at a time", wellSized)},
			Interface: egress.Name,
		})
	}
	switch {
	case len(out) > 0:
		return out
	case in.Size == 0:
		return unknown(name, "it is not known how large the datagrams are", "say it: groupcast doctor --size BYTES")
	case !ok:
		return f.unsent(name, in)
	case egress.MTU <= 0:
		return unknown(name, "the MTU of "+egress.Name+" is not known")
	}
	return fine(name, fmt.Sprintf("%d bytes fit in one piece: the MTU of %s is %d", in.Size, egress.Name, egress.MTU))
}

// sendQueueFull: sends report success, and the interface's queue drops them;
// known from the queue's drops while something was sent, and from ENOBUFS. Its
// drops since it was made are no alarm: they can be of any program.
func sendQueueFull(f Facts, in Intent) []Finding {
	const name = "send-queue-full"
	var out []Finding
	var took, elsewhere []string
	for _, index := range f.sentBy() {
		s, where := f.Observed.Sent[index], f.nameOf(in, index)
		switch {
		case s.refusedAtEgress():
			elsewhere = append(elsewhere, where)
		case s.queueFull() && s.Queue == 0:
			out = append(out, Finding{
				Name: name, Verdict: Warning, Interface: where,
				Title: "the kernel has no room for what is sent by " + where + ": its queue is full, or a filter drops it",
				Evidence: fmt.Sprintf("sending to %s by %s, the kernel says: %s; what its queue dropped is not known",
					in.Group.AddrPort(), where, reason(s.Err)),
				Hints: append(f.moreQueue(index, where), findEgress(where)),
			})
		case s.queueFull():
			evidence := fmt.Sprintf("the queue of %s dropped %d packets while it was given %d datagrams", where, s.Queue, s.Tried)
			if s.Err != nil {
				evidence += "; the kernel said: " + reason(s.Err)
			}
			out = append(out, Finding{
				Name:      name,
				Verdict:   Failure,
				Title:     fmt.Sprintf("the queue of %s was full, and dropped what was sent", where),
				Evidence:  evidence,
				Hints:     f.moreQueue(index, where),
				Interface: where,
			})
		case s.Err == nil && s.Tried > 0:
			took = append(took, fmt.Sprintf("the queue of %s dropped none while it was given %d datagrams", where, s.Tried))
		}
	}
	if len(out) > 0 {
		return out
	}
	if len(elsewhere) > 0 {
		return fine(name, fmt.Sprintf("the queue of %s dropped nothing: a filter refuses what is sent, see firewall-out", enumerate(elsewhere)))
	}
	if found := f.discarded(in); found != nil {
		return found
	}
	if len(took) > 0 {
		return fine(name, strings.Join(took, "; "))
	}
	egress, ok := f.egress(in)
	if !ok {
		return f.unsent(name, in)
	}
	link, known := f.Links[egress.Index]
	switch {
	case egress.Loopback():
		return fine(name, egress.Name+" has no queue")
	case !known:
		return unknown(name, f.unread(FromLinks), byProbing)
	case link.QueueDrops > 0:
		return unknown(name, fmt.Sprintf("the queue of %s has dropped %d packets since it was made, of any program", egress.Name, link.QueueDrops), byWatching)
	}
	return fine(name, fmt.Sprintf("the queue of %s has dropped nothing since it was made", egress.Name))
}
