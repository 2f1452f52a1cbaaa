package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// notHeard: the host that is to be heard was not, though somebody was joined and
// listened; whatever the cause.
func notHeard(f Facts, in Intent) []Finding {
	const name = "not-heard"
	listen := doctorCommand(in, "--probe --watch 10s")
	if in.wants().IsValid() {
		listen += " --from " + in.wants().String()
	}
	a := f.AnswerFrom(in)
	member, is := f.memberAt(a.Host)
	switch {
	case !a.Host.IsValid():
		return unknown(name, "no host is named that is to be heard", "name one: groupcast doctor --from ADDRESS")
	case is && !member.Quiet && a.State == NotHeard:
		return fine(name, fmt.Sprintf("%s has said nothing; the network brings the group from there, since its signs of life as a member, %s, come by %s", a.Host, member.Name, f.nameOf(in, member.IfIndex)))
	case a.State == NotHeard && f.Observed.Beside.from(a.Host):
		return fine(name, fmt.Sprintf("%s has said nothing; the network brings the group from there, since its frames as a member of groupcast come at port %d", a.Host, f.Observed.Beside.Port))
	case in.Live && a.State == NotHeard && f.Observed.Listen.Lasted() >= longPause:
		return []Finding{{
			Name: name, Verdict: Warning,
			Title:    fmt.Sprintf("%s was not heard since %s", a.Host, f.Observed.Listen.Since.Format(time.TimeOnly)),
			Evidence: strings.Join(f.ruledOut(in, a.Host), "; "),
			Hints:    f.notHeardHints(in, a.Host),
		}}
	case in.Live && (a.State == NotHeard || a.State == NotKnown):
		return unknown(name, fmt.Sprintf("%s may have said nothing", a.Host), listen)
	}
	switch a.State {
	case Heard, Stopped:
		return fine(name, fmt.Sprintf("heard from %s: %s", a.Host, a.Text))
	case HeardElsewhere:
		_, elsewhere := f.rowsOf(a.Host)
		by := f.nameOf(in, elsewhere[0].IfIndex)
		return []Finding{{
			Name: name, Verdict: Failure, Interface: by,
			Title:    fmt.Sprintf("%s is heard by %s, and not by %s", a.Host, by, f.listenedOn(in)),
			Evidence: a.Text,
			Hints:    []string{fmt.Sprintf("join there: groupcast listen -i %s %s", by, in.Group)},
		}}
	case NotHeard:
		return []Finding{{
			Name: name, Verdict: Failure,
			Title:    fmt.Sprintf("%s was not heard in %s", a.Host, span(f.Observed.Listen.Lasted())),
			Evidence: strings.Join(f.ruledOut(in, a.Host), "; "),
			Hints:    f.notHeardHints(in, a.Host),
		}}
	}
	return unknown(name, a.Text, listen)
}

// ruledOut says what was listened to while a host was not heard, and what that
// rules out.
func (f Facts) ruledOut(in Intent, host netip.Addr) []string {
	o := f.Observed
	says := []string{"joined on " + f.listenedOn(in)}
	if others := otherHosts(o.Heard, host); len(others) > 0 {
		says = append(says, "heard in the group: "+enumerate(others))
	} else if !in.Group.Source.IsValid() { // of which alone datagrams are let in
		says = append(says, "nobody else was heard in the group either")
	}
	control := slices.IndexFunc(o.Control, func(r stream.Row) bool { return r.Host() == host })
	switch {
	case control >= 0:
		says = append(says, fmt.Sprintf("%s from it came, so groups that switches send everywhere reach this host", o.Control[control].Group.Addr()))
	case len(otherHosts(o.Control, host)) > 0:
		says = append(says, "heard in groups of 224.0.0.0/24: "+enumerate(otherHosts(o.Control, host)))
	}
	if m, is := f.memberAt(host); is && m.Quiet {
		says = append(says, fmt.Sprintf("its signs of life as a member, %s, came before by %s, and no longer come", m.Name, f.nameOf(in, m.IfIndex)))
	}
	tried, copies := 0, 0
	for _, s := range o.Sent {
		tried, copies = tried+s.Tried, copies+s.Copies
	}
	if copies > 0 {
		says = append(says, fmt.Sprintf("own copies came: %d of %d, so this host lets the group in", copies, tried))
	} else if deaf := f.deaf(in); deaf != "" {
		says = append(says, deaf)
	}
	switch {
	case errors.Is(o.FromAnswer, syscall.ECONNREFUSED):
		says = append(says, "what is sent to it alone reaches it, and its answer comes back")
	case errors.Is(o.FromAnswer, syscall.EHOSTUNREACH):
		says = append(says, "no host answers for that address, says this host's kernel")
	case o.FromAnswer != nil:
		says = append(says, "what is sent to it alone does not reach it: "+reason(o.FromAnswer))
	}
	return says
}

