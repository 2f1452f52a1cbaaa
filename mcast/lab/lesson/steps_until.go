package lesson

import (
	"context"
	"fmt"
)

// until is what a program is to print before it prints the marker, which is the last
// word of a command that is run.
type until struct {
	name   string
	who    string // prints it, in words
	text   pattern
	run    *runStep
	marker string
}

// before runs the command, waits for the marker, and returns the lines up to that and with
// it since the last step that did something.
func (u until) before(ctx context.Context, r *runner) ([]string, error) {
	p := r.programs[u.name]
	marker := pattern{u.marker}
	for _, line := range p.out.lines() {
		if marker.matches(line) {
			return nil, fmt.Errorf("the marker %q was there before", u.marker)
		}
	}
	if seen, err := u.run.do(ctx, r); err != nil {
		return seen, err
	}
	if seen, err := marker.waitFor(ctx, r.wait, p); err != nil {
		return seen, err
	}
	lines := p.out.lines()
	for i, line := range lines {
		if marker.matches(line) {
			return lines[:i+1], nil
		}
	}
	return lines, nil
}

// silentStep proves that a program did not print something: it printed what
// was sent later.
type silentStep struct{ until }

func (s silentStep) expected() string {
	return fmt.Sprintf("%s prints %s, and no %s before it", s.who, quotedOnce(s.marker), quotedOnce(s.text.String()))
}

func (s silentStep) do(ctx context.Context, r *runner) ([]string, error) {
	lines, err := s.before(ctx, r)
	if err != nil {
		return lines, err
	}
	for _, line := range lines {
		if s.text.matches(line) {
			return []string{line}, unmet("silence")
		}
	}
	return lines[max(0, len(lines)-1):], nil
}

// onceStep proves that a program printed something in one line, and not in two.
type onceStep struct{ until }

func (s onceStep) expected() string {
	return fmt.Sprintf("%s prints %s, and %s once before it", s.who, quotedOnce(s.marker), quotedOnce(s.text.String()))
}

func (s onceStep) do(ctx context.Context, r *runner) ([]string, error) {
	lines, err := s.before(ctx, r)
	if err != nil {
		return lines, err
	}
	var seen []string
	for _, line := range lines {
		if s.text.matches(line) {
			seen = append(seen, line)
		}
	}
	if len(seen) != 1 {
		return lastLines(lines), unmet("once")
	}
	return seen, nil
}
