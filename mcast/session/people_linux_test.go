package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// identity is that of a person, the same in each run of a test.
func identity(name string) frame.Identity {
	seed := [32]byte{}
	copy(seed[:], name)
	return frame.NewIdentity(seed)
}

func fingerprint(name string) string { return frame.Fingerprint(identity(name).Public()) }

// as is a session of a person in a group.
func as(name string, g mcast.Group) Config {
	return Config{Group: g, Interfaces: []string{"eth0"}, Hops: 1, Members: &MembersConfig{Nick: name, Identity: identity(name)}}
}

// person is a session whose lines are collected.
type person struct {
	*Session
	t *testing.T

	mu    sync.Mutex
	lines []chat.Line // the last state of each
}

func enter(t *testing.T, cfg Config) *person {
	t.Helper()
	p := &person{Session: startHere(t, cfg), t: t}
	go func() {
		for {
			b, err := p.Next(context.Background())
			if err != nil {
				return
			}
			p.mu.Lock()
			for _, l := range b.Lines {
				n := slices.IndexFunc(p.lines, func(old chat.Line) bool { return old.ID == l.ID })
				if n < 0 {
					p.lines = append(p.lines, l)
					continue
				}
				if l.Cut {
					l.Text, l.Cut = p.lines[n].Text, false
				}
				p.lines[n] = l
			}
			p.mu.Unlock()
		}
	}()
	return p
}

// all are the lines of a kind so far.
func (p *person) all(kinds ...chat.Kind) (list []chat.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if slices.Contains(kinds, l.Kind) {
			list = append(list, l)
		}
	}
	return list
}

// sees waits for a line.
func (p *person) sees(what string, is func(chat.Line) bool) (found chat.Line) {
	p.t.Helper()
	p.until(what, func() bool {
		list := p.all(chat.Heard, chat.Own, chat.Notice, chat.Problem)
		n := slices.IndexFunc(list, is)
		if n >= 0 {
			found = list[n]
		}
		return n >= 0
	})
	return found
}

// until waits for what its lines say; a failure prints them.
func (p *person) until(what string, is func() bool) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, l := range p.lines {
				p.t.Logf("%d %s %q %+v", l.Kind, l.Member.Name, l.Text, l.Reach)
			}
		}
	}()
	labtest.Eventually(p.t, what, is)
}

// told waits for a notice or a problem.
func (p *person) told(text string) chat.Line {
	p.t.Helper()
	return p.sees("it is told that "+text, func(l chat.Line) bool {
		return (l.Kind == chat.Notice || l.Kind == chat.Problem) && strings.Contains(l.Text.String(), text)
	})
}

// hears waits for a line that somebody said.
func (p *person) hears(text string) chat.Line {
	p.t.Helper()
	return p.sees("it hears "+text, func(l chat.Line) bool { return l.Kind == chat.Heard && l.Text.String() == text })
}

// reaches waits until so many have an own line.
func (p *person) reaches(text string, by, of int) chat.Line {
	p.t.Helper()
	return p.sees(fmt.Sprintf("%q is heard by %d of %d", text, by, of), func(l chat.Line) bool {
		return l.Kind == chat.Own && l.Text.String() == text && l.Reach.Known && l.Reach.By == by && l.Reach.Of == of
	})
}

func (p *person) says(text string) { p.t.Helper(); do(p.t, p.Session, Say{Text: text}) }

// listener is a plain program in a group.
func listener(t *testing.T, g mcast.Group) *mcast.Conn {
	t.Helper()
	c, err := mcast.Listen(t.Context(), mcast.Config{Port: g.Port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	list, err := host.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	eth0, err := host.Find(list, "eth0")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Join(g, eth0); err != nil {
		t.Fatal(err)
	}
	return c
}
