package main

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/session"
)

// jsonReport is the report of a seat's program to its class: whom it hears. It is written
// to standard error, where that is no terminal. Fields are only added.
type jsonReport struct {
	jsonHead                 // report
	Groups   []string        `json:"groups"`   // that are joined, as GROUP:PORT, at most 64
	Heard    []jsonHeardFrom `json:"heard"`    // other hosts whose lines arrived, the latest first, at most 64
	Findings []string        `json:"findings"` // names of pitfalls, the worst first
}

// jsonHeardFrom is a host that was heard.
type jsonHeardFrom struct {
	From      string `json:"from"` // its address
	Datagrams uint64 `json:"datagrams"`
	Ago       int    `json:"ago"` // seconds since the last
}

// reportEvery is the least time between two reports.
const reportEvery = time.Second

// mostReported bounds the lists of a report.
const mostReported = 64

// heardReports tells on a pipe what a session hears. Nothing wakes it but what a session gives.
type heardReports struct {
	out   io.Writer
	stirs chan struct{} // has an element when something may have changed
	stop  chan struct{}
	last  jsonReport
}

// reportsTo makes reports, and lets a session that is configured so wake them. nil: none.
func reportsTo(out io.Writer, on bool, cfg *session.Config) *heardReports {
	if !on {
		return nil
	}
	r := &heardReports{out: out, stirs: make(chan struct{}, 1), stop: make(chan struct{})}
	cfg.Tap = func(session.Batch) { r.stir() }
	return r
}

func (r *heardReports) stir() {
	select {
	case r.stirs <- struct{}{}:
	default:
	}
}

// follow reports of a session until end.
func (r *heardReports) follow(s *session.Session) {
	if r == nil {
		return
	}
	r.stir()
	go func() {
		for {
			select {
			case <-r.stirs:
				r.tell(reportOf(s.Snapshot(), time.Now()))
			case <-r.stop:
				return
			}
			pause := time.NewTimer(reportEvery)
			select {
			case <-pause.C:
			case <-r.stop:
				pause.Stop()
				return
			}
		}
	}()
}

// end does not wait: a class that does not read may keep a report from being written.
func (r *heardReports) end() {
	if r != nil {
		close(r.stop)
	}
}

// tell writes a report that is not the same as the last.
func (r *heardReports) tell(now jsonReport) {
	if r.last.Type != "" && r.last.says(now) {
		return
	}
	r.last = now
	writeJSON(r.out, now)
}

// says reports whether two reports are the same, but for the time.
func (a jsonReport) says(b jsonReport) bool {
	return slices.Equal(a.Groups, b.Groups) && slices.Equal(a.Findings, b.Findings) && slices.EqualFunc(a.Heard, b.Heard, func(x, y jsonHeardFrom) bool {
		return x.From == y.From && x.Datagrams == y.Datagrams
	})
}

// reportOf is what a session hears.
func reportOf(s session.Snapshot, now time.Time) jsonReport {
	r := jsonReport{jsonHead: jsonHead{Type: "report", Time: now}, Groups: []string{}, Heard: []jsonHeardFrom{}, Findings: []string{}}
	for _, g := range s.Groups[:min(len(s.Groups), mostReported)] {
		r.Groups = append(r.Groups, chat.Clean(g.String()))
	}
	for _, one := range s.Room.Senders {
		ago := max(0, now.Sub(one.Last))
		r.Heard = append(r.Heard, jsonHeardFrom{addrText(one.Addr), one.Datagrams, int(ago.Seconds())})
	}
	for _, f := range s.Findings {
		if !slices.Contains(r.Findings, f.Name) {
			r.Findings = append(r.Findings, f.Name)
		}
	}
	return r
}

// tellInTalk says remarks in a talk, where standard error is not for people.
func tellInTalk(s *session.Session, remarks []identity.Remark) {
	for _, r := range remarks {
		var err error = errors.New(chat.Clean(r.Text))
		if r.Hint != "" {
			err = &mcast.Advised{Err: err, Advice: chat.Clean(r.Hint)}
		}
		s.Problem(err)
	}
}
