package doctor

import (
	"os"

	"github.com/groupcast/groupcast/mcast/host"
)

// reportCount counts what the host sends while a probe joins.
type reportCount struct {
	before, after map[string]uint64
	first         []int
	ended         bool
}

// begin reads the counters, just before the probe joins.
func (r *reportCount) begin(p Probe) {
	for _, i := range p.joins() {
		if !i.Loopback() && i.Ready(p.Intent.Group.Addr) == nil && p.Facts.Groups != nil && p.Facts.users(p.Intent.Group.Addr.WithZone(""), i.Index) == 0 {
			r.first = append(r.first, i.Index)
		}
	}
	if len(r.first) > 0 {
		r.before, _, _ = readCounters(os.DirFS("/"))
	}
}

// end reads them again, once the reports are due and before anything is sent.
func (r *reportCount) end() {
	if r.before != nil && !r.ended {
		r.after, _, _ = readCounters(os.DirFS("/"))
	}
	r.ended = true
}

func (r *reportCount) seen() *Reports {
	if r.after == nil {
		return nil
	}
	return &Reports{First: r.first, Grown: grown(r.before, r.after)}
}

// ready are those of the interfaces that a report can leave by.
func (f Facts) ready(indexes []int, in Intent) (list []host.Interface) {
	for _, i := range f.listed(indexes) {
		if !i.Loopback() && i.Ready(in.Group.Addr) == nil {
			list = append(list, i)
		}
	}
	return list
}
