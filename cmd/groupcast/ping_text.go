package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/ping"
)

// pingText tells a ping as lines, as ping(8) does, or as JSON.
type pingText struct {
	out, errs io.Writer
	target    pingTarget
	ask       question // for when nobody answers
	way       pingWay
	size      int
	wait      time.Duration
	json      bool
	quiet     bool // only the statistics
	flood     bool // so much that only those are of use
	recording *recording

	names  map[int]string  // of interfaces, by index
	hinted map[string]bool // what to do was said
}

// begin says who is pinged, and which way requests leave.
func (t *pingText) begin() {
	switch {
	case t.json && !t.quiet:
		e := t.way.egress
		o := jsonPinging{jsonHead: headOf("pinging"), To: addrPortText(t.target.addr), Size: t.size, Because: e.Because}
		if t.target.group {
			o.Group = o.To
		}
		o.Interface, o.IfIndex, o.Source = chat.Clean(e.Interface), e.IfIndex, addrText(e.Source)
		if e.Err != nil {
			o.Error = mcast.Reason(e.Err)
		}
		for _, i := range t.way.all {
			o.Interfaces = append(o.Interfaces, chat.Clean(i.Name))
		}
		writeJSON(t.out, o)
	case !t.quiet:
		t.remark(fmt.Sprintf("pinging %s with %s; %s", t.target, chat.Count(t.size, "byte"), t.way))
		if t.target.others > 0 {
			t.remark(fmt.Sprintf("%s has %s; -4 or -6 chooses", t.target.host, chat.Count(t.target.others, "more address")))
		}
	}
}

