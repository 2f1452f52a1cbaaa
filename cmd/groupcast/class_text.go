package main

import (
	"fmt"
	"io"
	"os/user"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

// classPrinter prints what happens in a class. No token of a seat is among it, and the
// teacher's key on a terminal only.
type classPrinter struct {
	out         io.Writer
	json, quiet bool
	run         *classRun
}

// The objects of a class as --json prints them. Fields are only added.
type (
	jsonClassReady struct {
		jsonHead              // ready
		Name         string   `json:"name"`
		Students     string   `json:"students"`         // the URL of the page that students open
		URLs         []string `json:"urls"`             // the same by each address of this computer
		Board        string   `json:"board"`            // the URL of the board that everybody may look at
		SHA256       string   `json:"sha256,omitempty"` // with --tls: of the certificate, as browsers show it
		Code         string   `json:"code"`             // what students type
		Seats        int      `json:"seats"`            // how many
		Private      bool     `json:"private"`          // each is in a network of its own
		Lesson       string   `json:"lesson,omitempty"` // whose exercise it is
		Milliseconds int64    `json:"ms"`               // that building the LAN took
	}
	jsonClassEvent struct {
		jsonHead        // joined, left, freed, reset, ended, network-failed, network-ended, locked, unlocked, guessed, lab-ended, fault, undo
		Seat     string `json:"seat,omitempty"` // its name
		Name     string `json:"name,omitempty"` // of the student who sits there
		Text     string `json:"text,omitempty"`
	}
	jsonClassSteps struct {
		jsonHead        // progress
		Seat     string `json:"seat"` // its name
		Name     string `json:"name"` // of the student
		Did      string `json:"did"`  // check, hint, or solved, which comes after a check
		jsonClassProgress
	}
)

// ready says where students and the teacher find the class.
func (p *classPrinter) ready(took time.Duration) {
	r := p.run
	if p.json {
		sum := ""
		if r.cert != nil {
			sum = r.cert.fingerprint()
		}
		writeJSON(p.out, jsonClassReady{
			headOf("ready"), r.name, r.urls[0], r.urls, r.board(), sum, r.class.Code(), r.cfg.Seats, r.cfg.Private, r.lesson(), took.Milliseconds(),
		})
		return
	}
	if !p.quiet {
		of := r.name
		if r.cfg.Lesson != nil {
			of += ", the exercise"
		}
		fmt.Fprintf(p.out, "class: %s, %s; ready in %d ms; %s\n", of, chat.Count(r.cfg.Seats, "seat"), took.Milliseconds(), r.reach())
		if r.cert != nil {
			p.certificate(r.cert)
		}
	}
	for _, url := range r.urls {
		fmt.Fprintf(p.out, "students  %s    code %s\n", url, r.class.Code())
	}
	if p.quiet {
		return
	}
	fmt.Fprintf(p.out, "board     %s\n", r.board())
	if isTerminal(p.out) {
		fmt.Fprintf(p.out, "teacher   %s\n", r.teacher())
	} else {
		fmt.Fprintf(p.out, "teacher   groupcast class key %s prints the address, with the key\n", r.name)
	}
	if r.cfg.Shell {
		fmt.Fprintf(p.out, "students get a shell as %s: they run what is in /usr, read /etc, use the CPU;\n  your files, programs and network are out of reach\n", shellUser())
	}
	printQR(p.out, r.urls)
}

// lesson is whose exercise it is; "": none.
func (r *classRun) lesson() string {
	if r.cfg.Lesson == nil {
		return ""
	}
	return r.cfg.Lesson.Name
}

// reach says who reaches the pages, and who reads along.
func (r *classRun) reach() string {
	switch {
	case r.at.Addr().IsLoopback():
		return "only this computer reaches it (--listen :8080: the network does)"
	case r.cert != nil:
		return "https: browsers warn once, as nobody has signed the certificate"
	}
	return "plain http: this network can read along (--tls)"
}

// certificate says what to compare with what browsers show, in two rows.
func (p *classPrinter) certificate(c *classCertificate) {
	sum := c.fingerprint()
	fmt.Fprintf(p.out, "SHA-256   %s\n          %s\n", sum[:len(sum)/2+1], sum[len(sum)/2+1:])
	if c.remark != "" {
		fmt.Fprintf(p.out, "          it is new: %s\n", c.remark)
	}
	if c.unkept != nil {
		fmt.Fprintf(p.out, "          the next class will have another, as this one cannot be kept: %s\n", chat.CleanRow(cause(c.unkept).Error()))
	}
}

// shellUser is who a student's shell runs as: the user, or where that is root, nobody.
func shellUser() string {
	if isRoot() {
		return "nobody"
	}
	u, err := user.Current()
	if err != nil {
		return "you"
	}
	return chat.CleanRow(u.Username)
}

// progressKinds are those of events that are about how far a student is.
var progressKinds = map[string]bool{"check": true, "hint": true, "solved": true}

// event tells what happened.
func (p *classPrinter) event(e class.Event) {
	switch {
	case p.json && progressKinds[e.Kind]:
		writeJSON(p.out, progressObject(e, p.run.progress(e.Host)))
	case p.json:
		writeJSON(p.out, jsonClassEvent{jsonHead{Type: e.Kind, Time: e.At}, e.Host, chat.CleanRow(e.Name), chat.CleanRow(e.Text)})
	case !p.quiet && !(e.Kind == "left" && e.Text != ""): // all leave at the end of a class
		fmt.Fprintf(p.out, "%s %s\n", e.At.Local().Format(eventTime), chat.CleanRow(eventText(e)))
	}
}

// progress is how far the student at a seat is.
func (r *classRun) progress(seat string) class.Progress {
	for _, s := range r.class.Board().Seats {
		if s.Seat == seat && s.Progress != nil {
			return *s.Progress
		}
	}
	return class.Progress{}
}

func progressObject(e class.Event, p class.Progress) jsonClassSteps {
	return jsonClassSteps{jsonHead{Type: "progress", Time: e.At}, e.Host, chat.CleanRow(e.Name), e.Kind, *progressOf(&p)}
}

// outcome tells what students have done, once the class is over: in full, unless a file
// has kept it.
func (p *classPrinter) outcome(list []class.Result, kept bool) {
	if p.run.cfg.Lesson == nil {
		return
	}
	solved := 0
	for _, r := range list {
		if p.json {
			writeJSON(p.out, resultOf(r, headOf("result")))
		}
		if r.Passed {
			solved++
		}
	}
	lost := p.run.results != nil && !kept
	if p.json || p.quiet && !lost {
		return
	}
	if len(list) == 0 {
		fmt.Fprintln(p.out, "nobody sat down, so there are no results")
		return
	}
	fmt.Fprintf(p.out, "solved by %d of %s", solved, chat.Count(len(list), "student"))
	if k := p.run.results; lost {
		fmt.Fprintf(p.out, "; the results could not be kept in %s, and are these", chat.CleanRow(k.file.name))
	} else if k != nil {
		fmt.Fprintf(p.out, "; the results are in %s", chat.CleanRow(k.file.name))
	}
	fmt.Fprintln(p.out)
	if lost || p.run.results == nil {
		printResults(p.out, list)
	}
}

// over says that the class ends, which takes a while.
func (p *classPrinter) over(at time.Time) {
	if !p.json && !p.quiet {
		fmt.Fprintf(p.out, "%s the class is over\n", at.Local().Format(eventTime))
	}
}

// eventTime is how a time is printed before what happened.
const eventTime = "15:04"

func eventText(e class.Event) string {
	who := e.Host
	if e.Name != "" {
		who += " " + e.Name
	}
	switch {
	case e.Kind == "joined" && e.Text != "":
		return who + " is back"
	case e.Kind == "joined":
		return who + " sits down"
	case e.Kind == "left":
		return who + " leaves"
	case e.Kind == "freed":
		return fmt.Sprintf("%s loses the seat: %s", who, e.Text)
	case e.Kind == "reset":
		return who + ": reset"
	case e.Kind == "ended":
		return fmt.Sprintf("%s: no program runs now: %s", who, e.Text)
	case e.Kind == "check":
		return who + " checks: " + e.Text
	case e.Kind == "hint":
		return who + " takes hint " + e.Text
	case e.Kind == "solved":
		return who + " has solved it " + e.Text
	case e.Kind == "network-failed":
		return who + ": the network was not built: " + e.Text
	case e.Kind == "network-ended":
		return who + ": the network has ended"
	case e.Kind == "fault", e.Kind == "undo":
		return strings.TrimPrefix(who+": ", ": ") + e.Kind + ": " + e.Text
	case e.Kind == "locked":
		return "locked: nobody is let in"
	case e.Kind == "unlocked":
		return "unlocked: who has the code is let in"
	}
	return e.Text
}
