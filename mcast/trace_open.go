package mcast

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

// opening tells a Trace what package net does when it opens a socket of UDP:
// it makes it, sets options of its own, lets us set ours, binds it, and connects
// it.
type opening struct {
	trace      *Trace
	at, remote netip.AddrPort
	made       bool
	prepared   bool
}

// socketMade tells of the calls before our own options.
func (o *opening) socketMade() {
	if o.made = true; !o.trace.on() {
		return
	}
	o.tell("socket", "", o.socketArgs(), nil, false)
	if o.at.Addr().Is6() && !o.at.Addr().IsMulticast() && !slices.Contains([]string{"openbsd", "dragonfly"}, runtime.GOOS) {
		o.tell("setsockopt", "IPV6_V6ONLY", 1, nil, true)
	}
	o.tell("setsockopt", "SO_BROADCAST", 1, nil, !o.at.Addr().IsMulticast())
}

// ended tells of the calls after them, of which only the last can have failed.
func (o *opening) ended(err error) {
	if !o.trace.on() {
		return
	}
	var call *os.SyscallError
	errors.As(err, &call)
	switch {
	case !o.made && call != nil:
		o.tell("socket", "", o.socketArgs(), err, false)
	case !o.prepared: // one of our options failed, which was told
	case !o.remote.IsValid() || call != nil && call.Syscall == "bind":
		o.tell("bind", "", "{"+o.at.String()+"}", err, false)
	default:
		o.tell("bind", "", "{"+o.at.String()+"}", nil, false)
		o.tell("connect", "", "{"+o.remote.String()+"}", err, false)
	}
}

func (o *opening) tell(name, option string, args any, err error, byGo bool) {
	o.trace.Call(Call{At: time.Now(), Name: name, Option: option, Args: args, Err: host.Cause(err), ByGo: byGo})
}

func (o *opening) socketArgs() string {
	family, flags := "AF_INET", ""
	if o.at.Addr().Is6() {
		family = "AF_INET6"
	}
	if runtime.GOOS == "linux" && !o.at.Addr().IsMulticast() {
		flags = "|SOCK_CLOEXEC|SOCK_NONBLOCK"
	}
	return fmt.Sprintf("{%s SOCK_DGRAM%s}", family, flags)
}
