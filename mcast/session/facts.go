package session

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// refresh reads the host's facts and diagnoses them. Whoever changes what the
// session does calls it afterwards.
func (s *Session) refresh() {
	if s.reread() {
		s.align()
	}
}

// reread is refresh, and reports whether sends leave by another interface now.
func (s *Session) reread() (moved bool) {
	s.reading.Lock()
	defer s.reading.Unlock()
	told := s.membersNow().evidence()
	s.mu.Lock()
	began := time.Now()
	s.evidence.SetMembers(told)
	s.listen(began)
	s.evidence.Forget(began)
	intent := s.intent(began)
	sends, hosts := s.evidence.Sent(began, intent.Joined), s.evidence.Hosts(maxBack)
	s.mu.Unlock()
	s.lookBeside(intent)
	facts, err := doctor.Gather(intent)
	if err != nil {
		s.Problem(err)
		return false
	}
	for _, host := range hosts {
		facts.Back[host] = doctor.Back(host)
	}
	read := time.Now()
	igmp, joins := host.Joined(facts.Interfaces, intent.Group.Addr.Is4())

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.life.Err() != nil:
		return false // the sockets are closed, and that is no pitfall
	case s.group != intent.Group, !slices.Equal(host.Indexes(s.keep.On(s.group)), intent.Joined):
		return false // the facts are of before, or after; whoever changed it comes here next
	}
	facts.Heard = maps.Clone(s.heard)
	s.evidence.Read(facts, read)
	facts.Observed = s.evidence.Observed(sends)
	facts.Observed.Listen = s.listening.heardUntil(read)
	if over := facts.Observed.For; over > 0 {
		facts.Observed.Beside = s.seenBeside(read.Add(-over))
	}
	for _, m := range intent.Memberships {
		delete(facts.Observed.Strays, m.Addr) // of another port of ours
	}
	s.facts, s.igmp, s.joins = facts, igmp, joins
	s.others = slices.DeleteFunc(slices.Clone(facts.Observed.Heard), func(r stream.Row) bool { return r.Local })
	s.room.SetInterfaces(facts.Interfaces)
	s.own.Store(new(host.NetworksOf(facts.Interfaces)))
	s.leaveLo()
	before := s.findings
	s.findings = s.steadied.take(append(doctor.Diagnose(facts, s.intent(began)), doctor.Sites(facts.Observed, read)...))
	if !slices.EqualFunc(doctor.Seen(before), doctor.Seen(s.findings), samePlace) {
		s.ring.Wake() // nothing may be said meanwhile
	}
	s.network, _ = doctor.Network(facts, s.intent(began))
	s.way()
	s.announce()
	s.tellDrops()
	if s.pings != nil {
		s.pings.SetInterfaces(facts.Interfaces)
	}
	moved = s.aligned != s.out.IfIndex
	s.aligned = s.out.IfIndex
	return moved
}

// samePlace reports whether two findings are of one pitfall, in one place.
func samePlace(a, b doctor.Finding) bool { return a.Name == b.Name && a.Interface == b.Interface }

// leaveLo ends a talk on lo for want of anything else, when there is a network
// and a way to it. The caller holds s.mu.
func (s *Session) leaveLo() {
	if !s.lo || s.facts.Send.Err != nil {
		return
	}
	for _, i := range s.keep.On(s.group) {
		if !i.Loopback() {
			s.lo, s.send, s.source = false, host.Interface{}, netip.Addr{}
			return
		}
	}
}

// tellDrops says how many datagrams the kernel had no room for since it was
// said last. The caller holds s.mu.
func (s *Session) tellDrops() {
	dropped := s.gone
	buffer := 0
	for _, l := range s.keep.Conns() {
		dropped += l.Stats().Dropped
		buffer = l.ReadBuffer()
	}
	for _, c := range s.senders {
		dropped += c.Stats().Dropped
	}
	if more := dropped - s.dropped; more > 0 {
		s.ring.Put(s.room.Problem(time.Now(), DropsText(more), DropsHint(buffer)))
	}
	s.dropped = dropped
}