func (f Facts) notHeardHints(in Intent, host netip.Addr) []string {
	group := in.Group
	group.Source = netip.Addr{}
	var hints []string
	if f.alone() {
		return []string{"bring up a network: this host has none (groupcast explain no-route)"}
	}
	if errors.Is(f.Observed.FromAnswer, syscall.EHOSTUNREACH) {
		hints = append(hints, fmt.Sprintf("is %s its address, is it switched on, and is it on this network?", host))
	}
	hints = append(hints, fmt.Sprintf("does it send? at %s, groupcast doctor --probe %s tells whether it leaves, by which interface and with which TTL", host, group))
	behind, _, known := f.behind(host)
	shut, _, isShut := f.shut(in)
	_, vpn, far := f.farBy(in)
	switch {
	case isShut:
		hints = append(hints, fmt.Sprintf("this looks like %s, where groups from %s do not come in by themselves, whatever their TTL: groupcast explain virtual-network", shut, host))
	case far:
		hints = append(hints, fmt.Sprintf("it is reached by what looks like a VPN, %s: see whether its two ends pass groups, or listen where %s is", vpn.Name, host))
	case known && !slices.Contains(f.Observed.Listen.On, behind.Index):
		hints = append(hints, fmt.Sprintf("it is behind %s, and this run listened on %s (groupcast explain joined-elsewhere)", behind.Name, f.listenedOn(in)))
	case f.Interfaces != nil && f.outside(host):
		hints = append(hints,
			fmt.Sprintf("it is on no network of this host: it has to send with a TTL for each router between, as groupcast send --ttl %d %s does at %s", hopsToCross, group, host),
			"and the routers between have to forward groups")
	case f.deaf(in) != "":
		hints = append(hints, "first let the group in here (groupcast explain firewall-in)")
	case errors.Is(f.Observed.FromAnswer, syscall.ECONNREFUSED):
		hints = append(hints, "if it sends, the network between drops groups: look at the switches' "+in.snooping()+", and at the access point's filter of multicast")
	}
	if neverPruned(group.Addr.WithZone("")) && group.Addr.Is4() && f.unreported() {
		hints = append(hints, "this host does not report "+group.Addr.String()+", and a switch that prunes such groups all the same waits for that; let it, as root, and join anew: sysctl -w net.ipv4.igmp_link_local_mcast_reports=1")
	}
	switch {
	case in.Live && in.Group.Source.IsValid() && !sourceSpecific(group.Addr):
		return append(hints, "to hear everybody: /source any")
	case in.Live:
		return hints
	}
	return append(hints, fmt.Sprintf("if it sends seldom, listen longer: %s--from %s", doctorCommand(in, "--probe --watch 1m "), host))
}

// otherHosts lists the addresses of other hosts than this one that were heard.
func otherHosts(rows []stream.Row, not netip.Addr) (list []string) {
	for _, r := range rows {
		a := r.Host()
		if !r.Local && a != not && !slices.Contains(list, a.String()) {
			list = append(list, a.String())
		}
	}
	return list
}

