package ends

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// Verdict is what becomes of what one end sends to the other.
type Verdict string

// The verdicts.
const (
	Arrives        Verdict = "arrives"
	Lossy          Verdict = "lossy"           // some of it is lost
	NotSent        Verdict = "not-sent"        // it does not leave the sender
	WrongInterface Verdict = "wrong-interface" // it leaves the sender by another one
	NotArrived     Verdict = "not-arrived"     // it left the sender, and does not come to the receiver
	Dropped        Verdict = "dropped"         // it came to the receiver, which drops it
	NotKnown       Verdict = "not-known"
)

// Party is an end with its name.
type Party struct {
	Name string // safe to show
	*End        // nil: nothing is known of it
}

// Direction is the verdict for one direction.
type Direction struct {
	From, To string
	Verdict  Verdict
	Side     string // whose host has the cause; "": none, the wire between, or not known
	Cause    string // the pitfall, as doctor.Names has it; "": none
	Text     string // a sentence without its end
}

// Judge says for both directions where what is sent is lost: from a to b, then from b
// to a.
func Judge(a, b Party) [2]Direction { return [2]Direction{judge(a, b), judge(b, a)} }

// Pitfalls by what they do to what is sent to the group, the worst first.
var (
	keepsHere = []string{"no-route", "interface-down", "no-address", "no-zone", "flag-off", "firewall-out", "hops-too-small", "over-mtu", "send-queue-full"}
	leadsAway = []string{"wrong-egress", "join-send-mismatch", "wrong-source"}
	dropsHere = []string{
		"firewall-in", "reverse-path", "receive-overflow", "membership-lost", "joined-elsewhere", "too-many-groups", "ssm-over-asm",
		"source-blocked", "port-taken", "port-shared", "unicast-bind", "wrong-device", "wrong-port", "bad-checksum", "no-way-back", "interface-down", "no-address", "flag-off", "bridge-port", "macvlan",
	}
	prunes = []string{"no-querier", "reports-blocked", "queries-blocked", "igmp-version", "virtual-network"}
)

// lossy is how much may be lost per mille before it is said: of 64 frames one.
const lossy = 30

