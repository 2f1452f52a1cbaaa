package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
)

// volume is how much came, and from how many. A sender is a host; a program that
// is started again and again has another port each time.
type volume struct {
	datagrams int
	bytes     uint64
	hosts     map[netip.Addr]bool
	ports     map[netip.AddrPort]bool
	full      bool // there were more than are counted
}

func (v *volume) add(d mcast.Datagram) {
	if v.hosts == nil {
		v.hosts, v.ports = map[netip.Addr]bool{}, map[netip.AddrPort]bool{}
	}
	v.datagrams++
	v.bytes += uint64(len(d.Data))
	from := netip.AddrPortFrom(d.From.Addr().Unmap().WithZone(""), d.From.Port())
	switch {
	case v.ports[from]:
	case len(v.ports) < maxSenders:
		v.hosts[from.Addr()], v.ports[from] = true, true
	default:
		v.full = true
	}
}

// String is "40 datagrams from 1 host", and ", 40 ports" if that is another
// number.
func (v *volume) String() string {
	hosts, ports := chat.Count(len(v.hosts), "host"), ""
	if v.full {
		hosts = "more than " + hosts
	}
	if len(v.ports) != len(v.hosts) {
		ports = fmt.Sprintf(", %d ports", len(v.ports))
	}
	return fmt.Sprintf("%s from %s%s", chat.Count(v.datagrams, "datagram"), hosts, ports)
}

// jsonVolume is how much was heard. Fields are only added.
type jsonVolume struct {
	Datagrams int    `json:"datagrams"`
	Bytes     uint64 `json:"bytes"`          // of payload
	Hosts     int    `json:"hosts"`          // that sent them
	Ports     int    `json:"ports"`          // of those hosts
	More      bool   `json:"more,omitempty"` // there were more hosts or ports than are counted
}

func (v *volume) object() jsonVolume {
	return jsonVolume{v.datagrams, v.bytes, len(v.hosts), len(v.ports), v.full}
}

// jsonListenTotals is the last object of listen. Fields are only added.
type jsonListenTotals struct {
	jsonHead // totals
	jsonVolume
	Dropped uint64            `json:"dropped"` // the kernel had no room for them
	Unread  int               `json:"unread"`  // they waited when listen ended
	Strays  int               `json:"strays"`  // of groups that only others have joined
	Seconds float64           `json:"seconds"`
	Groups  []jsonGroupVolume `json:"groups,omitempty"` // where there are several

	Recording *jsonRecording `json:"recording,omitempty"` // with --record
}

// jsonGroupVolume is one group's part.
type jsonGroupVolume struct {
	Group string `json:"group"`
	jsonVolume
}

func (l *listener) totalsJSON(dropped uint64, unread int, lasted time.Duration) {
	o := jsonListenTotals{
		jsonHead: headOf("totals"), jsonVolume: l.heard.object(), Dropped: dropped, Unread: unread, Strays: l.strays,
		Seconds: float64(lasted.Milliseconds()) / 1000, Recording: l.recording.object(),
	}
	for _, e := range l.ears {
		if len(l.ears) > 1 {
			o.Groups = append(o.Groups, jsonGroupVolume{chat.Clean(e.group.String()), e.heard.object()})
		}
	}
	writeJSON(l.out, o)
}

// tellGroups says of each of several groups how much was heard. Those that stayed
// silent are told of elsewhere.
func (l *listener) tellGroups() {
	if len(l.ears) < 2 || l.untold {
		return
	}
	for _, e := range l.ears {
		if e.heard.datagrams > 0 {
			l.remark(fmt.Sprintf("%s: %s", e.group, &e.heard))
		}
	}
}

// sentTo is where a datagram was sent to; the port alone where the system does
// not tell the address.
func sentTo(d mcast.Datagram, port uint16) string {
	if !d.To.IsValid() {
		return fmt.Sprintf(":%d", port)
	}
	return addrPortText(netip.AddrPortFrom(d.To, port))
}
