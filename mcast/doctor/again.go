package doctor

import (
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// Follow lets what is intended, and what was observed, speak of interfaces that
// were made again meanwhile: by the indexes that they have now. was lists the
// interfaces as they were when both were made.
func Follow(in *Intent, o *Observed, was, now []host.Interface) {
	follow := map[int]host.Interface{}
	for _, again := range madeAgain(was, now) {
		before, _ := byName(was, again.Name)
		follow[before.Index] = again
	}
	if len(follow) == 0 {
		return
	}
	at := func(index *int) {
		if again, ok := follow[*index]; ok {
			*index = again.Index
		}
	}
	in.Joined, in.Wanted = slices.Clone(in.Joined), slices.Clone(in.Wanted)
	o.Listen.On, o.Heard, o.Senders = slices.Clone(o.Listen.On), slices.Clone(o.Heard), slices.Clone(o.Senders)
	at(&in.Send)
	for n := range in.Joined {
		at(&in.Joined[n])
	}
	for n, i := range in.Wanted {
		if again, ok := follow[i.Index]; ok {
			in.Wanted[n] = again
		}
	}
	for n := range o.Listen.On {
		at(&o.Listen.On[n])
	}
	for n := range o.Heard {
		at(&o.Heard[n].IfIndex)
	}
	for n := range o.Senders {
		at(&o.Senders[n].IfIndex)
	}
}
