package kernel_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/kernel"
)

var group4 = netip.MustParseAddrPort("239.1.2.3:5000")

func TestRecordedPaths(t *testing.T) {
	t.Parallel()
	for _, op := range []kernel.Op{kernel.Send, kernel.Connect} {
		for _, ipv6 := range []bool{false, true} {
			p := kernel.Recorded(op, ipv6)
			if p.Op != op || p.Target.Addr().Is6() != ipv6 || !strings.HasPrefix(p.Kernel, "Linux ") || p.Date.IsZero() || !p.Source.IsValid() || p.Err != nil || p.Skipped != 0 {
				t.Errorf("%s, IPv6 %v: %+v", op, ipv6, p)
			}
			looksRight(t, p)
		}
	}
}

// looksRight checks what every kernel must do, whatever its functions are called.
func looksRight(t *testing.T, p kernel.Path) {
	t.Helper()
	if p.Op == kernel.Connect {
		if len(p.Steps) == 0 || p.Left() {
			t.Errorf("a connect sends nothing, and looks up a route: %d steps, left: %v", len(p.Steps), p.Left())
		}
		for _, s := range p.Steps {
			if s.Stage != kernel.StageRoute {
				t.Errorf("a connect has the step %s", s.Stage)
			}
		}
		return
	}
	order := []struct {
		stage kernel.Stage
		copy  kernel.Copy
		on    string // the function, or another frame
	}{
		{kernel.StageRoute, kernel.NoCopy, ""},
		{kernel.StageOwnCopy, kernel.OwnCopy, "dev_loopback_xmit"},
		{kernel.StageReceives, kernel.OwnCopy, "__netif_receive_skb"},
		{kernel.StageSocket, kernel.OwnCopy, "sock_def_readable"},
		{kernel.StageQueue, kernel.WireCopy, "__dev_queue_xmit"},
		{kernel.StageDriver, kernel.WireCopy, "dev_hard_start_xmit"},
		{kernel.StageArrives, kernel.WireCopy, "veth_xmit"},
		{kernel.StageForwards, kernel.WireCopy, "br_"},
		{kernel.StageReceives, kernel.WireCopy, ""},
		{kernel.StageSocket, kernel.WireCopy, "sock_def_readable"},
	}
	next := 0
	buffers := map[kernel.Copy]string{}
	for n, s := range p.Steps {
		if n > 0 && s.At < p.Steps[n-1].At {
			t.Errorf("step %d is earlier than the one before", n)
		}
		if (s.Stage == kernel.StageOwnCopy || s.Stage == kernel.StageQueue) && buffers[s.Copy] == "" {
			buffers[s.Copy] = s.Buffer
		}
		if next < len(order) && s.Stage == order[next].stage && s.Copy == order[next].copy {
			if on := order[next].on; !slices.ContainsFunc(s.Stack, func(f string) bool { return strings.HasPrefix(f, on) }) {
				t.Errorf("%s: no %s in %q", s.Stage, on, s.Stack)
			}
			next++
		}
	}
	if next < len(order) {
		t.Errorf("after %d stages there is no %s %s", next, order[next].copy, order[next].stage)
	}
	if own, wire := buffers[kernel.OwnCopy], buffers[kernel.WireCopy]; own == "" || wire == "" || own == wire {
		t.Errorf("own copy %q, wire copy %q: want two buffers", own, wire)
	}
	if p.Delivered(kernel.OwnCopy) != 1 || p.Delivered(kernel.WireCopy) != 1 {
		t.Errorf("own copy to %d sockets, the other to %d: want 1 each", p.Delivered(kernel.OwnCopy), p.Delivered(kernel.WireCopy))
	}
	for _, d := range p.Drops() {
		if !d.NotForHost() {
			t.Errorf("a drop: %s", d)
		}
	}
}

