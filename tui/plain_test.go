package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/session"
)

func TestCommandsWithoutAScreen(t *testing.T) {
	s := crowded()
	for _, tc := range []struct {
		line string
		want session.Action
		says string
		quit bool
	}{
		{"hello", session.Say{Text: "hello"}, "", false},
		{"//hello", session.Say{Text: "/hello"}, "", false},
		{"/ttl 3", session.SetHops{Hops: 3}, "", false},
		{"/quit", nil, "", true},
		{"/clear", nil, "", false},
		{"/help", nil, "/look GROUP[:PORT] [INTERFACE]", false},
		{"/who", nil, "heard in 3 groups: 3 hosts", false},
		{"/interface", nil, "choose with: /interface NAME", false},
		{"/join", nil, "  224.0.0.252:5355  LLMNR", false},
		{"/block", nil, "  192.168.8.99  not heard lately  blocked", false},
	} {
		got, text, quitting, err := Command(tc.line, s)
		if err != nil || got != tc.want || quitting != tc.quit {
			t.Errorf("%q: %#v, quit %v, %v; want %#v, quit %v", tc.line, got, quitting, err, tc.want, tc.quit)
		}
		if all := strings.Join(text, "\n"); !strings.Contains(all, tc.says) || tc.says == "" && all != "" {
			t.Errorf("%q prints %q, want %q in it", tc.line, all, tc.says)
		}
	}
}

func TestCommandErrorsHaveHints(t *testing.T) {
	for line, hint := range map[string]string{
		"/ttl 256":       "router",
		"/save talk.txt": "> FILE",
	} {
		a, text, quitting, err := Command(line, before())
		if err == nil || a != nil || text != nil || quitting || !strings.Contains(Hint(err), hint) {
			t.Errorf("%q: %#v %q, %v with hint %q; want only an error, with a hint of %q", line, a, text, err, Hint(err), hint)
		}
	}
	if got := Hint(nil); got != "" {
		t.Errorf("the hint of no error is %q", got)
	}
}

func TestWho(t *testing.T) {
	one := before()
	one.Room.Senders[0].Rate = 0.4
	only := before()
	only.Room.Senders, only.Room.SendersTotal, only.Group.Source = nil, 0, hostB.Addr()
	many := before()
	many.Room.Senders = slices.Repeat(many.Room.Senders, 70)
	many.Room.SendersTotal = 1000
	for _, tc := range []struct {
		name string
		snap session.Snapshot
		rows int
		says []string
	}{
		{"one sender", one, 2, []string{
			"heard in 224.0.0.114:1234: 1 host",
			"192.168.8.226  eth0  3 datagrams, ttl 1, <1/s, 2 s ago, port 1234",
		}},
		{"nobody", only, 1, []string{"nobody else was heard yet in 224.0.0.114:1234, where only 192.168.8.226 is heard: silence proves nothing"}},
		{"a crowd", many, 66, []string{"1,000 hosts", "936 more"}},
		{"with blocked ones", crowded(), 5, []string{"heard in 3 groups: 3 hosts", "blocked in 224.0.0.114, so not heard there: 192.168.8.99"}},
	} {
		rows := who(tc.snap, clock)
		if len(rows) != tc.rows {
			t.Errorf("%s: %d rows, want %d:\n%s", tc.name, len(rows), tc.rows, strings.Join(rows, "\n"))
		}
		for _, w := range tc.says {
			if !strings.Contains(strings.Join(rows, "\n"), w) {
				t.Errorf("%s: want %q in\n%s", tc.name, w, strings.Join(rows, "\n"))
			}
		}
	}
	hostile := before()
	hostile.Room.Senders[0].Interface = "\x1b[2Jeth0\n"
	if all := strings.Join(who(hostile, clock), ""); strings.ContainsAny(all, "\x1b\n") {
		t.Errorf("control characters of an interface name got through: %q", all)
	}
}
