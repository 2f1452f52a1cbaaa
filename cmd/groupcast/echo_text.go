package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/session"
)

// The objects that echo --json prints. Fields are only added.

// jsonServing says that datagrams are answered from now on.
type jsonServing struct {
	jsonHead             // serving
	Address     string   `json:"address,omitempty"`      // and port
	Group       string   `json:"group,omitempty"`        // or a group
	Interfaces  []string `json:"interfaces,omitempty"`   // where the group is joined
	AnswersFrom uint16   `json:"answers_from,omitempty"` // the port that answers in a group leave from
	PerSource   float64  `json:"per_source"`             // answers a second at most; 0: no limit
	Total       float64  `json:"total"`                  // the same for all sources of a group; 0: no limit
}

// jsonEchoed is what happened to one datagram; with -v.
type jsonEchoed struct {
	jsonHead        // received, written, unanswered
	From     string `json:"from,omitempty"`   // received, unanswered
	To       string `json:"to,omitempty"`     // written
	Size     int    `json:"size"`             // bytes of payload
	Reason   string `json:"reason,omitempty"` // unanswered: why
	Error    string `json:"error,omitempty"`  // unanswered, "not sent": why not
}

// jsonEchoTotals is the last object.
type jsonEchoTotals struct {
	jsonHead                     // totals
	Requests   uint64            `json:"requests"`
	Answers    uint64            `json:"answers"`
	Bytes      uint64            `json:"bytes"`              // of payload of the answers
	Unanswered map[string]uint64 `json:"unanswered"`         // by reason
	Filtered   uint64            `json:"filtered"`           // dropped by the kernel at our wish: of sources that flood. No requests
	Dropped    uint64            `json:"dropped"`            // by the kernel, for want of room. No requests
	Unresolved int               `json:"unresolved_sources"` // sources without an answer that do not answer ARP or NDP, at most 1,024

	Recording *jsonRecording `json:"recording,omitempty"` // with --record
}

func (e *echoer) started(s jsonServing) {
	s.jsonHead, e.began, e.where = headOf("serving"), time.Now(), strings.Join(s.Interfaces, ", ")
	limits := "without a limit: anybody who reaches it can make this host send as much to any address, with a forged source"
	if !e.unlimited {
		s.PerSource = echo.DefaultPerSource
		limits = fmt.Sprintf("at most %g a second to one source", s.PerSource)
	}
	where := cmp.Or(s.Address, s.Group)
	if s.AnswersFrom != 0 {
		s.Total = echo.DefaultTotal
		where += fmt.Sprintf(" on %s, from port %d", strings.Join(s.Interfaces, ", "), s.AnswersFrom)
		limits += fmt.Sprintf(", %g to all", s.Total)
	}
	if e.set.json {
		writeJSON(e.out, s)
	}
	e.remark(fmt.Sprintf("echoing datagrams to %s; %s", where, limits))
}

// unanswered counts by reason what got no answer, in the order of the reasons.
func unanswered(s echo.Stats) (by map[string]uint64, text string) {
	by = map[string]uint64{}
	var parts []string
	for _, c := range []struct {
		reason echo.Reason
		n      uint64
	}{
		{echo.NoReturn, s.NoReturn}, {echo.Cut, s.Cut}, {echo.Broadcast, s.Broadcast}, {echo.Unicast, s.Unicast},
		{echo.Stray, s.Stray}, {echo.ServicePort, s.ServicePort}, {echo.OffLink, s.OffLink}, {echo.Loop, s.Loop},
		{echo.RateLimited, s.RateLimited}, {echo.TotalLimited, s.TotalLimited}, {echo.Failed, s.Failed},
		{echo.NoRoom, s.NoRoom}, {echo.Unresolved, s.Unresolved},
	} {
		if c.n > 0 {
			by[c.reason.String()] = c.n
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.reason))
		}
	}
	return by, strings.Join(parts, ", ")
}

