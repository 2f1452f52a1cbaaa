package main

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/kernel"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// tracing skips a test where the kernel cannot be traced.
func tracing(t *testing.T) {
	t.Helper()
	if _, err := kernel.Run(t.Context(), kernel.Config{Op: kernel.Connect, Target: netip.MustParseAddrPort("127.0.0.1:9")}); err != nil {
		t.Skipf("the kernel cannot be traced here: %v", err)
	}
}

// The article's hosts, as root: the way of a send with both copies, the drop at a
// host whose rp_filter is on, and a connect of which nothing leaves.
func TestKernelInLab(t *testing.T) {
	t.Parallel()
	tracing(t)
	l := labtest.Build(t, drawn("switch lan\nhost A\neth0 on lan 192.168.8.10/24 fd08::10/64\n"+
		"host B\neth0 on lan 192.168.8.11/24 fd08::11/64\nvpn on - 10.8.0.1/24\nroute 192.168.8.10/32 dev vpn\n")())
	a, b := l.Host("A"), l.Host("B")
	for _, host := range []string{"A", "B"} {
		start(t, l.Host(host), "groupcast", "listen", "-i", "eth0", "239.1.2.3:5000").remarks("joined")
	}

	send := start(t, a, "groupcast", "kernel", "send", "-i", "eth0", "239.1.2.3:5000")
	send.ends(exitOK)
	inOrder(t, send.out.String(), ": send 239.1.2.3:5000, ", "route ", "the interface is given: taken as on its link", "own copy ", "dev_loopback_xmit", "own: socket", "leaves ", "net_dev_queue eth0",
		"driver ", "veth_xmit", "forwards ", "socket ", "the own copy is another buffer", "the datagram: 1 socket has it")

	if err := b.Sysctl("net.ipv4.conf.all.rp_filter", "1"); err != nil {
		t.Fatal(err)
	}
	dropped := start(t, a, "groupcast", "kernel", "send", "-i", "eth0", "239.1.2.3:5000")
	dropped.ends(exitDoubt)
	inOrder(t, dropped.out.String(), "checks ", "192.168.8.10 is by vpn", "dropped ", "IP_RPFILTER at eth0", "ip_rcv_finish_core",
		"the kernel dropped it: IP_RPFILTER in ip_rcv_finish_core")
	if !strings.Contains(dropped.err.String(), "hint: groupcast explain reverse-path") {
		t.Errorf("no page is named:\n%s", dropped.err.String())
	}

	object := start(t, a, "groupcast", "kernel", "send", "--json", "-i", "eth0", "239.1.2.3:5000")
	object.ends(exitDoubt)
	readObjectsDoc(t).hold(t, "kernel", "--json", object.out.String())
	var o jsonPath
	if err := json.Unmarshal([]byte(object.out.String()), &o); err != nil || o.Recorded || !o.Left || len(o.Drops) < 1 || o.Overrun != 0 {
		t.Errorf("%v:\n%s", err, object.out.String())
	}

	local := start(t, a, "groupcast", "kernel", "send", "-i", "eth0", "224.0.0.114")
	local.ends(exitOK)
	inOrder(t, local.out.String(), "leaves ", "no route is looked up: a group of 224.0.0.0/24", "source 192.168.8.10")

	six := start(t, a, "groupcast", "kernel", "send", "ff02::114%eth0")
	six.ends(exitOK)
	inOrder(t, six.out.String(), "fib6_table_lookup: oif eth0", "leaves ", "ip6_")

	connect := start(t, a, "groupcast", "kernel", "connect", "192.168.8.11:9")
	connect.ends(exitOK)
	inOrder(t, connect.out.String(), "route ", "route ", "nothing leaves")

	numbered := start(t, a, "unshare", "--pid", "--fork", "groupcast", "kernel", "connect", "192.168.8.11:9")
	numbered.ends(exitNot)
	inOrder(t, numbered.out.String(), "recorded on Linux ", ", not your kernel: connect ", "nothing leaves")
	inOrder(t, numbered.err.String(), "no event was seen", "hint: a container has its own numbers for threads")

	nowhere := start(t, a, "groupcast", "kernel", "send", "203.0.113.9")
	nowhere.ends(exitNot)
	inOrder(t, nowhere.out.String(), "route ", "no route to 203.0.113.9", "refused ", "network is unreachable", "nothing leaves")
	if got := nowhere.err.String(); !strings.Contains(got, "groupcast: kernel send 203.0.113.9:1234: ") || !strings.Contains(got, "hint: ") {
		t.Errorf("%s", got)
	}
}

