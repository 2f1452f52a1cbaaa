//go:build unix

package main

import "testing"

func TestContinues(t *testing.T) {
	us := standing{group: 70, session: 50}
	for _, c := range []struct {
		name   string
		parent standing
		want   bool
	}{
		{"a shell with job control", standing{group: 50, session: 50}, true},
		{"a script of the same job", standing{group: 70, session: 50}, false},
		{"a terminal, or a daemon, of another session", standing{group: 40, session: 40}, false},
		{"nobody, or nobody knows", standing{}, false},
		{"only its session is known", standing{session: 50}, false},
	} {
		if got := c.parent.continues(us); got != c.want {
			t.Errorf("%s can continue us: %t, want %t", c.name, got, c.want)
		}
	}
	if got := standingOf(0); got != (standing{}) {
		t.Errorf("process 0 is %+v, want it not known", got)
	}
}
