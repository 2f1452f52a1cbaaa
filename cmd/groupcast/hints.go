package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/history"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

// Errors of the command line itself.
var (
	errNothingHeard    = errors.New("nothing heard")
	errNobodyHeard     = errors.New("nobody was heard")
	errThisHost        = errors.New("this host itself has that address")
	errOtherVersion    = errors.New("not of the group's IP version, so it cannot send to that group")
	errNoScreen        = errors.New("the demonstration needs a terminal to draw on")
	errNothingToServe  = errors.New("not an address, a port or a group")
	errNoZone          = errors.New("a link-local address is complete only with its interface")
	errUnlimitedGroup  = errors.New("--unlimited is for unicast: one forged datagram to a group is answered by all of its members")
	errAddressInstead  = errors.New("an interface is chosen for a group; a unicast server is bound to an address")
	errNoEcho          = errors.New("no reply came")
	errNotSame         = errors.New("what came back is not what was sent")
	errTooLate         = errors.New("every reply came too late")
	errNeedsLinux      = errors.New("groupcast igmp needs Linux")
	errNeedsRaw        = errors.New("it needs the packets of the wire, which this user may not capture (CAP_NET_RAW)")
	errFramesNeedRaw   = errors.New("this user may not capture frames (CAP_NET_RAW)")
	errFramesNeedLinux = errors.New("groupcast record needs Linux")
	errNothingToWatch  = errors.New("no interface but lo is up with an address and multicast, and nobody reports groups on lo")
	errFlood           = errors.New("--flood: only to 127.0.0.1 or ::1, or in a host of a lab: groupcast lab enter NAME HOST")
)

// hints are what to do about errors; the first that fits is said.
var hints = []struct {
	is     error
	advice string
}{
	{mcast.ErrNotMulticast, "groups are 224.0.0.0 to 239.255.255.255; to see the default one at work, leave it out"},
	{mcast.ErrBadPort, "name a port from 1 to 65535, as in 224.0.0.114:1234, or leave it out for 1234"},
	{host.ErrNoInterface, "list the interfaces of this host with: groupcast interfaces"},
	{host.ErrInterfaceDown, "bring it up (ip link set NAME up; check its cable or peer), or choose another: groupcast interfaces"},
	{host.ErrNoAddress, "give it an address (ip addr add ADDRESS/BITS dev NAME), or choose another: groupcast interfaces"},
	{mcast.ErrTooLong, "send it in pieces; above the MTU (mostly 1,472 bytes of payload) it is cut into fragments anyway, and one lost fragment loses all"},
	{mcast.ErrZone, "name the interface once: by the zone, as in ff02::114%eth0, or beside the group"},
	{mcast.ErrNoZone, "name the interface behind a percent sign, as in ff02::114%eth0"},
	{host.ErrZoneElsewhere, "name the interface once: by the zone, as in ff02::114%eth0, or by -i"},
	{host.ErrNoSource, "groupcast interfaces lists the addresses of this host"},
	{host.ErrSourceElsewhere, "name an address of that interface, or send out of the interface that has it: -i ADDRESS"},
	{host.ErrDefaultAlone, "either name interfaces, or leave joining and sending to the kernel: -i default"},
	{errors.ErrUnsupported, "this system does not do that; the other commands and groups go on working"},
	{mcast.ErrHopsOutside, "1 stays on the LAN, 32 within a site; 0 stays on this host, but Linux sends it out of an interface where the group is not joined"},
	{mcast.ErrMixedModes, "a socket joins a group for all sources or for single ones, not for both; leave the group, then join it the other way"},
	{session.ErrNoUnicast, "name the address of the one who sends, as in 192.168.8.226"},
	{errThisHost, "name another host; groupcast doctor --probe shows whether this host's own datagrams come back"},
	{errOtherVersion, "name its address of that version, or the group of the other one: 224.0.0.114 is IPv4, ff02::114 IPv6"},
	{session.ErrOneSource, "hear every source first, then block single ones"},
	{mcast.ErrBlocked, "nothing is left to do: it is already blocked"},
	{mcast.ErrNotBlocked, "it was not blocked: if it is not heard, it does not send, or not to this group and port"},
	{mcast.ErrNotJoined, "join the group first: /join GROUP"},
	{mcast.ErrTooManySources, "the limit is net.ipv4.igmp_max_msf (net.ipv6.mld_max_msf); join for all sources instead"},
	{probe.ErrNotOneHost, "name one host; for the hosts of a group: groupcast ping GROUP"},
	{probe.ErrTooManyTargets, "probe fewer ports at a time: each silent port takes seconds"},
	{errNothingToServe, "as in 0.0.0.0:1234, [::]:1234, :1234, 1234 or 224.0.0.114"},
	{errNoZone, "name the interface behind a percent sign, as in [fe80::1%eth0]:1234"},
	{errAddressInstead, "name the address of that interface, as in 192.168.8.226:1234; groupcast interfaces lists them"},
	{errUnlimitedGroup, "leave it out, or serve an address: groupcast echo --unlimited 127.0.0.1:1234"},
	{errNeedsRaw, rawHint},
	{errNothingToWatch, "name one: groupcast interfaces lists them"},
	{errNoScreen, "the same as a lesson, without a screen: groupcast lab run article"},
	{probe.ErrNoSuchHost, "check its spelling; the system looks it up with: getent hosts NAME"},
	{probe.ErrNameServer, "name its address instead, or see which name server is used: cat /etc/resolv.conf"},
	{probe.ErrNameTimeout, "name its address instead, or see which name server is used: cat /etc/resolv.conf"},
	{probe.ErrNoSuchFamily, "leave -4 or -6 out, or name an address of that version"},
	{host.ErrNothingUsable, "switch on lo at least: ip link set lo up; for IPv6, see that net.ipv6.conf.all.disable_ipv6 is 0"},
	{syscall.EPERM, "a firewall on this host refused it; see: nft list ruleset, or iptables -S OUTPUT"},
	{syscall.EACCES, "a privileged port, a broadcast address or a prohibit route refuses it; use another port or interface"},
	{syscall.ENODEV, "the interface is gone; list what is there with: groupcast interfaces"},
	{record.ErrNotCapture, "it reads pcap and pcapng, also with gzip, as listen --record, tcpdump -w and Wireshark write them"},
	{record.ErrNoDatagram, "groupcast reads whole UDP datagrams; tcpdump and Wireshark show what else the file has"},
	{errTyped, "name a file, or send it through a pipe: tcpdump -U -w - | groupcast replay -"},
	{errPipeTooLong, "write it to a file first; or replay one group of it as it comes: --only GROUP:PORT"},
	{record.ErrLimit, "a recording of several files may be larger: --rotate 256MiB --keep 16 keeps the last 4 GiB"},
	{record.ErrStuck, "the program behind the pipe no longer reads; to record to a file: --record FILE"},
	{syscall.ENOSPC, "make room, or name a file on another disk (df -h lists them); a recording takes 64 MiB at most with --rotate 16MiB --keep 4"},
	{syscall.EDQUOT, "make room within your quota (quota -s), or name a file elsewhere"},
	{syscall.EFBIG, "this shell limits the size of files (ulimit -f); a recording begins another file before that with --rotate 16MiB"},
	{lab.ErrRunning, "give this one another name: --name NAME; or end that one: groupcast lab down NAME"},
	{lab.ErrNotRunning, "build it in another terminal: groupcast lab up NAME; groupcast lab list shows what there is"},
}

