package session

import "github.com/groupcast/groupcast/mcast/doctor"

// steadied keeps findings from flickering: a warning or a failure stays for one
// reading more that lacks it, and is gone when the next one lacks it too.
type steadied struct{ seen []doctor.Finding } // of the last reading itself

// take takes in a reading, and gives what is to be shown of it, worst first. A
// finding that is held replaces what the reading says of the same name and
// interface.
func (h *steadied) take(read []doctor.Finding) []doctor.Finding {
	type key struct{ name, ifname string }
	now := map[key]bool{}
	seen := doctor.Seen(read)
	for _, f := range seen {
		now[key{f.Name, f.Interface}] = true
	}
	held := map[key]bool{}
	var failures, warnings, rest []doctor.Finding
	sort := func(f doctor.Finding) {
		switch f.Verdict {
		case doctor.Failure:
			failures = append(failures, f)
		case doctor.Warning:
			warnings = append(warnings, f)
		default:
			rest = append(rest, f)
		}
	}
	var kept []doctor.Finding
	for _, f := range h.seen {
		if k := (key{f.Name, f.Interface}); !now[k] {
			held[k] = true
			kept = append(kept, f)
		}
	}
	for _, f := range read {
		if seenNow := f.Verdict == doctor.Failure || f.Verdict == doctor.Warning; seenNow || !held[key{f.Name, f.Interface}] {
			sort(f)
		}
	}
	for _, f := range kept {
		sort(f)
	}
	h.seen = seen
	return append(append(failures, warnings...), rest...)
}

// forget drops what was held: the question is another one now.
func (h *steadied) forget() { h.seen = nil }