// The doctor's probes are dropped by three hosts, each for its own reason, and the
// kernel tells which.
func TestDoctorAsksTheKernel(t *testing.T) {
	t.Parallel()
	tracing(t)
	l := labtest.Build(t, drawn("switch lan\nhost A\neth0 on lan 192.168.8.10/24\n"+
		"host filter\neth0 on lan 192.168.8.11/24\nvpn on - 10.8.0.1/24\nroute 192.168.8.10/32 dev vpn\nsysctl net.ipv4.conf.all.rp_filter=1\n"+
		"host twin\neth0 on lan 192.168.8.12/24\nvpn on - 192.168.8.10/32\n"+
		"host wall\neth0 on lan 192.168.8.13/24\n")())
	for _, name := range []string{"filter", "twin", "wall"} {
		start(t, l.Host(name), "groupcast", "listen", "-i", "eth0", "239.1.2.3:5000").remarks("joined")
	}
	if err := l.Host("wall").Firewall(true, false); err != nil {
		t.Fatal(err)
	}
	text := start(t, l.Host("A"), "groupcast", "doctor", "--probe", "--kernel", "-i", "eth0", "239.1.2.3:5000")
	object := start(t, l.Host("A"), "groupcast", "doctor", "--probe", "--kernel", "--json", "-i", "eth0", "239.1.2.3:5000")
	text.ends(exitDoubt)
	object.ends(exitDoubt)
	readObjectsDoc(t).hold(t, "doctor", "--json", object.out.String())
	for reason, page := range map[string]string{
		"IP_RPFILTER in ip_rcv_finish_core": "reverse-path", "IP_LOCAL_SOURCE in ip_rcv_finish_core": "duplicate-address", "NETFILTER_DROP in nft_do_chain": "firewall-in",
	} {
		inOrder(t, text.out.String(), "the kernel dropped it: "+reason+": ", "; at eth0, 3 times\n  more: groupcast explain "+page+"\n")
		name, function, _ := strings.Cut(reason, " in ")
		inOrder(t, object.out.String(), `{"reason":"`+name+`","function":"`+function+`","interface":"eth0","datagrams":3,`, `"pitfall":"`+page+`"}`)
	}
	if !strings.Contains(text.err.String(), ", filled up to 1") {
		t.Errorf("it does not say how long its datagrams are:\n%s", text.err.String())
	}
}

// Who may not trace sees the recorded run, which says so in its first line.
func TestKernelForNobody(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, drawn("switch lan\nhost A\neth0 on lan 192.168.8.10/24\n")())
	p := start(t, l.Host("A"), "unshare", "--user", "groupcast", "kernel", "send", "-i", "eth0", "239.1.2.3:5000")
	p.ends(exitNot)
	if !strings.HasPrefix(p.out.String(), "recorded on Linux ") || !strings.Contains(p.out.String(), ", not your kernel: send 239.1.2.3:5000, 17 bytes\n") {
		t.Errorf("the first line does not say that it is recorded:\n%s", p.out.String())
	}
	if got := p.err.String(); !strings.Contains(got, "operation not permitted\n  hint: ") {
		t.Errorf("%s", got)
	}
	doctor := start(t, l.Host("A"), "unshare", "--user", "groupcast", "doctor", "--probe", "--kernel", "-i", "eth0", "239.1.2.3:5000")
	doctor.status()
	if got := doctor.out.String(); !strings.Contains(got, "kernel: the reason of drops is not known: fsopen tracefs: operation not permitted\n") {
		t.Errorf("%s%s", got, doctor.err.String())
	}
}

// inOrder looks for each text behind the one before.
func inOrder(t *testing.T, text string, wants ...string) {
	t.Helper()
	rest := text
	for _, want := range wants {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Errorf("there is no %q in its place:\n%s", want, text)
			return
		}
		rest = after
	}
}