// hint says what to do about an error, or "" when there is nothing to say
// that the error does not.
func hint(err error) string {
	if a, ok := errors.AsType[*mcast.Advised](err); ok {
		return chat.Clean(a.Advice)
	}
	if forbidden, ok := errors.AsType[*lab.ForbiddenError](err); ok {
		if inSeat() {
			return "a seat of a class has no lab of its own: start it on a computer of yours"
		}
		return forbidden.Hint
	}
	if open, ok := errors.AsType[*lab.NotConfinedError](err); ok {
		return open.Hint
	}
	if refused, ok := errors.AsType[*bridge.RefusedError](err); ok {
		return "groupcast explain " + refused.Page
	}
	if _, ok := errors.AsType[*record.RefusedError](err); ok {
		return "name a group that nothing else uses, such as 239.9.9.9:5000"
	}
	if _, ok := errors.AsType[*history.WriteError](err); ok && isAny(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG) {
		return "make room (df -h, quota -s, ulimit -f), or name a file on another disk; a history takes 64 MiB at most"
	}
	op, ok := errors.AsType[*mcast.OpError](err)
	if !ok {
		op = &mcast.OpError{}
	}
	_, network := errors.AsType[*net.OpError](err)
	_, call := errors.AsType[*os.SyscallError](err)
	if !ok && !network && !call && errors.Is(err, syscall.EACCES) {
		return fileHint(err) // no socket was refused
	}
	switch {
	case isAny(err, mcast.ErrNoRoute, syscall.ENETUNREACH, syscall.EHOSTUNREACH):
		return unreachableHint(op)
	case errors.Is(err, mcast.ErrPortInUse):
		return chat.Clean(takenHint(op))
	case op.Op == "listen" && errors.Is(err, syscall.EACCES):
		return lowPort
	case op.Op == "leave" && errors.Is(err, mcast.ErrNotJoined):
		return "" // it is as was wished
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			return h.advice
		}
	}
	return ""
}

