package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/lab/lesson/apart"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
)

// cure is an exercise whose cure a student types in a host.
type cure struct{ lesson, host, script string }

// ticks is a line of a shell that sends to the group of an exercise from now on. A check that
// comes before the first tick sees nothing.
func ticks(flags string) string {
	return "groupcast send --json " + flags + " -c 1000 --interval 200ms 239.192.7.7:5000 tick > ticks & " +
		"until grep -q sent ticks; do kill -0 $!; sleep 0.1; done"
}

// Students mend exercises from shells in which they may do that, and nothing else.
func TestStudentsMend(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"ip", "nft", "sysctl", "tcpdump"} {
		labtest.Program(t, program)
	}
	together(t, []cure{
		{"article", "A", `groupcast lab check || test $? = 3
			groupcast lab hint | grep 'Hint 1 of 3'
			groupcast lab enter exercise B 2>&1 | grep 'ask the teacher'
			groupcast lab down exercise 2>&1 | grep 'ask the teacher'
			groupcast lab fault exercise heal A.eth0 2>&1 | grep 'ask the teacher'
			tcpdump -c 1 -n -i eth0 > captured 2>&1 & tcpdump=$!; until grep -q listening captured; do kill -0 $tcpdump || { cat captured; exit 1; }; sleep 0.1; done; groupcast send -i eth0 224.0.0.114 x; wait $tcpdump; grep '1 packet captured' captured
			groupcast doctor -i eth0 > found || test $? = 3
			groupcast lab exercise article 2>&1 | grep 'a seat of a class has no lab of its own'
			groupcast lab report 2>&1 | grep 'your page shows what you have met'
			ip route del 239.192.0.0/14`},
		{"reverse-path", "B", `sysctl -w net.ipv4.conf.eth0.rp_filter=0`},
		{"snooping-no-querier", "A", `ip link add br0 type bridge mcast_querier 1 mcast_query_use_ifaddr 1 mcast_query_interval 100 mcast_startup_query_interval 100 mcast_query_response_interval 50
			ip addr del 192.168.1.10/24 dev eth0; ip link set dev eth0 master br0; ip addr add 192.168.1.10/24 dev br0; ip link set dev br0 up`},
		{"ttl-and-routers", "A", ticks("--ttl 2")},
		{"loopback-off", "A", ticks("")},
		{"igmp", "R3", `nft list ruleset; nft flush ruleset`},
		{"fragments", "B", `sysctl -w net.ipv4.ipfrag_high_thresh=4194304; sysctl -w net.ipv4.ipfrag_time=60`},
	}, func(c cure) string { return c.lesson }, mend)
}

func mend(t *testing.T, c cure) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(lesson.All(), func(l lesson.Lesson) bool { return l.Name == c.lesson })
	private, err := apart.Start(t.Context(), lesson.All()[at], 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer private.Close()
	confined := lab.Confinement{Program: program, Data: seatLimits.Data, Memory: seatLimits.Memory, Admin: true, Orders: []string{desk.StateOrder, desk.CheckOrder, desk.HintOrder, desk.ResetOrder}}
	ctx, cancel := context.WithTimeout(t.Context(), 4*labtest.Patience) // for a dozen commands
	defer cancel()
	cmd := private.ConfinedCommand(ctx, c.host, confined, "/bin/sh", "-e", "-c", c.script+"\ngroupcast lab check")
	cmd.Env = []string{"PATH=/opt/groupcast:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + lab.Home, "GORACE=atexit_sleep_ms=0"}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Solved. Your teacher's board says so, too.\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if c.lesson != "article" {
		return
	}
	// A network that is built anew ends the shell that asked for it.
	ctx, cancel = context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	again := private.ConfinedCommand(ctx, c.host, confined, "/bin/sh", "-c", "groupcast lab reset; exec sleep 1000")
	again.Env = cmd.Env
	if out, err := again.CombinedOutput(); err == nil {
		t.Errorf("it ends by itself:\n%s", out)
	}
	labtest.Eventually(t, "the network was built anew", func() bool {
		s, err := desk.Ask(t.Context(), private.Remote, desk.StateOrder, nil)
		return err == nil && s.Resets == 1
	})
}
