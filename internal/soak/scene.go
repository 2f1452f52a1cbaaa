package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// network has two LANs, one and two, and the wire between their bridges and the hub. S
// sends and asks, D listens and answers.
const network = `
switch one
switch two
switch between
host A
  eth0 on one 10.1.0.1/24
host B
  eth0 on one 10.1.0.2/24
host C
  eth0 on one 10.1.0.3/24
host S
  eth0 on one 10.1.0.4/24
host D
  eth0 on one 10.1.0.5/24
host X
  eth0 on one 10.1.0.9/24
  eth1 on between 10.0.0.1/24
host Y
  eth0 on two 10.2.0.9/24
  eth1 on between 10.0.0.2/24
host N
  eth0 on between 10.0.0.3/24
host F
  eth0 on two 10.2.0.1/24
`

const (
	talk     = "239.1.2.3:5000"
	streams  = "239.1.3.1:5010"
	streams2 = "239.1.3.2:5010"
	bridged  = "239.1.4.1:5020"
	measured = "239.1.5.1:5030"
	echoed   = "10.1.0.5:7007"
)

// scene is the lab and what runs in it.
type scene struct {
	ctx      context.Context
	lab      *lab.Lab
	dir      string // the programs, and what they write
	every    time.Duration
	programs []*program // in the order of their start
	came     int        // members that came, said a line and left

	count   counts
	talkers []*program
	early   []*program // end first: those that send, ask and measure
	late    []*program // end after them: those that hear
	hub     *program
}

// open builds the lab and starts everything.
func (s *scene) open() error {
	t, err := lab.ParseTopology("soak", strings.NewReader(network))
	if err != nil {
		return err
	}
	if s.lab, err = lab.Up(s.ctx, t); err != nil {
		return err
	}
	s.count.init()
	if err := s.openBridge(); err != nil {
		return err
	}
	for i, host := range []string{"A", "B", "C"} {
		p, err := s.start(host, "chat, member "+host, s.count.talk(i), "groupcast", "chat", talk, "-i", "eth0", "--json", "--plain-only=false", "--name", host)
		if err != nil {
			return err
		}
		s.talkers = append(s.talkers, p)
	}
	for _, w := range []struct {
		list *[]*program
		host string
		name string
		took func(object)
		args string
	}{
		{&s.late, "D", "chat, the screen", nil, "chat " + talk + " -i eth0 --name screen"},
		{&s.late, "D", "watch", s.count.heard(&s.count.watched), "watch " + streams + " " + streams2 + " -i eth0 --json --every 30s"},
		{&s.late, "F", "watch, beyond the bridges", s.count.heard(&s.count.beyond), "watch " + bridged + " -i eth0 --json --every 30s"},
		{&s.late, "D", "echo", s.count.answered, "echo " + echoed + " --json"},
		{&s.early, "S", "ping", s.count.pinged, "ping " + echoed + " --json --interval 100ms -q"},
		{&s.early, "S", "send", s.count.sent(&s.count.streamed), "send " + streams + " " + streams2 + " -i eth0 --json --rate 100"},
		{&s.early, "S", "send, to the bridges", s.count.sent(&s.count.given), "send " + bridged + " -i eth0 --json --rate 20"},
		{&s.early, "A", "mesh, member A", s.count.mesh, "mesh " + measured + " -i eth0 --json --every 30s --name A"},
		{&s.early, "B", "mesh, member B", s.count.nothing, "mesh " + measured + " -i eth0 --json --every 30s --name B"},
		{&s.early, "C", "mesh, member C", s.count.nothing, "mesh " + measured + " -i eth0 --json --every 30s --name C"},
	} {
		p, err := s.start(w.host, w.name, w.took, append([]string{"groupcast"}, strings.Fields(w.args)...)...)
		if err != nil {
			return err
		}
		*w.list = append(*w.list, p)
	}
	return nil
}

// openBridge starts the hub, and when it has written the files of its sites, their bridges.
func (s *scene) openBridge() (err error) {
	s.hub, err = s.start("N", "hub", s.count.nothing, "groupcast-hub", "--dir", filepath.Join(s.dir, "hub"), "--out", s.dir,
		"--url", "10.0.0.3", "--site", "one", "--site", "two")
	if err != nil {
		return err
	}
	for _, b := range []struct{ host, site string }{{"X", "one"}, {"Y", "two"}} {
		file := filepath.Join(s.dir, b.site+".hub")
		if err := s.eventually("the hub writes "+file, func() bool { f, err := os.Stat(file); return err == nil && f.Size() > 0 }); err != nil {
			return fmt.Errorf("%w: %s", err, s.hub.stderr)
		}
		p, err := s.start(b.host, "bridge, site "+b.site, s.count.bridged, "groupcast", "bridge", "--hub", file, "-i", "eth0", "--json", bridged)
		if err != nil {
			return err
		}
		s.late = append(s.late, p)
	}
	return nil
}

// patience is how long something may take that takes a moment, on a busy computer.
const patience = 30 * time.Second

func (s *scene) eventually(what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); !holds(); {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not in %v: %s", patience, what)
		case <-tick.C:
		}
	}
	return nil
}

// say lets the next member say a line.
func (s *scene) say() error {
	n, line := s.count.next()
	_, err := fmt.Fprintln(s.talkers[n].input, line)
	return err
}

// pass lets a member come, say a line and leave: what is kept of those that are gone must
// have a bound. Its line is not counted.
func (s *scene) pass() error {
	s.came++
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	c := s.lab.Host("S").Command(ctx, filepath.Join(s.dir, "groupcast"), "chat", talk, "-i", "eth0", "--json", "--plain-only=false", "--name", fmt.Sprint("guest ", s.came))
	c.Dir, c.Env = s.dir, append(os.Environ(), "HOME="+s.dir, "XDG_STATE_HOME="+filepath.Join(s.dir, "state"), "XDG_RUNTIME_DIR="+s.dir)
	c.Stdin = strings.NewReader("hello\n")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("guest %d: %w: %s", s.came, err, lastBytes(out))
	}
	return nil
}

func lastBytes(b []byte) []byte { return b[max(0, len(b)-keptTail):] }

// end ends all, in the order in which nothing is lost by it, and returns what did not end well.
func (s *scene) end() (errs []error) {
	ctx, cancel := context.WithTimeout(s.ctx, 2*patience)
	defer cancel()
	if err := s.eventually("each line is heard by each member", s.count.allHeard); err != nil {
		errs = append(errs, err)
	}
	stop := func(list []*program, how syscall.Signal) {
		for _, p := range list {
			if err := p.cmd.Signal(how); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
			}
		}
		for _, p := range list {
			if err := p.wait(ctx); err != nil {
				errs = append(errs, err)
			}
		}
	}
	stop(s.early, syscall.SIGINT)
	for _, p := range s.talkers {
		p.input.Close()
	}
	for _, p := range s.talkers {
		if err := p.wait(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	stop(s.late, syscall.SIGINT)
	stop([]*program{s.hub}, syscall.SIGTERM)
	return errs
}
