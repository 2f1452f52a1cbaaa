package class

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// fakeLab is a lab whose programs do what a test says. Its methods are called in bubbles.
type fakeLab struct {
	t         complainer
	over      chan struct{}
	meanwhile func()        // happens while a program is started
	lags      time.Duration // how long a program takes to end when it is killed; below 0: until the lab is closed

	mu     sync.Mutex
	fails  error
	is     lab.Now
	asked  int
	faults []string
	runs   []*fakeRun
	active map[string]*fakeRun // by the host
	closed sync.Once
}

// complainer is a *testing.T or a *rapid.T.
type complainer interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

func newLab(t complainer) *fakeLab {
	return &fakeLab{t: t, over: make(chan struct{}), active: map[string]*fakeRun{}}
}

// fakeRun is a program that ran once.
type fakeRun struct {
	lab   *fakeLab
	host  string
	name  string
	out   shower
	tells func(report)
	end   chan struct{}
	once  sync.Once

	mu    sync.Mutex
	size  Size
	files map[string][]byte
	read  bytes.Buffer
	full  bool
	how   string
}

// open is a class with a lab of that many hosts. It is over at the end of the bubble.
func open(t testing.TB, seats int, change func(*Config)) (*Class, *fakeLab) {
	t.Helper()
	l := newLab(t)
	var cfg Config
	if change != nil {
		change(&cfg)
	}
	var hosts []string
	for n := range seats {
		hosts = append(hosts, fmt.Sprintf("H%d", n+1))
	}
	c := newClass(cfg.withDefaults(), l, nil, placesOf(hosts...), "K7MQ4R")
	t.Cleanup(func() { c.Close() })
	return c, l
}

// placesOf are those of a shared LAN.
func placesOf(hosts ...string) (list []*place) {
	for _, h := range hosts {
		list = append(list, &place{name: h, hosts: []string{h}})
	}
	return list
}

func (l *fakeLab) start(p launch, out shower) (runner, error) {
	host, name, plain := p.host, p.name, p.plain
	if l.meanwhile != nil {
		l.meanwhile()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return nil, l.fails
	}
	select {
	case <-l.over:
		return nil, errors.New("the lab is not running")
	default:
	}
	if other := l.active[host]; other != nil {
		l.t.Errorf("the program of %s starts in %s, and that of %s has not ended", name, host, other.name)
	}
	if _, lines := out.(*lines); lines != plain {
		l.t.Errorf("a program writes to a %T, plain %v", out, plain)
	}
	r := &fakeRun{lab: l, host: host, name: name, out: out, size: p.size, files: p.files, tells: p.tells, end: make(chan struct{})}
	l.runs = append(l.runs, r)
	l.active[host] = r
	return r, nil
}

func (l *fakeLab) ended() <-chan struct{} { return l.over }

func (l *fakeLab) now() (lab.Now, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.is, nil
}

// asks is how often it was asked how it is.
func (l *fakeLab) asks() int {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

func (l *fakeLab) fault(words []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return l.fails
	}
	l.faults = append(l.faults, strings.Join(words, " "))
	return nil
}

func (l *fakeLab) close() {
	l.closed.Do(func() { close(l.over) })
	l.mu.Lock()
	runs := l.runs
	l.mu.Unlock()
	for _, r := range runs {
		r.exit("its host has ended")
	}
}

// last is the program that was started last.
func (l *fakeLab) last() *fakeRun {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.runs) == 0 {
		l.t.Fatalf("no program was started")
	}
	return l.runs[len(l.runs)-1]
}

// count is how many programs were started.
func (l *fakeLab) count() int {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.runs)
}

// running is the program that runs in a host; nil: none does.
func (l *fakeLab) running(host string) *fakeRun {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active[host]
}

func (r *fakeRun) exit(how string) {
	r.once.Do(func() {
		r.how = how
		r.lab.mu.Lock()
		delete(r.lab.active, r.host)
		r.lab.mu.Unlock()
		close(r.end)
	})
}

func (r *fakeRun) input(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		r.out.tellLost(len(b))
	} else {
		r.read.Write(b)
	}
}

func (r *fakeRun) resize(s Size) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = s
}

func (r *fakeRun) kill() {
	switch {
	case r.lab.lags < 0:
		select {
		case <-r.lab.over:
		case <-r.end:
		}
	case r.lab.lags > 0:
		time.Sleep(r.lab.lags)
	}
	r.exit("it was ended")
	<-r.end
}

func (r *fakeRun) over() <-chan struct{} { return r.end }
func (r *fakeRun) reason() string        { return r.how }

// takes is what the program has read, which it forgets.
func (r *fakeRun) takes() string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.read.Reset()
	return r.read.String()
}

func (r *fakeRun) writes(s string) { _, _ = io.WriteString(r.out, s) }

// sitting is a seat of one tab.
type sitting struct {
	*Tab
	at *Seat
}

func (s *sitting) Name() string { return s.at.name }

// mustJoin seats somebody.
func mustJoin(t testing.TB, c *Class, a Applicant) (Token, *sitting) {
	t.Helper()
	if a.Code == "" {
		a.Code = c.Code()
	}
	token, s, err := c.Join(a)
	if err != nil {
		t.Fatalf("%+v: %v", a, err)
	}
	return token, &sitting{s.Tabs()[0], s}
}

// shown is what a page shows of a seat now.
func shown(t testing.TB, s *sitting) (text string, screen Screen) {
	t.Helper()
	synctest.Wait()
	screen, err := s.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return textOf(screen), screen
}

// textOf is the rows of a screen that are not empty.
func textOf(screen Screen) string {
	var b bytes.Buffer
	for y := range screen.Height {
		for _, r := range screen.Rows[y] {
			b.WriteString(r.Text)
		}
		if len(screen.Rows[y]) > 0 {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// happened is what a class has told so far.
func happened(c *Class) (list []string) {
	synctest.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		e, err := c.Next(ctx)
		if err != nil {
			return list
		}
		list = append(list, fmt.Sprintf("%s %s %s: %s", e.Kind, e.Host, e.Name, e.Text))
	}
}
