package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func textOf(c Change) string {
	text := fmt.Sprintf("%d %s %s", c.Interface.Index, c.Interface.Name, c.Kind)
	if c.Addr.IsValid() {
		text += " " + c.Addr.String()
	}
	return text
}

func TestChanges(t *testing.T) {
	const noCarrier = net.FlagUp | net.FlagMulticast
	lo := iface(1, "lo", running|net.FlagLoopback, "127.0.0.1/8")
	eth0 := iface(2, "eth0", running, "192.168.8.164/24", "fe80::1/64")
	off := iface(2, "eth0", 0, "192.168.8.164/24", "fe80::1/64")
	list := func(l ...Interface) []Interface { return l }

	for _, tt := range []struct {
		name          string
		before, after []Interface
		want          []string
	}{
		{"nothing at all", nil, nil, nil},
		{"nothing new", list(lo, eth0), list(lo, eth0), nil},
		{"addresses in another order", list(eth0), list(iface(2, "eth0", running, "fe80::1/64", "192.168.8.164/24")), nil},
		{"switched off", list(lo, eth0), list(lo, off), []string{"2 eth0 down"}},
		{"switched on", list(lo, off), list(lo, eth0), []string{"2 eth0 up"}},
		{"cable out", list(iface(2, "eth0", running)), list(iface(2, "eth0", noCarrier)), []string{"2 eth0 no carrier"}},
		{"cable in", list(iface(2, "eth0", noCarrier)), list(iface(2, "eth0", running)), []string{"2 eth0 up"}},
		{"on without a cable", list(iface(2, "eth0", 0)), list(iface(2, "eth0", noCarrier)), []string{"2 eth0 no carrier"}},
		{"loopback needs no carrier", nil, list(iface(1, "lo", net.FlagUp|net.FlagLoopback)), []string{"1 lo appeared", "1 lo up"}},
		{"gone", list(lo, eth0), list(lo), []string{"2 eth0 gone"}},
		{"appeared switched off", list(lo), list(lo, iface(2, "eth0", 0)), []string{"2 eth0 appeared"}},
		{"appeared with all it has", list(lo), list(lo, eth0), []string{
			"2 eth0 appeared", "2 eth0 up", "2 eth0 address added 192.168.8.164/24", "2 eth0 address added fe80::1/64",
		}},
		{"made again", list(lo, eth0), list(lo, iface(7, "eth0", running)), []string{"2 eth0 gone", "7 eth0 appeared", "7 eth0 up"}},
		{"another address", list(eth0), list(iface(2, "eth0", running, "10.0.0.1/8", "fe80::1/64")), []string{
			"2 eth0 address removed 192.168.8.164/24", "2 eth0 address added 10.0.0.1/8",
		}},
		{"another subnet length", list(iface(2, "eth0", running, "10.0.0.1/8")), list(iface(2, "eth0", running, "10.0.0.1/16")), []string{
			"2 eth0 address removed 10.0.0.1/8", "2 eth0 address added 10.0.0.1/16",
		}},
		{"several", list(lo, eth0, iface(3, "a", 0), iface(4, "b", running)), list(off, iface(4, "b", running, "10.0.0.1/8"), iface(5, "a", 0)), []string{
			"1 lo gone", "3 a gone", "2 eth0 down", "4 b address added 10.0.0.1/8", "5 a appeared",
		}},
		{"renamed", list(eth0), list(iface(2, "lan", running, "192.168.8.164/24", "fe80::1/64")), []string{"2 lan renamed"}},
	} {
		var got []string
		for _, c := range changes(tt.before, tt.after) {
			got = append(got, textOf(c))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestChangesCarryTheInterface(t *testing.T) {
	before := []Interface{iface(2, "eth0", running, "10.0.0.1/8"), iface(3, "eth1", running, "10.0.0.2/8")}
	after := []Interface{iface(3, "eth1", 0, "10.0.0.2/8")}
	got := changes(before, after)
	if len(got) != 2 {
		t.Fatalf("changes are %v, want two", got)
	}
	if i := got[0].Interface; !i.Up() || len(i.Addrs) != 1 {
		t.Errorf("gone carries %v, want eth0 as it was: up, with its address", i)
	}
	if i := got[1].Interface; i.Up() {
		t.Errorf("down carries %v, want eth1 as it is: down", i)
	}
}

func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eth0 := iface(2, "eth0", running)
		vanished := errors.New("vanished in the middle")
		lists := []func() ([]Interface, error){
			func() ([]Interface, error) { return []Interface{eth0}, nil },
			func() ([]Interface, error) { return nil, vanished },
			func() ([]Interface, error) { return nil, nil },
			func() ([]Interface, error) { return []Interface{iface(3, "eth0", 0)}, nil },
		}
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var got []string
		w := &watcher{
			list: func() ([]Interface, error) {
				next := lists[0]
				lists = lists[1:]
				return next()
			},
			report: func(c Change) {
				got = append(got, fmt.Sprint(c.At.Sub(start), " ", textOf(c)))
				if len(lists) == 0 {
					cancel()
				}
			},
		}
		if err := w.poll(ctx); err != nil {
			t.Errorf("poll ends with %v, want nil", err)
		}
		want := []string{"0s 2 eth0 appeared", "0s 2 eth0 up", "500ms 2 eth0 gone", "1s 3 eth0 appeared"}
		if !slices.Equal(got, want) {
			t.Errorf("polling reports\n     %q\nwant %q", got, want)
		}
	})
}

func TestPollingFails(t *testing.T) {
	broken := errors.New("broken")
	w := &watcher{list: func() ([]Interface, error) { return nil, broken }}
	if err := w.poll(t.Context()); !errors.Is(err, broken) {
		t.Errorf("with a list that fails twice poll ends with %v, want the list's error", err)
	}
}
