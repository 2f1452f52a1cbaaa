package lab

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// pose asks on a LAN what is due, and says when something will be.
func (r *groupRouter) pose(v *vif, now time.Time) (next time.Time) {
	if v.query.IsZero() || !v.asks(now) {
		return next
	}
	if !now.Before(v.query) {
		r.query(v, netip.Addr{})
		wait := queryInterval
		if v.startup > 0 {
			v.startup--
			wait = startupInterval
		}
		v.query = now.Add(wait)
	}
	next = v.query
	for group, q := range v.questions {
		if !now.Before(q.at) {
			r.query(v, group)
			if q.left == 0 {
				delete(v.questions, group)
				continue
			}
			q = question{now.Add(queryResponse), q.left - 1}
			v.questions[group] = q
		}
		next = sooner(next, q.at)
	}
	return next
}

// query sends a query, about a group or about all. A lost one is followed by others.
func (r *groupRouter) query(v *vif, group netip.Addr) {
	m := igmp.Message{
		Family: igmp.IGMP, Kind: igmp.Query, Version: v.version, Group: group, From: v.addr(), To: allSystems,
		MaxResponse: queryResponse, Robustness: queryRobustness, Interval: queryInterval,
	}
	if group.IsValid() {
		m.To = group
		if v.version == 1 { // which knows no leave, and no such query
			return
		}
	}
	if b, err := igmp.AppendQuery(nil, m); err == nil {
		_ = r.send(b, v.index, m.From, m.To)
	}
}

// sweep deletes entries that nothing has used for some rounds: the source may
// have moved to another LAN, from which an entry would let nothing pass.
func (r *groupRouter) sweep() {
	used := map[flow]uint64{}
	err := r.node.ns.do(func() error {
		text, err := os.ReadFile("/proc/thread-self/net/ip_mr_cache")
		for line := range strings.Lines(string(text)) {
			var group, source uint32
			var from int
			var packets, octets, wrong uint64
			if n, _ := fmt.Sscanf(line, "%x %x %d %d %d %d", &group, &source, &from, &packets, &octets, &wrong); n == 6 {
				used[flow{kernelIP(source), kernelIP(group)}] = packets - wrong
			}
		}
		return err
	})
	if err != nil {
		return
	}
	for f, e := range r.entries {
		if now := used[f]; now != e.used {
			e.used, e.idle = now, 0
			continue
		}
		if e.idle++; e.idle == idleRounds && r.deleteEntry(f, e.from) == nil {
			delete(r.entries, f)
		}
	}
}

// kernelIP is an address as the kernel prints it as a number.
func kernelIP(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.NativeEndian.AppendUint32(nil, n)))
}