func kept(t *testing.T, name string) kernel.Path {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := kernel.ParseRecording(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDropsHaveReasonAndFunction(t *testing.T) {
	t.Parallel()
	hasDrops(t, kept(t, "drops"), kept(t, "closed-port"), kept(t, "queue-full"))
}

// hasDrops looks for the eight drops, each with its reason, function and pitfall.
func hasDrops(t *testing.T, paths ...kernel.Path) {
	t.Helper()
	var got []string
	for _, p := range paths {
		for _, d := range p.Drops() {
			got = append(got, d.String()+": "+d.Pitfall())
			if d.Meaning() == "" || !strings.Contains(d.Sentence(), d.String()) {
				t.Errorf("%s: meaning %q, sentence %q", d, d.Meaning(), d.Sentence())
			}
			if full := d.Reason == "SOCKET_RCVBUFF"; full != (d.To == group4.String()) {
				t.Errorf("%s: to %q", d, d.To)
			}
		}
	}
	want := []string{
		"IP_LOCAL_SOURCE in ip_rcv_finish_core: duplicate-address",
		"IP_RPFILTER in ip_rcv_finish_core: reverse-path",
		"NETFILTER_DROP in nft_do_chain: firewall-in",
		"NOT_SPECIFIED in __udp4_lib_rcv: wrong-port",
		"NOT_SPECIFIED in ip_rcv_finish_core: ",
		"NO_SOCKET in __udp4_lib_rcv: udp-refused",
		"QDISC_DROP in __dev_queue_xmit: send-queue-full",
		"SOCKET_RCVBUFF in udp_queue_rcv_one_skb: receive-overflow",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("drops:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	p := kept(t, "no-route")
	if !errors.Is(p.Err, syscall.ENETUNREACH) || p.Left() || p.Source.IsValid() {
		t.Errorf("%v, left: %v, source %s", p.Err, p.Left(), p.Source)
	}
	first, last := p.Steps[0], p.Steps[len(p.Steps)-1]
	if first.Stage != kernel.StageRoute || first.Errno == 0 || first.Interface != "" {
		t.Errorf("the route: %+v", first)
	}
	if last.Stage != kernel.StageRefused || last.Errno != int(syscall.ENETUNREACH) {
		t.Errorf("at last: %+v", last)
	}
}

// Datagrams of others that this thread handles meanwhile are not taken for its own.
func TestOthersDatagrams(t *testing.T) {
	t.Parallel()
	const stack = "           <...>-7   [000] ..s1. 1.000000: <stack trace>\n => f\n => process_backlog\n"
	event := func(text string) string { return "           <...>-7   [000] ..s1. 1.000000: " + text + "\n" + stack }
	for name, c := range map[string]struct {
		text    string
		foreign int
	}{
		"a receive before ours":    {event("netif_receive_skb: dev=eth0 skbaddr=1 len=45"), 1},
		"its socket":               {event("netif_receive_skb: dev=eth0 skbaddr=1 len=45") + event("sk_data_ready: family=2 protocol=17 func=x"), 2},
		"its drop":                 {event("kfree_skb: skbaddr=1 rx_sk=0 protocol=2048 location=x+0x1/0x2 reason: NO_SOCKET"), 1},
		"its route":                {event("fib_table_lookup: table 254 oif 0 iif 1 proto 0 1.2.3.4/0 -> 5.6.7.8/0 tos 0 scope 0 flags 0 ==> dev eth0 gw 0.0.0.0/:: err 0"), 1},
		"an event of another kind": {event("sched_switch: prev_comm=x"), 1},
	} {
		trace, err := kernel.Parse(strings.NewReader(c.text))
		if err != nil || trace.Skipped != 0 {
			t.Fatalf("%s: %+v, %v", name, trace, err)
		}
		if p := kernel.Follow(kernel.Send, group4, 17, trace.Events); len(p.Steps) != 0 || p.Foreign != c.foreign {
			t.Errorf("%s: %d steps, %d foreign: want %d\n%+v", name, len(p.Steps), p.Foreign, c.foreign, p.Steps)
		}
	}
}