func judge(x, y Party) (d Direction) {
	d = Direction{From: x.Name, To: y.Name}
	say := func(v Verdict, side, cause, text string, args ...any) Direction {
		d.Verdict, d.Side, d.Cause, d.Text = v, side, cause, fmt.Sprintf(text, args...)
		return d
	}
	if x.End == nil {
		if y.End != nil && y.Seen.Here && y.Seen.LostIn >= 0 && y.Seen.LostIn < lossy {
			return say(Arrives, "", "", "%s hears what %s sends, via %s", y.Name, x.Name, y.nameOf(y.Seen.IfIndex))
		}
		if y.End != nil && y.Seen.Here {
			return say(NotKnown, "", "", "%s hears %s; which interface of %s that left through is not known", y.Name, x.Name, x.Name)
		}
		return say(NotKnown, "", "", "%s is not heard, and nothing is known of its host", x.Name)
	}
	out := x.sends()
	chosen := x.Seen.Chosen || y.End != nil && y.Seen.Here && len(x.Intent.Joined) == 1 && len(x.Seen.Others) == 0
	switch {
	case chosen:
		return judgeLoss(x, y, out, say)
	case len(x.Seen.Others) > 0:
		if f, ok := x.found("", leadsAway...); ok {
			return say(WrongInterface, x.Name, f.Name, "what %s sends leaves via %s, and %s hears %s via %s only", x.Name, named(out), y.Name, x.Name, x.listed(x.Seen.Others))
		}
		return say(WrongInterface, x.Name, "wrong-egress", "what %s sends leaves via %s, and %s hears %s via %s only", x.Name, named(out), y.Name, x.Name, x.listed(x.Seen.Others))
	}
	switch f, keeps := x.found(out.Name, keepsHere...); {
	case out.Name == "":
		return say(NotSent, x.Name, "no-route", "%s has no way to send to the group", x.Name)
	case x.Intent.Hops == 0:
		return say(NotSent, x.Name, "hops-too-small", "%s sends with TTL 0, which leaves no host", x.Name)
	case keeps:
		return say(NotSent, x.Name, f.Name, "what %s sends does not leave via %s: %s", x.Name, out.Name, f.Title)
	}
	if x.Refused != nil {
		cause := ""
		if errors.Is(x.Refused, syscall.EPERM) {
			cause = "firewall-out"
		}
		return say(NotSent, x.Name, cause, "the kernel of %s refuses what %s sends via %s: %s", x.Name, x.Name, out.Name, mcast.Reason(x.Refused))
	}
	if f, ok := x.found("", leadsAway...); ok {
		return say(WrongInterface, x.Name, f.Name, "what %s sends leaves via %s: %s", x.Name, out.Name, f.Title)
	}
	if y.End == nil && x.Seen.Deaf {
		return say(NotKnown, "", "", "what %s sends leaves via %s, and %s does not hear it, as it says: a firewall of that host drops it, or the wire loses it in this direction", x.Name, out.Name, y.Name)
	}
	if y.End == nil {
		return say(NotKnown, "", "", "what %s sends leaves via %s; nothing is known of %s", x.Name, out.Name, y.Name)
	}
	if y.Seen.Here {
		return say(NotKnown, "", "", "%s hears %s; which interface of %s that left through is not known yet: look again, longer", y.Name, x.Name, x.Name)
	}
	shared, joined := x.meets(y, out)
	switch f, drops := y.found("", dropsHere...); {
	case drops:
		return say(Dropped, y.Name, f.Name, "what %s sends via %s is dropped via %s: %s", x.Name, out.Name, y.Name, f.Title)
	case shared != "" && !joined:
		return say(Dropped, y.Name, "joined-elsewhere", "%s sends via %s into the network of %s of %s, where %s has not joined the group (it has on %s)",
			x.Name, out.Name, shared, y.Name, y.Name, y.listed(y.Intent.Joined))
	case shared == "":
		if other := x.other(y, out); other != "" {
			return say(WrongInterface, x.Name, "wrong-egress", "%s sends via %s, whose network is none of %s; its %s is in one", x.Name, out.Name, y.Name, other)
		}
		if x.Intent.Hops == 1 {
			return say(NotArrived, x.Name, "hops-too-small", "%s and %s share no network, and %s sends with TTL 1, which no router passes on", x.Name, y.Name, x.Name)
		}
		return say(NotArrived, "", "no-multicast-router", "%s and %s share no network: what %s sends needs a multicast router between them", x.Name, y.Name, x.Name)
	}
	if f, ok := y.found("", prunes...); ok {
		return say(NotArrived, y.Name, f.Name, "what %s sends left via %s, and did not come to %s via %s: %s", x.Name, out.Name, y.Name, shared, f.Title)
	}
	if y.FirewallIn {
		return say(NotArrived, "", "", "what %s sends left via %s, and did not come to %s via %s: a chain of the firewall of %s drops something that comes in; else look at the wire and the switches between them",
			x.Name, out.Name, y.Name, shared, y.Name)
	}
	return say(NotArrived, "", "", "what %s sends left via %s, and did not come to %s via %s: look at the wire and the switches between them, and at their IGMP snooping", x.Name, out.Name, y.Name, shared)
}