func (t *pingText) remark(text string) {
	if !t.quiet && !t.json {
		fmt.Fprintf(t.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// event tells what happened to a request.
func (t *pingText) event(e ping.Event) {
	if e.Kind == ping.KindSent || t.quiet || t.flood {
		return
	}
	if t.json {
		writeJSON(t.out, t.eventObject(e))
		return
	}
	fmt.Fprintln(t.out, chat.Clean(t.eventText(e)))
	if e.Kind == ping.KindError {
		t.advise(e.Err)
	}
}

func (t *pingText) eventText(e ping.Event) string {
	answer := fmt.Sprintf("%d bytes from %s", e.Size, e.From)
	if e.IfIndex != 0 {
		answer += " by " + t.name(e.IfIndex)
	}
	if answer += ":"; e.Seq != 0 {
		answer += fmt.Sprintf(" seq=%d", e.Seq)
	}
	if e.Hops != 0 {
		answer += fmt.Sprintf(" ttl=%d", e.Hops)
	}
	if e.RTT > 0 {
		answer += fmt.Sprintf(" time=%s ms", ping.Millis(e.RTT))
	}
	switch e.Kind {
	case ping.KindDuplicate:
		return answer + " (DUP!)"
	case ping.KindLate:
		return answer + " (late)"
	case ping.KindChanged:
		return answer + " (not what was sent)"
	case ping.KindLost:
		from := ""
		if t.target.group && e.From.IsValid() {
			from = fmt.Sprintf(" from %s", e.From)
		}
		return fmt.Sprintf("no answer to seq=%d%s within %s", e.Seq, from, t.wait)
	case ping.KindError:
		if e.Seq != 0 {
			return fmt.Sprintf("seq=%d: %s", e.Seq, mcast.Plain(e.Err))
		}
		return mcast.Plain(e.Err)
	}
	return answer
}

// advise says what to do about an error, once for each kind.
func (t *pingText) advise(err error) {
	h := peerHint(err)
	if h == "" || t.hinted[h] {
		return
	}
	if t.hinted == nil {
		t.hinted = map[string]bool{}
	}
	t.hinted[h] = true
	fmt.Fprintf(t.errs, "  hint: %s\n", h)
}

// peerHint is the hint of an error of a ping. Where one peer is unreachable
// another interface would not help.
func peerHint(err error) string {
	e, told := errors.AsType[interface { // what came back about a datagram: a mcast.PeerError
		error
		Local() bool
	}](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return refusedHint
	case told && e.Local() && errors.Is(err, syscall.EHOSTUNREACH):
		return absentHint
	case told:
		return ""
	}
	return hint(err)
}

// name is that of an interface.
func (t *pingText) name(index int) string {
	if t.names[index] == "" {
		t.names = map[int]string{}
		list, _ := host.Interfaces()
		for _, i := range list {
			t.names[i.Index] = chat.Clean(i.Name)
		}
		if t.names[index] == "" { // it is gone
			t.names[index] = fmt.Sprintf("#%d", index)
		}
	}
	return t.names[index]
}

// summary tells the statistics of every responder, and what went wrong.
func (t *pingText) summary(s ping.Summary) {
	if t.json {
		t.summaryJSON(s)
		return
	}
	for _, r := range s.Responders {
		for _, row := range t.responderText(r) {
			fmt.Fprintln(t.out, chat.Clean(row))
		}
	}
	if t.target.group {
		text := fmt.Sprintf("%s to %s in %s", chat.Count(len(s.Responders), "responder"), chat.Count(int(s.Sent), "request"), s.Took.Round(time.Millisecond))
		if s.Unanswered > 0 {
			text += fmt.Sprintf("; %d without a reply", s.Unanswered)
		}
		fmt.Fprintln(t.out, text)
	}
	for _, text := range slices.Sorted(maps.Keys(s.Errors)) {
		fmt.Fprintf(t.out, "%s: %s\n", chat.Count(int(s.Errors[text]), "error"), chat.CleanRow(strings.TrimPrefix(text, "mcast: ")))
	}
	if s.Foreign > 0 {
		t.remark(chat.Count(int(s.Foreign), "datagram") + " came that replied to no request")
	}
	if s.Unlisted > 0 {
		t.remark(fmt.Sprintf("%s of responders after the first %d are not counted", chat.Count(int(s.Unlisted), "answer"), ping.MaxResponders))
	}
}

func (t *pingText) responderText(r ping.Responder) []string {
	head := "--- " + r.AddrPort().String()
	if len(t.way.all) > 0 {
		head += " by " + t.name(r.IfIndex)
	}
	loss := 0.0
	if r.Received+r.Lost > 0 {
		loss = 100 * float64(r.Lost) / float64(r.Received+r.Lost)
	}
	facts := fmt.Sprintf("%d sent, %d received, %d lost (%.1f %%), %d duplicates", r.Sent, r.Received, r.Lost, loss, r.Duplicates)
	for _, more := range []struct {
		n    uint64
		what string
	}{{r.Late, "late"}, {r.Changed, "not what was sent"}, {r.Sent - r.Received - r.Lost, "not waited for"}} {
		if more.n > 0 {
			facts += fmt.Sprintf(", %d %s", more.n, more.what)
		}
	}
	if r.Hops > 0 {
		facts += fmt.Sprintf(", ttl %d", r.Hops)
	}
	rows := []string{head + " ---", facts}
	if r.Received > 0 {
		rows = append(rows, fmt.Sprintf("min/avg/max/stddev = %s/%s/%s/%s ms, p50 %s p99 %s",
			ping.Millis(r.Min), ping.Millis(r.Avg), ping.Millis(r.Max), ping.Millis(r.StdDev), ping.Millis(r.P50), ping.Millis(r.P99)))
	}
	return rows
}

// end tells the statistics and gives the exit status. interrupted is not nil if
// the user or a signal ended it.
func (t *pingText) end(s ping.Summary, interrupted error) error {
	t.recording.close()
	t.summary(s)
	if t.recording.to != nil {
		t.remark(t.recording.text())
	}
	known, received, doubt := s.Unanswered+s.Foreign > 0 || len(s.Errors) > 0, false, s.Unanswered > 0 || len(s.Errors) > 0
	for _, r := range s.Responders {
		known = known || r.Received+r.Lost+r.Late+r.Changed > 0
		received = received || r.Received > 0
		doubt = doubt || r.Lost+r.Changed > 0
	}
	if received && s.Unanswered > 0 && t.flood && !t.target.group && !t.json && !t.quiet {
		fmt.Fprintf(t.errs, "  hint: %s\n", limitHint)
	}
	switch {
	case interrupted != nil && !known:
		return status(exitInterrupted)
	case !received:
		complain(t.errs, t.nothing(s))
		return status(exitNot)
	case doubt:
		return status(exitDoubt)
	}
	return t.recording.verdict(nil)
}

// nothing is the error of a ping that nobody answered.
func (t *pingText) nothing(s ping.Summary) error {
	err := fmt.Errorf("ping %s: %w", t.target, errNoEcho)
	refused := slices.ContainsFunc(slices.Collect(maps.Keys(s.Errors)), func(text string) bool { return strings.Contains(text, " refused it: ") })
	late, changed := uint64(0), uint64(0)
	for _, r := range s.Responders {
		late, changed = late+r.Late, changed+r.Changed
	}
	switch {
	case changed > 0:
		return &mcast.Advised{Err: fmt.Errorf("ping %s: %w", t.target, errNotSame), Advice: "it is not an echo server, or it shortens or marks what it sends back"}
	case late > 0:
		return &mcast.Advised{Err: fmt.Errorf("ping %s: %w", t.target, errTooLate), Advice: "wait longer: -W 5"}
	case t.target.broadcast:
		return &mcast.Advised{Err: err, Advice: "groupcast echo and many other servers do not reply to broadcasts; ping a group instead: groupcast ping 224.0.0.114"}
	case t.target.group:
		return &mcast.Advised{Err: err, Advice: fmt.Sprintf("no responder is in the group (groupcast echo %s starts one), the requests do not reach it, or its replies do not come back, for example because a firewall drops them (groupcast explain answers-blocked): %s",
			chat.Clean(t.target.addr.String()), t.ask.command())}
	case refused && !t.hinted[refusedHint]:
		return &mcast.Advised{Err: err, Advice: refusedHint}
	case len(s.Errors) > 0:
		return err
	}
	return &mcast.Advised{Err: err, Advice: "open, filtered or lost: UDP cannot tell; groupcast probe " + chat.Clean(t.target.addr.String()) + " says what is known" + t.otherwise()}
}

// otherwise is the doctor's command for one host, that groups may not come from
// either. Of IPv6 a group has to be named, and a zone with it.
func (t *pingText) otherwise() string {
	ask := t.ask
	if ask.from = t.target.addr.Addr().Unmap(); !ask.from.Is4() {
		return ""
	}
	ask.group = mcast.DefaultGroup
	return "; for what it sends to groups: " + ask.command()
}

const (
	refusedHint = "nothing listens on that port there; start: groupcast echo ADDRESS:PORT"
	absentHint  = "nobody answers ARP (for IPv6, neighbour discovery) there: is the address right, and the host, or the router to it, up?"
	limitHint   = "groupcast echo answers a source 50 times a second, and no more; for benchmarks: groupcast echo --unlimited ADDRESS:PORT"
)