// stopped: a sender that was heard all the time fell silent while it was listened,
// whatever the cause.
func stopped(f Facts, in Intent) []Finding {
	const name = "stopped"
	o := f.Observed
	switch {
	case o.Listen.Lasted() <= 0:
		return unknown(name, "nobody listened", doctorCommand(in, "--probe --watch 30s"))
	case in.Live && f.lost():
		return unknown(name, "datagrams were lost on this host (receive-overflow), so that a silence says nothing")
	}
	var silent []stream.Row
	steady := 0
	for _, r := range o.Heard {
		if r.Local || !r.Steady {
			continue
		}
		steady++
		here, elsewhere := f.rowsOf(r.From.Addr())
		on := slices.ContainsFunc(append(here, elsewhere...), func(other stream.Row) bool { return other.Last.After(r.Last) }) // by another port or interface
		if !on && o.missed(r, in) {
			silent = append(silent, r)
		}
	}
	switch {
	case steady == 0:
		return unknown(name, fmt.Sprintf("in %s nobody was heard so regularly that a silence would show", span(o.Listen.Lasted())), doctorCommand(in, "--probe --watch 30s"))
	case len(silent) == 0:
		return fine(name, fmt.Sprintf("steady senders: %d, and all of them were heard until the end", steady))
	}
	slices.SortStableFunc(silent, func(a, b stream.Row) int { return a.SilentSince.Compare(b.SilentSince) })
	first := silent[0]
	finding := Finding{
		Name: name, Verdict: Warning, Interface: f.nameOf(in, first.IfIndex),
		Title:    fmt.Sprintf("%s %s", first.From.Addr(), f.stoppedText(in, first)),
		Evidence: fmt.Sprintf("until then %s by %s, %s a second", counted(first.Datagrams), f.nameOf(in, first.IfIndex), stream.Digits(first.Rate(), 3)),
	}
	if more := len(silent) - 1; more > 0 {
		finding.Title += fmt.Sprintf(", and %d more did", more)
	}
	if slices.ContainsFunc(silent, func(r stream.Row) bool { return r.Host() == in.wants() }) {
		finding.Verdict = Failure
	}
	finding.Evidence += "; " + f.afterwards(first)
	finding.Hints = []string{
		fmt.Sprintf("does it still send? look at %s", first.From.Addr()),
		"if it does, the membership of this host had timed out: another member of the group behind the same port left it (fast leave), or there is no querier (groupcast explain no-querier)",
		fmt.Sprintf("see whether it comes back when the group is joined anew: groupcast listen %s", in.Group),
	}
	if in.Live { // which is joined already
		finding.Hints[2] = fmt.Sprintf("see whether it comes back when the group is joined anew: /leave %s, then /join %s", in.Group, in.Group)
	}
	return []Finding{finding}
}

// missed reports whether a steady sender fell silent. In a talk people write as
// well, fast and slowly, and some programs send in bursts: there it has to have
// been steady for longer, and to be silent for longer than it has paused before.
func (o Observed) missed(r stream.Row, in Intent) bool {
	switch {
	case r.SilentSince.IsZero():
		return false
	case !in.Live:
		return true
	}
	return r.Datagrams >= 20 && r.Last.Sub(r.First) >= 10*time.Second && (r.Silences < 2 || o.Listen.Until.Sub(r.Last) > 2*r.Gap)
}

// lost reports whether a socket of this program had no room for datagrams.
func (f Facts) lost() bool {
	return slices.ContainsFunc(f.Sockets, func(s host.Socket) bool { return s.Own && f.Observed.Drops[s.Inode] > 0 })
}

// afterwards says who was heard after a sender had stopped.
func (f Facts) afterwards(r stream.Row) string {
	later := func(rows []stream.Row) (list []stream.Row) {
		for _, other := range rows {
			if other.Last.After(r.SilentSince.Add(leastListen / 2)) {
				list = append(list, other)
			}
		}
		return list
	}
	host := r.Host()
	if slices.ContainsFunc(later(f.Observed.Control), func(c stream.Row) bool { return c.Host() == host }) {
		return "a group of 224.0.0.0/24 from it went on: it is there, and the network no longer forwards this group"
	}
	if others := otherHosts(later(f.Observed.Heard), host); len(others) > 0 {
		return "others in the group went on: " + enumerate(others)
	}
	if others := otherHosts(later(f.Observed.Control), host); len(others) > 0 {
		return "the group is silent since then; groups of 224.0.0.0/24 went on: " + enumerate(others)
	}
	return "nobody else was heard after that"
}