func judgeLoss(x, y Party, out host.Interface, say func(v Verdict, side, cause, text string, args ...any) Direction) Direction {
	lost := x.Seen.LostOut
	if y.End != nil && y.Seen.LostIn >= 0 {
		lost = y.Seen.LostIn
	}
	how := fmt.Sprintf("%s hears what %s sends via %s", y.Name, x.Name, named(out))
	if y.End != nil && y.Seen.IfIndex != 0 {
		how = fmt.Sprintf("what %s sends via %s comes to %s via %s", x.Name, named(out), y.Name, y.nameOf(y.Seen.IfIndex))
	}
	if lost < lossy {
		return say(Arrives, "", "", "%s", how)
	}
	how += fmt.Sprintf("; of its last signs of life %.0f %% did not", float64(lost)/10)
	if f, ok := x.found(out.Name, "send-queue-full", "over-mtu"); ok {
		return say(Lossy, x.Name, f.Name, "%s: %s", how, f.Title)
	}
	if y.End != nil {
		if f, ok := y.found("", "receive-overflow", "bad-checksum"); ok {
			return say(Lossy, y.Name, f.Name, "%s: %s", how, f.Title)
		}
	}
	return say(Lossy, "", "", "%s: neither host says that it drops it, so that the wire between them does", how)
}

// named is the name of an interface, or words for none.
func named(i host.Interface) string {
	if i.Name == "" {
		return "no interface"
	}
	return i.Name
}

// sends is the interface that what is said leaves by; the zero Interface: none.
func (e *End) sends() host.Interface {
	index := e.Intent.Send
	if index == 0 && e.Facts.Send.Err == nil {
		index = e.Facts.Send.Route.IfIndex
	}
	i, _ := host.ByIndex(e.Facts.Interfaces, index)
	return i
}

func (e *End) nameOf(index int) string {
	if i, ok := host.ByIndex(e.Facts.Interfaces, index); ok {
		return i.Name
	}
	return fmt.Sprintf("interface %d", index)
}

func (e *End) listed(indexes []int) string {
	var names []string
	for _, index := range indexes {
		names = append(names, e.nameOf(index))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// found is the first finding of these names that is about an interface, or about none;
// "": about any.
func (e *End) found(on string, names ...string) (doctor.Finding, bool) {
	for _, name := range names {
		for _, f := range e.Findings {
			if f.Name == name && (f.Verdict == doctor.Warning || f.Verdict == doctor.Failure) && (on == "" || f.Interface == "" || f.Interface == on) {
				return f, true
			}
		}
	}
	return doctor.Finding{}, false
}

// meets is the interface of y in the network that x sends into by out, and whether y has
// joined the group there; "": there is none.
func (x Party) meets(y Party, out host.Interface) (name string, joined bool) {
	for _, i := range y.Facts.Interfaces {
		if i.Loopback() || !share(out, i, x.Intent.Group.Addr.Is4()) {
			continue
		}
		if slices.Contains(y.Intent.Joined, i.Index) {
			return i.Name, true
		}
		name = i.Name
	}
	return name, false
}

// other is an interface of x beside out that is in a network that y has joined the group
// in; "": there is none.
func (x Party) other(y Party, out host.Interface) string {
	for _, i := range x.Facts.Interfaces {
		if i.Index == out.Index || i.Loopback() {
			continue
		}
		if _, joined := x.meets(y, i); joined {
			return i.Name
		}
	}
	return ""
}

// share reports whether two interfaces have addresses of one network. The network of
// fe80::/64 is each link's, and proves nothing.
func share(a, b host.Interface, is4 bool) bool {
	for _, p := range a.Addrs {
		for _, q := range b.Addrs {
			if p.Addr().Unmap().Is4() != is4 || q.Addr().Unmap().Is4() != is4 || p.Addr().IsLinkLocalUnicast() && !is4 {
				continue
			}
			if p.Bits() < bits(p.Addr()) && p.Masked().Contains(q.Addr()) || q.Bits() < bits(q.Addr()) && q.Masked().Contains(p.Addr()) {
				return true
			}
		}
	}
	return linkLocalOnly(a) && linkLocalOnly(b) && !is4
}

// linkLocalOnly reports whether an interface has no IPv6 address of a network.
func linkLocalOnly(i host.Interface) bool {
	return !slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return !p.Addr().Unmap().Is4() && !p.Addr().IsLinkLocalUnicast() })
}

func bits(a netip.Addr) int { return a.BitLen() }

// Trouble reports whether a direction is one to look into.
func (d Direction) Trouble() bool { return d.Verdict != Arrives }