// ended says what was served; lost is how many lines about it were not
// printed.
func (e *echoer) ended(s echo.Stats, conn *mcast.Conn, lost int) {
	dropped := conn.Stats().Dropped
	dropped -= min(dropped, s.Filtered) // the kernel counts them together
	by, not := unanswered(s)
	e.recording.wished = s.Filtered
	e.recording.close()
	if e.set.json {
		writeJSON(e.out, jsonEchoTotals{
			jsonHead: headOf("totals"), Requests: s.Requests, Answers: s.Answers, Bytes: s.Bytes,
			Unanswered: by, Filtered: s.Filtered, Dropped: dropped, Unresolved: s.UnresolvedSources,
			Recording: e.recording.object(),
		})
	}
	text := fmt.Sprintf("%s, %s of %s", chat.Count(int(s.Requests), "request"), chat.Count(int(s.Answers), "answer"), chat.Count(int(s.Bytes), "byte"))
	if not != "" {
		text += "; not answered: " + not
	}
	e.remark(text)
	if e.recording.to != nil {
		e.remark(e.recording.text())
	}
	if s.Requests == 0 && e.group.Addr.IsValid() && !e.set.quiet && !e.set.json {
		e.remark(fmt.Sprintf("no request came to %s in %s; joined on %s", e.group, shortly(time.Since(e.began)), e.where))
		fmt.Fprintf(e.errs, "  hint: %s\n", e.set.about(e.group).command())
	}
	if s.Filtered > 0 {
		e.remark(chat.Count(int(s.Filtered), "datagram") + " of sources that flooded, dropped unread")
	}
	if n := s.UnresolvedSources; n > 0 {
		sources := "1 source does"
		if n > 1 {
			sources = fmt.Sprintf("%d sources do", n)
		}
		e.remark("not sent: no room; " + sources + " not answer ARP or NDP: the addresses may be forged")
	}
	if dropped > 0 {
		e.remark(session.DropsText(dropped))
		e.remark("hint: " + session.DropsHint(conn.ReadBuffer()))
	}
	if lost > 0 {
		e.remark(chat.Count(lost, "line") + " lost: they came faster than they were printed")
	}
}

func (e *echoer) remark(text string) {
	if !e.set.quiet && !e.set.json {
		fmt.Fprintf(e.errs, "groupcast: %s\n", chat.Clean(text))
	}
}

// echoLog prints what happens to datagrams, by a goroutine of its own: a
// terminal that stands still must not keep the service waiting.
type echoLog struct {
	out, errs     io.Writer
	verbose, json bool
	events        chan echo.Event
	printed       chan struct{}
	lost          int
	told          map[string]bool // why answers could not be sent
	unresolved    bool            // add has had an event of that reason
}

func newEchoLog(out, errs io.Writer, verbose, json bool) *echoLog {
	l := &echoLog{
		out: out, errs: errs, verbose: verbose, json: json,
		events: make(chan echo.Event, 4096), printed: make(chan struct{}), told: map[string]bool{},
	}
	go l.print()
	return l
}

// add takes in an event; it is for echo.Config.Log.
func (l *echoLog) add(e echo.Event) {
	wanted := e.Reason == echo.Failed
	if e.Reason == echo.Unresolved {
		wanted = !l.unresolved // one line for all
		l.unresolved = true
	}
	if !l.verbose && !wanted {
		return
	}
	select {
	case l.events <- e:
	default:
		l.lost++
	}
}

// close prints what is left, and returns how many events were not printed.
func (l *echoLog) close() (lost int) {
	close(l.events)
	<-l.printed
	return l.lost
}

func (l *echoLog) print() {
	defer close(l.printed)
	w := bufio.NewWriter(l.out)
	for e := range l.events {
		switch e.Reason {
		case echo.Failed:
			l.complain(e)
		case echo.Unresolved:
			l.complainOnce(e.Reason.String(), &mcast.Advised{Err: fmt.Errorf("answer to %s: %s", e.Peer, e.Reason), Advice: "its address may be forged; others are answered"})
		}
		switch {
		case !l.verbose:
		case l.json:
			writeJSON(w, echoedObject(e))
		default:
			fmt.Fprintln(w, echoedText(e))
		}
		if len(l.events) == 0 {
			w.Flush()
		}
	}
	w.Flush()
}

// complain says once for each reason that an answer could not be sent.
func (l *echoLog) complain(e echo.Event) {
	err := e.Err
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		err = op.Err
	}
	cause := err.Error()
	err = fmt.Errorf("answer to %s: %w", e.Peer, err)
	if errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) {
		err = &mcast.Advised{Err: err, Advice: fmt.Sprintf("there is no way back to it: ip route get %s; others are answered", e.Peer.Addr())}
	}
	l.complainOnce(cause, err)
}

// complainOnce prints the first error of a cause.
func (l *echoLog) complainOnce(cause string, err error) {
	if !l.told[cause] {
		l.told[cause] = true
		complain(l.errs, err)
	}
}

func echoedText(e echo.Event) string {
	direction := "from"
	if e.Kind == echo.Written {
		direction = "to"
	}
	text := fmt.Sprintf("packet-%s: bytes=%d %s=%s", e.Kind, e.Bytes, direction, addrPortText(e.Peer))
	if e.Kind == echo.Unanswered {
		text += fmt.Sprintf(" reason=%q", e.Reason)
	}
	return text
}

func echoedObject(e echo.Event) jsonEchoed {
	o := jsonEchoed{jsonHead: jsonHead{Type: string(e.Kind), Time: e.At}, From: addrPortText(e.Peer), Size: e.Bytes, Reason: e.Reason.String()}
	if e.Kind == echo.Written {
		o.From, o.To = "", o.From
	}
	if e.Err != nil {
		o.Error = chat.Clean(mcast.Reason(e.Err))
	}
	return o
}
