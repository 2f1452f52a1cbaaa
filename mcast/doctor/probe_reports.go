package doctor

import (
	"os"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// reportCount counts what the host sends while a probe joins.
type reportCount struct {
	before, after map[string]uint64
	first         []int // indexes of the interfaces where nobody has joined the group but the probe
	ended         bool
}

// begin reads the counters, and who has joined, just before the probe joins. What
// was gathered earlier is too old: a router's daemon joins at any time.
func (r *reportCount) begin(p Probe) {
	group := p.Intent.Group.Addr
	groups, err := groupsOf(group)
	if err != nil {
		return
	}
	for _, i := range p.joins() {
		if !i.Loopback() && i.Ready(group) == nil && users(groups, group, i.Index) == 0 {
			r.first = append(r.first, i.Index)
		}
	}
	if len(r.first) > 0 {
		r.before, _, _ = readCounters(os.DirFS("/"))
	}
}

// joined leaves out where somebody else joined at the same time, just after the
// probe joined: of the two the kernel reports one.
func (r *reportCount) joined(p Probe) {
	groups, err := groupsOf(p.Intent.Group.Addr)
	r.first = slices.DeleteFunc(r.first, func(index int) bool {
		return err != nil || users(groups, p.Intent.Group.Addr, index) != 1
	})
}

// end reads the counters again, once the reports are due and before anything is sent.
func (r *reportCount) end() {
	if r.before != nil && !r.ended {
		r.after, _, _ = readCounters(os.DirFS("/"))
	}
	r.ended = true
}

func (r *reportCount) seen() *Reports {
	if r.after == nil || len(r.first) == 0 {
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
