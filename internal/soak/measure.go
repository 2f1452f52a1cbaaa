package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

const passEvery = 20 * time.Second

// measure runs the scene until the time is over, or ctx is done, or a program has ended.
func measure(ctx context.Context, dir string, period, lines time.Duration, maxLoss float64) (*result, error) {
	every := max(fastest, period/most)
	// The programs outlive ctx, which ctrl+c ends: they are ended one after the other.
	background, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := &scene{ctx: background, dir: dir, every: every}
	defer func() {
		if s.lab != nil {
			s.lab.Close()
		}
	}()
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := s.eventually("each program tells its heap", s.tells); err != nil {
		return nil, err
	}
	r := &result{began: time.Now(), every: every, maxLoss: maxLoss}
	fmt.Fprintf(os.Stderr, "%d programs run, for %v\n", len(s.programs), period)
	r.wrong = append(r.wrong, s.run(ctx, r.began, period, lines)...)
	r.took = time.Since(r.began)
	for _, err := range s.end() {
		r.wrong = append(r.wrong, err.Error())
	}
	r.came, r.programs, r.ways = s.came, s.programs, s.count.ways()
	for _, p := range s.programs {
		if p.master != nil || slices.Contains(s.talkers, p) {
			p.spare = filling(r.took, lines)
		}
	}
	r.judge()
	return r, nil
}

// tells reports whether each program has told something. One that has ended is found later.
func (s *scene) tells() bool {
	for _, p := range s.programs {
		select {
		case <-p.ended:
			continue
		default:
		}
		if _, _, err := readSample(p.cmd.Pid(), p.meter, 0); err != nil {
			return false
		}
	}
	return true
}

// run says the lines and takes the samples, and returns what went wrong.
func (s *scene) run(ctx context.Context, began time.Time, period, lines time.Duration) (wrong []string) {
	end := time.NewTimer(period)
	defer end.Stop()
	speak, take, pass := time.NewTicker(lines), time.NewTicker(s.every), time.NewTicker(passEvery)
	passed := make(chan error, 1)
	passing := false
	defer func() {
		if passing {
			if err := <-passed; err != nil {
				wrong = append(wrong, err.Error())
			}
		}
	}()
	for {
		var err error
		select {
		case <-ctx.Done():
			return wrong
		case <-end.C:
			return wrong
		case <-speak.C:
			err = s.say()
		case <-pass.C:
			if !passing {
				passing = true
				go func() { passed <- s.pass() }()
			}
		case err = <-passed:
			passing = false
		case <-take.C:
			for _, p := range s.programs {
				p.measure(time.Since(began))
			}
			err = s.gone()
		}
		if err != nil {
			return append(wrong, err.Error())
		}
	}
}

// gone is the error of a program that has ended, though nobody asked it to.
func (s *scene) gone() error {
	for _, p := range s.programs {
		select {
		case <-p.ended:
			if exit, ok := errors.AsType[*lab.ExitError](p.err); ok {
				return fmt.Errorf("%s ended: %w: %s", p.name, exit, p.stderr)
			}
			return fmt.Errorf("%s ended: %v: %s", p.name, p.err, p.stderr)
		default:
		}
	}
	return nil
}