// DropsHint says what to do about a receive buffer of that size that was full.
func DropsHint(readBuffer int) string {
	if readBuffer < 2*mcast.DefaultReadBuffer { // Linux reports the double
		return fmt.Sprintf("allow a larger one: sysctl -w net.core.rmem_max=%d, then start again", mcast.DefaultReadBuffer)
	}
	return "the buffer is as large as groupcast asks for: datagrams came faster than they were read"
}

// DropsText says how many datagrams the kernel had no room for.
func DropsText(n uint64) string {
	return chat.Many(n, "datagram") + " lost in the kernel: the receive buffer was full, or they arrived damaged"
}

// intent is what the session does now; the caller holds s.mu.
func (s *Session) intent(now time.Time) doctor.Intent {
	in := doctor.Intent{
		Group:        s.group,
		Joined:       host.Indexes(s.keep.On(s.group)),
		Wanted:       slices.Clone(s.byUser),
		Send:         s.send.Index,
		Loopback:     s.loopback,
		Hops:         s.hops,
		Size:         s.evidence.LargestSent(now),
		MulticastAll: s.allGroups,
		Live:         true,
		Memberships:  s.keep.Memberships(),
	}
	if l := s.keep.Conn(s.group); l != nil {
		in.ReadBuffer, in.Asked = l.ReadBuffer(), cmp.Or(s.asked, mcast.DefaultReadBuffer)
	}
	return in
}

// way asks the kernel where a send to the current group would leave now, and
// remembers it for the screen; the caller holds s.mu.
func (s *Session) way() Egress {
	var port uint16
	if sender := s.senders[host.Unspecified(s.group.Addr)]; sender != nil {
		port = sender.LocalAddr().Port()
	}
	s.out = WayOut(s.group, s.choice(), port)
	s.out.Stays = s.stays(s.out)
	return s.out
}

// Sends is where sends to the current group leave, and why, as the kernel answered
// when it was last asked, which is before each line.
func (s *Session) Sends() (to mcast.Group, by Egress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.group, s.out
}

// stays reports whether nothing that is sent leaves this host. Linux looks at a TTL
// of 0 only where it makes a copy for this host, for IPv6 not without loopback
// (ip_mc_output, ip6_finish_output2). The caller holds s.mu.
func (s *Session) stays(out Egress) bool {
	by, _ := host.ByIndex(s.facts.Interfaces, out.IfIndex)
	joined := slices.Contains(host.Indexes(s.keep.On(s.group)), out.IfIndex) || slices.Contains(s.joins[out.IfIndex], s.group.Addr)
	return s.hops == 0 && out.Err == nil && joined && !by.Loopback() && (s.loopback || s.group.Addr.Is4())
}

// choice is how the session sends; the caller holds s.mu.
func (s *Session) choice() host.Choice {
	return host.Choice{Send: s.send, Lo: s.lo, Source: s.source}
}

// sendingFirst puts the interface that sends leave by before the others, where there
// are so many that only the first are named.
func sendingFirst(on []host.Interface, out Egress) []host.Interface {
	at := slices.IndexFunc(on, func(i host.Interface) bool { return i.Index == out.IfIndex })
	if at <= 0 || len(on) <= chat.MostNames {
		return on
	}
	return slices.Concat(on[at:at+1], on[:at], on[at+1:])
}

// WayOut asks the kernel for the outgoing interface of a send to g, with the
// interface and the source of a choice or, where they are zero, as the kernel
// chooses. The source port matters to some routing rules; 0: not known.
func WayOut(g mcast.Group, c host.Choice, port uint16) Egress {
	send, because := c.Send, ""
	switch {
	case c.Lo:
		because = "there is no other network"
	case send.Index != 0:
		because = "you chose it"
	case c.Source.IsValid():
		because = "you chose its source"
	}
	via := mcast.ViaChoice(c, g.Addr)
	r, err := host.RouteTo(g.AddrPort(), host.RouteOptions{IfIndex: via.IfIndex, Source: via.Source, SourcePort: port})
	out := EgressOf(doctor.RouteResult{Route: r, Err: err}, because)
	if err != nil {
		out.IfIndex, out.Interface = send.Index, send.Name
		if op, ok := errors.AsType[*mcast.OpError](err); ok && send.Name != "" {
			named := *op
			named.Interface = send.Name // the kernel may not know it any more
			out.Err = &named
		}
	}
	return out
}

