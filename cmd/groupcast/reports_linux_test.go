package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// reported is what people report: a network, and questions that have an answer.
type reported struct {
	name  string
	where func() lab.Topology
	setup string // a step a line, see step
	asked []inquiry
}

// inquiry is one question in such a network.
type inquiry struct {
	what   string   // A: groupcast doctor ...; as with A: nobody groupcast ..., a user without privileges
	finds  string   // the names of all that the doctor warns of, in the alphabet's order; "": it finds nothing
	says   []string // in what is printed
	never  []string // not in it
	status int      // of another command than the doctor

	meanwhile string // steps once the doctor looks
}

// Each report is answered: the doctor names what is behind it and nothing else,
// and says so by its exit status.
func TestReports(t *testing.T) {
	together(t, reports, func(r reported) string { return r.name }, func(t *testing.T, r reported) {
		l := labtest.Build(t, r.where())
		for line := range strings.Lines(r.setup) {
			if line = strings.TrimSpace(line); line != "" {
				step(t, l, line)
			}
		}
		for _, a := range r.asked {
			a.ask(t, l)
		}
	})
}

func (a inquiry) ask(t *testing.T, l *lab.Lab) {
	t.Helper()
	at, command, _ := strings.Cut(a.what, ": ")
	words := strings.Fields(command)
	status, doctor := a.status, slices.Contains(words, "doctor")
	if a.finds != "" {
		status = exitDoubt
	}
	if words[0] == "nobody" { // who has no uid here, and no capabilities
		words = append([]string{"unshare", "--user"}, words[1:]...)
	}
	var p *program
	if words[0] == "groupcast" && a.meanwhile == "" {
		p = do(t, l.Host(at), words[1:]...)
	} else {
		p = start(t, l.Host(at), words[0], words[1:]...)
	}
	if a.meanwhile != "" {
		p.remarks("looking for")
		step(t, l, a.meanwhile)
	}
	code := p.status()
	text := p.out.String() + p.err.String()
	if found := warnedOf(p.out.String()); doctor && strings.Join(found, " ") != a.finds || code != status {
		t.Errorf("%s\nfound %q with status %d, want %q and %d:\n%s", a.what, found, code, a.finds, status, text)
		return
	}
	for _, s := range a.says {
		if !strings.Contains(text, s) {
			t.Errorf("%s\ndoes not say %q:\n%s", a.what, s, text)
		}
	}
	for _, s := range a.never {
		if strings.Contains(text, s) {
			t.Errorf("%s\nsays %q:\n%s", a.what, s, text)
		}
	}
}

// warnedOf is the names of the warnings and failures that the doctor printed, in
// the alphabet's order.
func warnedOf(printed string) (names []string) {
	for line := range strings.Lines(printed) {
		verdict, rest, _ := strings.Cut(line, ": ")
		name, _, _ := strings.Cut(rest, ":")
		if verdict == "failure" || verdict == "warning" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// An interface that is made again while the doctor looks is back, by its name.
func TestReportOfAnInterfaceMadeAgain(t *testing.T) {
	for _, args := range []string{"--watch 2s 239.20.1.1", "-i eth0 --watch 2s ff15::77", "-i eth0 --probe --watch 2s 239.20.1.1"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			l := labtest.Build(t, pair("192.168.1.10/24 fd20::1/64", "192.168.1.11/24", onEth0)())
			a := l.Host("A")
			p := start(t, a, "groupcast", append([]string{"doctor"}, strings.Fields(args)...)...)
			p.remarks("looking for 2s")
			again := a.Link("eth0")
			if err := errors.Join(again.Delete(), again.Make()); err != nil {
				t.Fatal(err)
			}
			step(t, l, "A: ip "+strings.Replace(onEth0, "route", "route add", 1))
			code := p.status()
			_, fine, _ := strings.Cut(strings.ReplaceAll(p.out.String(), "\n", ", "), "fine: ")
			if code != exitOK || !slices.Contains(strings.Split(fine, ", "), "interface-down") || strings.Contains(p.out.String(), "#") {
				t.Errorf("status %d, want 0 and that the interface is fine:\n%s", code, p.out.String())
			}
		})
	}
}
