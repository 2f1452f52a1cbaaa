package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

func TestBecause(t *testing.T) {
	const succeeded, fails = "succeeded", "nothing, and fails"
	host, host6 := netip.MustParseAddr("192.168.1.11"), netip.MustParseAddr("2001:db8::b")
	router, router6 := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("2001:db8::1")
	icmp := func(by netip.Addr, typ, code int) Result {
		return Result{Verdict: Unreachable, By: by, Type: typ, Code: code, Err: syscall.EHOSTUNREACH}
	}
	refusal := func(by netip.Addr, typ, code int) Result {
		return Result{Verdict: Refused, By: by, Type: typ, Code: code, Err: syscall.ECONNREFUSED}
	}
	local := func(err error) Result { return Result{Verdict: Unreachable, Err: err} }
	errno := func(e syscall.Errno) Result { return local(os.NewSyscallError("sendmsg", e)) }
	nc := func(e syscall.Errno) string { return "fails: " + e.Error() }
	for _, c := range []struct {
		r       Result
		because string
		nc      string
	}{
		{Result{Verdict: Answered, Size: 24, By: host}, "an answer of 24 bytes", succeeded},
		{Result{Verdict: Answered, Size: 1, By: host}, "an answer of 1 byte", succeeded},
		{Result{Verdict: Answered, By: host}, "an empty answer", succeeded},
		{Result{Verdict: Answered, Size: 8192, By: host}, "an answer of 8192 bytes or more", succeeded},
		{Result{Verdict: Silent, Tries: 3}, "nothing in 3 tries: open, filtered or lost; UDP cannot tell", succeeded},
		{Result{Verdict: Silent, Tries: 1}, "nothing in 1 try: open, filtered or lost; UDP cannot tell", succeeded},
		{Result{Verdict: Unresolved, Err: &ResolveError{Host: "printer", Reason: ErrNoSuchHost}}, "no such host: printer", "cannot be resolved"},

		{refusal(host, 3, 3), "ICMP port unreachable (3, 3) from 192.168.1.11", fails},
		{refusal(router, 3, 3), "ICMP port unreachable (3, 3) from 192.168.1.1", fails},
		{refusal(host6, 1, 4), "ICMPv6 port unreachable (1, 4) from 2001:db8::b", fails},
		{refusal(netip.Addr{}, 0, 0), "ICMP port unreachable; this system does not report from which host", fails},

		{icmp(router, 3, 0), "ICMP net unreachable (3, 0) from 192.168.1.1", succeeded},
		{icmp(router, 3, 1), "ICMP host unreachable (3, 1) from 192.168.1.1", succeeded},
		{icmp(host, 3, 2), "ICMP protocol unreachable (3, 2) from 192.168.1.11", fails},
		{icmp(router, 3, 4), "ICMP fragmentation needed (3, 4) from 192.168.1.1", fails},
		{icmp(router, 3, 5), "ICMP source route failed (3, 5) from 192.168.1.1", succeeded},
		{icmp(router, 3, 6), "ICMP net unknown (3, 6) from 192.168.1.1", fails},
		{icmp(router, 3, 7), "ICMP host unknown (3, 7) from 192.168.1.1", fails},
		{icmp(router, 3, 8), "ICMP source host isolated (3, 8) from 192.168.1.1", fails},
		{icmp(router, 3, 9), "ICMP net prohibited (3, 9) from 192.168.1.1", fails},
		{icmp(router, 3, 10), "ICMP host prohibited (3, 10) from 192.168.1.1", fails},
		{icmp(router, 3, 11), "ICMP net unreachable for this type of service (3, 11) from 192.168.1.1", succeeded},
		{icmp(router, 3, 12), "ICMP host unreachable for this type of service (3, 12) from 192.168.1.1", succeeded},
		{icmp(router, 3, 13), "ICMP administratively prohibited (3, 13) from 192.168.1.1", fails},
		{icmp(router, 3, 14), "ICMP host precedence violation (3, 14) from 192.168.1.1", fails},
		{icmp(router, 3, 15), "ICMP precedence cutoff (3, 15) from 192.168.1.1", fails},
		{icmp(router, 3, 99), fmt.Sprintf("ICMP %v (3, 99) from 192.168.1.1", syscall.EHOSTUNREACH), fails},
		{icmp(router, 11, 0), "ICMP time to live exceeded (11, 0) from 192.168.1.1", succeeded},
		{icmp(host, 11, 1), "ICMP fragment reassembly time exceeded (11, 1) from 192.168.1.11", succeeded},
		{icmp(host, 12, 0), "ICMP parameter problem (12, 0) from 192.168.1.11", fails},

		{icmp(router6, 1, 0), "ICMPv6 no route (1, 0) from 2001:db8::1", succeeded},
		{icmp(router6, 1, 1), "ICMPv6 administratively prohibited (1, 1) from 2001:db8::1", fails},
		{icmp(router6, 1, 2), "ICMPv6 beyond scope of source address (1, 2) from 2001:db8::1", succeeded},
		{icmp(router6, 1, 3), "ICMPv6 address unreachable (1, 3) from 2001:db8::1", succeeded},
		{icmp(router6, 1, 5), "ICMPv6 source address failed policy (1, 5) from 2001:db8::1", fails},
		{icmp(router6, 1, 6), "ICMPv6 reject route (1, 6) from 2001:db8::1", fails},
		{icmp(router6, 2, 0), "ICMPv6 packet too big (2, 0) from 2001:db8::1", succeeded},
		{icmp(router6, 3, 0), "ICMPv6 hop limit exceeded (3, 0) from 2001:db8::1", succeeded},
		{icmp(host6, 4, 1), "ICMPv6 unknown next header (4, 1) from 2001:db8::b", fails},

		{local(&NoNeighbourError{To: host, Direct: true}), "nobody answers ARP for 192.168.1.11", succeeded},
		{local(&NoNeighbourError{To: host6, Direct: true}), "nobody answers neighbour solicitations for 2001:db8::b", succeeded},
		{local(&NoNeighbourError{To: host, Gateway: router}), "nobody answers ARP for 192.168.1.1, the gateway to it", succeeded},
		{local(&NoNeighbourError{To: host}), "nobody answers ARP for the gateway to it", succeeded},
		{errno(syscall.ENETUNREACH), "no route on this host (ENETUNREACH)", nc(syscall.ENETUNREACH)},
		{errno(syscall.EHOSTUNREACH), "an unreachable route on this host (EHOSTUNREACH)", nc(syscall.EHOSTUNREACH)},
		{errno(syscall.EPERM), "this host's own firewall refuses (EPERM)", nc(syscall.EPERM)},
		{errno(syscall.EACCES), "a prohibit route on this host, or a broadcast address (EACCES)", nc(syscall.EACCES)},
		{errno(syscall.EINVAL), "a blackhole route on this host, or a source address that it does not have (EINVAL)", nc(syscall.EINVAL)},
		{errno(syscall.EMSGSIZE), "too large to be sent from this host (EMSGSIZE)", nc(syscall.EMSGSIZE)},
		{errno(syscall.EADDRNOTAVAIL), "this host does not have the source address (EADDRNOTAVAIL)", nc(syscall.EADDRNOTAVAIL)},
		{errno(syscall.ENETDOWN), "this host's interface is down (ENETDOWN)", nc(syscall.ENETDOWN)},
		{errno(syscall.ENODEV), "this host does not have the interface (ENODEV)", nc(syscall.ENODEV)},
		{errno(syscall.ENOBUFS), "the interface's queue is full (ENOBUFS)", nc(syscall.ENOBUFS)},
		{local(errors.New("odd")), "this host does not send: odd", "fails: odd"},
		{local(namelessError{syscall.EHOSTUNREACH}), fmt.Sprintf("an ICMP error, which this system does not show: %v", syscall.EHOSTUNREACH), nc(syscall.EHOSTUNREACH)},
	} {
		if got := c.r.Because(); got != c.because {
			t.Errorf("%+v is because of %q, want %q", c.r, got, c.because)
		}
		if got := c.r.Netcat(); got != c.nc {
			t.Errorf("%s: nc is said to say %q, want %q", c.because, got, c.nc)
		}
	}
}
