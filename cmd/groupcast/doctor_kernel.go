package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/kernel"
)

// kernelAsked watches the probe's datagrams in the kernel, which are known by their
// length.
type kernelAsked struct {
	watcher *kernel.Watcher
	size    int   // bytes of payload; 0: nobody watches
	err     error // why not
}

// Lengths that are drawn: hardly another program sends such datagrams, and they fit
// every usual MTU.
const (
	leastFill = 1017
	mostFill  = 1399
)

// askKernel begins to watch. Where an interface has a smaller MTU the datagrams
// are to fit it.
func askKernel(group netip.Addr, interfaces []host.Interface) *kernelAsked {
	const headers = 48 // of IPv6 and UDP
	a := &kernelAsked{size: leastFill + rand.IntN(mostFill-leastFill+1)}
	for _, i := range interfaces {
		if i.Up() && i.MTU > 0 && i.MTU < a.size+headers {
			a.size = i.MTU - headers
		}
	}
	if a.watcher, a.err = kernel.Watch(a.size, group.Is6()); a.err != nil {
		a.size = 0
	}
	return a
}

func (a *kernelAsked) close() {
	if a.watcher != nil {
		a.watcher.Close()
	}
}

// jsonKernelAsked is what the kernel did with the probe's datagrams. It comes after
// the doctor. Fields are only added.
type jsonKernelAsked struct {
	jsonHead                  // kernel
	Size     int              `json:"size,omitempty"`
	Seen     int              `json:"seen"`    // times that one of them was queued or received, on any host of this kernel
	Drops    []jsonKernelDrop `json:"drops"`   // by reason, function and interface
	Overrun  int              `json:"overrun"` // events that were lost because the buffer was full
	Error    string           `json:"error,omitempty"`
}

// jsonKernelDrop is a way in which the kernel dropped datagrams of the probe.
type jsonKernelDrop struct {
	Reason    string `json:"reason"`    // as IP_RPFILTER
	Function  string `json:"function"`  // that dropped them
	Interface string `json:"interface"` // as its own host calls it
	Datagrams int    `json:"datagrams"`
	Because   string `json:"because,omitempty"`
	Pitfall   string `json:"pitfall,omitempty"` // as in groupcast explain NAME
}

// tell prints what was seen, and reports whether a datagram was lost. Of a nil
// kernelAsked there is nothing to tell.
func (a *kernelAsked) tell(e *examiner) (lost bool) {
	if a == nil {
		return false
	}
	var seen kernel.Watched
	if a.err == nil {
		seen, a.err = a.watcher.Stop()
	}
	o := jsonKernelAsked{jsonHead: headOf("kernel"), Size: a.size, Seen: seen.Seen, Drops: []jsonKernelDrop{}, Overrun: seen.Overrun}
	var lines []string
	for _, d := range seen.Drops {
		if d.NotForHost() {
			continue
		}
		lines = append(lines, d.String())
		if page := d.Pitfall(); page != "" {
			lines = append(lines, "  more: groupcast explain "+page)
		}
		o.Drops = append(o.Drops, jsonKernelDrop{d.Reason, d.Function, chat.CleanRow(d.Interface), d.Count, d.Meaning(), d.Pitfall()})
	}
	switch {
	case a.err != nil:
		o.Error = strings.TrimPrefix(mcast.Reason(a.err), "kernel: ")
		lines = []string{"kernel: the reason of drops is not known: " + o.Error}
	case seen.Seen == 0:
		lines = []string{fmt.Sprintf("kernel: none of the datagrams of %d bytes was seen: not known", a.size)}
	case len(lines) == 0:
		lines = []string{fmt.Sprintf("kernel: no drop of the datagrams of %d bytes was seen on this machine", a.size)}
	}
	if seen.Overrun > 0 {
		lines = append(lines, fmt.Sprintf("kernel: %d events were lost because its buffer was full: there may be more", seen.Overrun))
	}
	if e.set.json {
		writeJSON(e.out, o)
		return len(o.Drops) > 0
	}
	for _, line := range lines {
		fmt.Fprintln(e.out, chat.CleanRow(line))
	}
	if a.err != nil && !e.set.quiet {
		fmt.Fprintln(e.errs, "  hint: root can trace the kernel: sudo "+chat.CleanRow(question{group: e.group, interfaces: e.set.interfaces, flags: "--probe --kernel"}.command()))
	}
	return len(o.Drops) > 0
}
