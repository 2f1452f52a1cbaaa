package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

const sendsOften = `
import random, socket, sys, time
group, port, address, every, count, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
begin = time.monotonic()
for n in range(count):
    data = b"%s %d" % (kind.encode(), n)
    if kind == "frames": # of a sealed room, made up: each of another stream
        data = bytes.fromhex("fe4d4301020000ff") + random.randbytes(16) + (1).to_bytes(8, "big") + random.randbytes(162 - 32)
    s.sendto(data, (group, port))
    time.sleep(max(0, begin + (n + 1) * every - time.monotonic()))
print("sent", flush=True)
`

// The figures of three sites: with -long, for it takes minutes. They are logged.
func TestFiguresOfSites(t *testing.T) {
	if !*allHints {
		t.Skip("minutes: -long")
	}
	for _, name := range []string{"node", "python3"} {
		labtest.Program(t, name)
	}
	const group = "239.1.2.3:5000"
	begin := func(t *testing.T) *sites {
		s := buildSites(t)
		for n := 1; n <= 3; n++ {
			s.bridge(n, group)
		}
		return s
	}
	t.Run("partition", func(t *testing.T) {
		s := begin(t)
		members := []*program{s.member(1, "ada", group), s.member(2, "bob", group), s.member(3, "cas", group)}
		members[0].meets("cas")
		members[1].meets("cas")
		members[2].meets("bob")
		wire := s.l.Host("M2").Link("eth1")
		for _, err := range []error{wire.Swallow(true), wire.Drop(100)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		texts := map[*program][]string{}
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for n := range 300 { // a minute
			p := members[n%3]
			text := fmt.Sprintf("cut off %d", n)
			p.say(text)
			texts[p] = append(texts[p], text)
			<-tick.C
		}
		for _, err := range []error{wire.Drop(0), wire.Swallow(false)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		healed := time.Now()
		for i, p := range members {
			p.hasAll(slices.Concat(texts[members[(i+1)%3]], texts[members[(i+2)%3]]))
			t.Logf("member %d has all %v after the heal", i, time.Since(healed).Round(time.Millisecond))
		}
	})
	t.Run("late join", func(t *testing.T) {
		s := begin(t)
		ada, bob := s.member(1, "ada", group), s.member(2, "bob", group)
		ada.meets("bob")
		bob.meets("ada")
		var texts []string
		for n := range 500 {
			texts = append(texts, fmt.Sprintf("line %d", n))
			ada.say(texts[n])
		}
		bob.hasAll(texts)
		if err := s.l.Host("H3").Link("eth0").Drop(10); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		late := s.member(3, "cas", group)
		late.hasAll(texts)
		t.Logf("a newcomer has 500 lines after %v, at 10 %% loss", time.Since(began).Round(time.Millisecond))
	})
	t.Run("flood", func(t *testing.T) {
		s := begin(t)
		ada, bob, cas := s.member(1, "ada", group), s.member(2, "bob", group), s.member(3, "cas", group)
		ada.meets("cas")
		bob.meets("cas")
		cas.meets("bob")
		ear := start(t, s.l.Host("P3"), "node", peer(t, "member.js"), "239.1.2.3", "5000", "10.3.0.11")
		ear.prints("ready")
		send := func(room int, port, every, count, kind string) *program {
			return start(t, s.l.Host(fmt.Sprint("P", room)), "python3", "-c", sendsOften, "239.1.2.3", port, fmt.Sprintf("10.%d.0.11", room), every, count, kind)
		}
		floods := []*program{send(1, "5000", "0.002", "7500", "flood"), send(1, "5001", "0.002", "7500", "frames")}
		calm := send(2, "5000", "0.02", "500", "calm")
		var texts []string
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for n := range 100 {
			texts = append(texts, fmt.Sprintf("bob's %d", n))
			bob.say(texts[n])
			<-tick.C
		}
		calm.prints("sent")
		cas.hasAll(texts)
		t.Logf("the floods: %q", floods[0].out.String()+floods[1].out.String())
		heard := strings.Count(ear.out.String(), "heard calm ")
		t.Logf("of 500 datagrams at 50/s of another site %d arrived, and all 100 lines of a member; of the flood %d", heard, strings.Count(ear.out.String(), "heard flood "))
		if heard != 500 {
			t.Error("another site's are not whole")
		}
	})
}