// EgressOf is a routing answer as an Egress; without a reason of the
// caller's own it is the route that decided.
func EgressOf(a doctor.RouteResult, because string) Egress {
	return Egress{
		IfIndex:   a.Route.IfIndex,
		Interface: a.Route.Interface,
		Source:    a.Route.Source,
		Because:   cmp.Or(because, a.Route.Match.String(), "the kernel chose it"),
		Err:       a.Err,
	}
}

// announce says in the talk where sends leave, when that is not what was said
// last. The caller holds s.mu.
func (s *Session) announce() {
	text, hints := s.out.String(), ""
	if s.out.Err != nil {
		text, hints = "sends go nowhere: "+mcast.Reason(s.out.Err), s.hint(s.out.Err)
	}
	if text != s.told {
		s.told = text
		s.ring.Put(s.room.Notice(time.Now(), text, hints))
	}
}

// String is where sends leave, and why: "sends leave by eth0, source
// 192.168.8.164: you chose it".
func (e Egress) String() string {
	switch {
	case e.Stays:
		return fmt.Sprintf("sends stay on this host: TTL 0, and the group is joined on %s", e.Interface)
	case !e.Source.IsValid():
		return fmt.Sprintf("sends leave by %s: %s", e.Interface, e.Because)
	}
	return fmt.Sprintf("sends leave by %s, source %s: %s", e.Interface, e.Source, e.Because)
}

// Snapshot is a copy of the state, quick enough for every frame of a screen. It is
// safe to call at any time.
func (s *Session) Snapshot() Snapshot {
	who := s.membersNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Snapshot{
		Group:    s.group,
		Loopback: s.loopback,
		Hops:     s.hops,
		Network:  s.network,
		Dropped:  s.dropped,
		Sends:    s.out,
		Kernel:   EgressOf(s.facts.Send, ""),
		Findings: doctor.Seen(s.findings),
		Heard:    s.others,
		Listened: s.facts.Observed.Listen,
		Blocked:  s.keep.Blocked(s.group),
		Recent:   s.recent.all(),
		Room:     s.room.Snapshot(time.Now()),
		Members:  who,
	}
	snap.Checked, snap.Unknown = tallied(s.findings)
	for _, m := range s.keep.Memberships() {
		if !slices.Contains(snap.Groups, m.Group) {
			snap.Groups = append(snap.Groups, m.Group)
		}
	}
	if l := s.keep.Conn(s.group); l != nil {
		snap.ReadBuffer = l.ReadBuffer()
	}
	on := host.Indexes(s.keep.On(s.group))
	for _, i := range s.facts.Interfaces {
		snap.Interfaces = append(snap.Interfaces, Interface{
			Interface: i,
			Joined:    slices.Contains(on, i.Index),
			IGMP:      s.igmp[i.Index],
			Asked:     askedIn(s.facts, i, s.igmp[i.Index]),
			Wire:      s.onWires[i.Index],
			Err:       s.keep.Failed(s.group, i),
			Groups:    s.joins[i.Index],
		})
	}
	return snap
}

// tallied counts the pitfalls that findings are about, and of them those that
// nothing is known of at some place.
func tallied(findings []doctor.Finding) (checked, unknown int) {
	names := map[string]bool{}
	for _, f := range findings {
		names[f.Name] = names[f.Name] || f.Verdict == doctor.Unknown
	}
	for _, u := range names {
		if u {
			unknown++
		}
	}
	return len(names), unknown
}