// fileHint is for a file that this user may not open; "" where it is not known which.
func fileHint(err error) string {
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return ""
	}
	return chat.CleanRow("see who may use it, and its directory: ls -ld " + shellWord(path.Path) + " " + shellWord(filepath.Dir(path.Path)))
}

// unwritten is the error of standard output that takes no more, with what to do. It has
// no file that can be named otherwise, or bounded.
func unwritten(err error) error {
	full := isAny(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG)
	err = fmt.Errorf("write standard output: %w", err)
	if full {
		return &mcast.Advised{Err: err, Advice: "make room where standard output goes (df -h, quota -s, ulimit -f), or send it elsewhere"}
	}
	return err
}

// lowPort is for a port that this user may not have.
const lowPort = "low ports are privileged (net.ipv4.ip_unprivileged_port_start, mostly 1024): use a higher one, such as 1234, or allow it, as root: setcap cap_net_bind_service=+ep FILE"

// unreachableHint says what to do where no route leads to a target.
func unreachableHint(op *mcast.OpError) string {
	target, _ := netip.ParseAddrPort(op.Target)
	list, _ := host.Interfaces()
	on, _ := host.Find(list, op.Interface)
	switch {
	case on.Loopback() && target.Addr().Is6():
		return "Linux has no route for IPv6 groups on lo; an IPv4 group works there"
	case op.Interface != "":
		return "that interface cannot send: is it up, with an address? groupcast interfaces shows it"
	}
	return "name the interface to join on and send out of: -i NAME, or /interface NAME; groupcast interfaces lists them"
}

// takenHint says who has a port, as far as the system tells.
func takenHint(op *mcast.OpError) string {
	why, who := notShared, "find it with: ss -ulpn"
	if at, err := netip.ParseAddrPort(op.Target); err == nil {
		if s, ok := host.Holder(at); ok {
			why, who = whyTaken(s, os.Geteuid()), holderText(s)
		}
	}
	return why + ": " + who + "; end it, or use another port, as in GROUP:1235; groupcast explain port-taken"
}

const notShared = "its owner did not share it (SO_REUSEADDR)"

// whyTaken is why a user does not get a port that a socket has. One that sets
// SO_REUSEPORT only lets in those of its own user who set that too, as groupcast does
// where it must.
func whyTaken(s host.Socket, user int) string {
	if user < 0 || int64(s.UID) == int64(user) {
		return notShared
	}
	return fmt.Sprintf("its owner did not share it (SO_REUSEADDR), or with programs of user %d alone (SO_REUSEPORT)", s.UID)
}

// isAny reports whether err is one of those errors.
func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// complain writes an error the way every command does: one line, and one with
// what to do. Both go through the sanitiser, since file names, flags and the
// answers of peers may be in them.
//
// With --json it is an object.
func complain(w io.Writer, err error) { complainOf(w, err, "") }

// jsonError is an error as --json prints it, on standard error. Fields are only
// added.
type jsonError struct {
	jsonHead        // error
	Error    string `json:"error"`
	Hint     string `json:"hint,omitempty"`  // what to do
	Usage    string `json:"usage,omitempty"` // of the command, if it was typed wrongly
}

// complainOf is complain, with how the command is typed, if that was wrong.
func complainOf(w io.Writer, err error, usage string) {
	if list, ok := err.(interface{ Unwrap() []error }); ok && strings.Contains(err.Error(), "\n") {
		for _, err := range list.Unwrap() { // of errors.Join
			complainOf(w, err, usage)
		}
		return
	}
	text, advice := chat.Clean(mcast.Plain(err)), doctor.CommandHint(hint(err))
	if o, ok := w.(*output); ok && o.json {
		writeJSON(w, jsonError{headOf("error"), text, advice, usage})
		return
	}
	begin := level(w, true)
	fmt.Fprintf(w, "%sgroupcast: %s\n", begin, text)
	if advice != "" {
		fmt.Fprintf(w, "%s  hint: %s\n", begin, advice)
	}
	if usage != "" {
		fmt.Fprintf(w, "%s  usage: %s\n", begin, usage)
	}
}

// tellOn says what a Keeper tells of: a remark, or a complaint about what failed.
func tellOn(errs io.Writer, remark func(string)) func(session.Event) {
	return func(e session.Event) {
		if e.Kind == session.Failed {
			complain(errs, e.Err)
			return
		}
		remark(e.Text)
	}
}
