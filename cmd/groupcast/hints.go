package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
	"github.com/groupcast/groupcast/mcast/session"
)

// Errors of the command line itself.
var (
	errNothingHeard = errors.New("nothing heard")

	errOtherVersion = errors.New("not of the group's IP version, so it cannot send to that group")

	errNoScreen       = errors.New("the demonstration needs a terminal to draw on")
	errNothingToServe = errors.New("not an address, a port or a group")
	errNoZone         = errors.New("a link-local address is one only together with its interface")
	errUnlimitedGroup = errors.New("--unlimited is for unicast: one forged datagram to a group is answered by all of its members")
	errAddressInstead = errors.New("an interface is chosen for a group; a unicast server is bound to an address")
	errNoEcho         = errors.New("nothing was answered")
	errNotSame        = errors.New("what came back is not what was sent")
	errTooLate        = errors.New("every answer came too late")
	errFlood          = errors.New("--flood: only to 127.0.0.1 or ::1, or in a host of a lab: groupcast lab enter NAME HOST")
)

// hint says what to do about an error, or "" when there is nothing to say
// that the error does not.
func hint(err error) string {
	if a, ok := errors.AsType[*mcast.Advised](err); ok {
		return chat.Clean(a.Advice)
	}
	if h := labHint(err); h != "" {
		return h
	}
	op, ok := errors.AsType[*mcast.OpError](err)
	onInterface := ok && op.Interface != ""
	v6OnLo := onInterface && op.Interface == "lo" && strings.HasPrefix(op.Target, "[") && errors.Is(err, syscall.ENETUNREACH)
	unreachable := errors.Is(err, mcast.ErrNoRoute) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
	switch {
	case errors.Is(err, mcast.ErrNotMulticast):
		return "groups are 224.0.0.0 to 239.255.255.255; to see the default one at work, leave it out"
	case errors.Is(err, mcast.ErrBadPort):
		return "name a port from 1 to 65535, as in 224.0.0.114:1234, or leave it out for 1234"
	case errors.Is(err, host.ErrNoInterface):
		return "list the interfaces of this host with: groupcast interfaces"
	case errors.Is(err, host.ErrInterfaceDown):
		return "bring it up (ip link set NAME up; check its cable or peer), or choose another: groupcast interfaces"
	case errors.Is(err, host.ErrNoAddress):
		return "give it an address (ip addr add ADDRESS/BITS dev NAME), or choose another: groupcast interfaces"
	case errors.Is(err, mcast.ErrPortInUse):
		return "its owner did not share it (SO_REUSEADDR); find it with: ss -ulpn, then end it, or use another port, as in GROUP:1235"
	case errors.Is(err, mcast.ErrTooLong):
		return "send it in pieces; above the MTU (mostly 1,472 bytes of payload) it is cut into fragments anyway, and one lost fragment loses all"
	case unreachable && onInterface && !v6OnLo:
		return "that interface cannot send: is it up, with an address? groupcast interfaces shows it"
	case unreachable && !v6OnLo:
		return "name the interface to join and send by: -i NAME, or /interface NAME; groupcast interfaces lists them"
	case v6OnLo:
		return "Linux has no route for IPv6 groups on lo; an IPv4 group works there"
	case errors.Is(err, host.ErrZoneElsewhere):
		return "name the interface once: by the zone, as in ff02::114%eth0, or by -i"
	case errors.Is(err, host.ErrDefaultAlone):
		return "either name interfaces, or leave joining and sending to the kernel: -i default"
	case errors.Is(err, errors.ErrUnsupported):
		return "this system does not do that; the other commands and groups go on working"
	case errors.Is(err, mcast.ErrHopsOutside):
		return "1 stays on the LAN, 32 on a site; 0 is for this host, and Linux lets it out all the same where the group is not joined"
	case errors.Is(err, mcast.ErrMixedModes):
		return "one source of a group that is joined for all would silence the others; leave the group, then join it the other way"
	case errors.Is(err, session.ErrNoUnicast):
		return "name the address of the one who sends, as in 192.168.8.226"
	case errors.Is(err, errOtherVersion):
		return "name its address of that version, or the group of the other one: 224.0.0.114 is IPv4, ff02::114 IPv6"
	case errors.Is(err, session.ErrOneSource):
		return "hear every source first, then block single ones"
	case errors.Is(err, mcast.ErrBlocked):
		return "nothing is left to do: it is already blocked"
	case errors.Is(err, mcast.ErrNotBlocked):
		return "it was not blocked: if it is not heard, it does not send, or not to this group and port"
	case errors.Is(err, mcast.ErrNotJoined) && ok && op.Op != "leave":
		return "join the group first: /join GROUP"
	case errors.Is(err, mcast.ErrTooManySources):
		return "the limit is net.ipv4.igmp_max_msf (net.ipv6.mld_max_msf); join for all sources instead"
	case errors.Is(err, probe.ErrNotOneHost):
		return "name one host; who is in a group is asked by: groupcast ping GROUP"
	case errors.Is(err, probe.ErrTooManyTargets):
		return "ask for fewer ports at a time: what is silent takes seconds each"
	case errors.Is(err, errNothingToServe):
		return "as in 0.0.0.0:1234, [::]:1234, :1234, 1234 or 224.0.0.114"
	case errors.Is(err, errNoZone):
		return "name the interface behind a percent sign, as in [fe80::1%eth0]:1234"
	case errors.Is(err, errAddressInstead):
		return "name the address of that interface, as in 192.168.8.226:1234; groupcast interfaces lists them"
	case errors.Is(err, errUnlimitedGroup):
		return "leave it out, or serve an address: groupcast echo --unlimited 127.0.0.1:1234"
	case errors.Is(err, errNothingHeard):
		return "is anyone sending to that group and port? groupcast interfaces shows where this host joins and sends"
	case errors.Is(err, errNoScreen):
		return "the same as a lesson, without a screen: groupcast lab run article"
	case errors.Is(err, probe.ErrNoSuchHost):
		return "check its spelling, and ask the system as this program does: getent hosts NAME"
	case errors.Is(err, probe.ErrNameServer), errors.Is(err, probe.ErrNameTimeout):
		return "name its address instead, or see which name server is asked: cat /etc/resolv.conf"
	case errors.Is(err, probe.ErrNoSuchFamily):
		return "leave -4 or -6 out, or name an address of that version"
	case errors.Is(err, host.ErrNothingUsable):
		return "switch on lo at least: ip link set lo up; for IPv6, see that net.ipv6.conf.all.disable_ipv6 is 0"
	case errors.Is(err, syscall.EPERM):
		return "a firewall on this host refused it; see: nft list ruleset, or iptables -S OUTPUT"
	case errors.Is(err, syscall.EACCES):
		return "a privileged port, a broadcast address or a prohibit route refuses it; use another port or interface"
	case errors.Is(err, syscall.ENODEV):
		return "the interface is gone; list what is there with: groupcast interfaces"
	}
	return ""
}

// labHint says what to do about a lab that is not as expected.
func labHint(err error) string {
	forbidden, ok := errors.AsType[*lab.ForbiddenError](err)
	switch {
	case ok:
		return forbidden.Hint
	case errors.Is(err, lab.ErrRunning):
		return "call this one otherwise: --name NAME; or end that one: groupcast lab down NAME"
	case errors.Is(err, lab.ErrNotRunning):
		return "build it in another terminal: groupcast lab up NAME; groupcast lab list shows what there is"
	}
	return ""
}

// complain writes an error the way every command does: one line, and one with
// what to do. Both go through the sanitiser, since file names, flags and the
// answers of peers may be in them.
func complain(w io.Writer, err error) {
	if list, ok := err.(interface{ Unwrap() []error }); ok && strings.Contains(err.Error(), "\n") {
		for _, err := range list.Unwrap() { // of errors.Join
			complain(w, err)
		}
		return
	}
	fmt.Fprintf(w, "groupcast: %s\n", chat.Clean(mcast.Plain(err)))
	if h := hint(err); h != "" {
		fmt.Fprintf(w, "  hint: %s\n", h)
	}
}
