package members

// kept is which kept frames of a stream are here.
type kept struct {
	window         // those that came
	low     uint64 // all up to this one came, or will not be asked for
	known   uint64 // the highest that the author signed
	claimed uint64 // the highest that others say there is; see [kept.top]
	refused uint64 // claims up to this one led to nothing, at refusedAt
	got     int    // that came, above low
	first   uint64 // the highest, when the stream was first heard of
	begun   bool   // first is known
	pending bool   // it is not yet settled from where on it is asked for
	vouched bool   // a member spoke of it
	gappy   bool   // it is in needs.gappy
	asked   int    // of its numbers, those in needs.active
	next    uint64 // where to look for the next one to ask for
	shown   []shown

	refusedAt at

	ifIndex int // by which the last gap was shown

	listed   uint64 // the highest that a member says to have everything up to
	listedAt at
}

// shown is when it was seen that there are numbers up to one.
type shown struct {
	upTo uint64
	at   at
}

// top is the highest number that there is to be had.
func (k *kept) top() uint64 {
	if k.pending {
		return max(k.known, k.claimed)
	}
	return max(k.known, min(k.claimed, k.low+Window))
}

// has reports whether a number came, or is given up. What others claim makes no number
// count as had while none of the author's is known.
func (k *kept) has(n uint64) bool { return k.known != 0 && (n <= k.low || k.window.has(n)) }

// refuted reports whether the author's word that n is its highest number refutes what was
// concluded from the claims of others.
func (k *kept) refuted(n uint64) bool { return k.low > max(n, k.known) }

// missing is how many are to be asked for.
func (k *kept) missing() int {
	if k.pending {
		return 0
	}
	return int(k.top()-k.low) - k.got
}

// take takes in one that came. lost are those that can no longer be told apart, and are
// given up.
func (k *kept) take(n uint64) (lost uint64) {
	if lost = k.know(n); n <= k.low {
		return lost // older than what is asked for
	}
	k.set(n)
	k.got++
	k.advance()
	return lost
}

// know takes in the author's word that there are numbers up to n.
func (k *kept) know(n uint64) (lost uint64) {
	k.known = max(k.known, n)
	if n > Window {
		lost = k.slide(n - Window)
	}
	if k.pending {
		return 0 // they were not asked for
	}
	return lost
}

// slide counts all up to a number as had, and returns how many were not.
func (k *kept) slide(low uint64) (lost uint64) {
	if low <= k.low {
		return 0
	}
	lost = low - k.low
	for n := k.low + 1; n <= min(low, k.high); n++ {
		if k.window.has(n) {
			lost--
			k.got--
		}
	}
	k.low = low
	k.window.raise(low)
	k.advance()
	return lost
}

// advance moves low over what came.
func (k *kept) advance() {
	for k.low < k.high && k.window.has(k.low+1) {
		k.low++
		k.got--
	}
	i := 0
	for i < len(k.shown) && k.shown[i].upTo <= k.low {
		i++
	}
	k.shown = k.shown[:copy(k.shown, k.shown[i:])]
}

// begin is called when the author was heard: if nothing before is missing, it is settled
// from where on it is asked for.
func (k *kept) begin() { k.pending = k.pending && k.low < k.top() }

// settle decides that only the newest so many are asked for.
func (k *kept) settle(most uint64) {
	k.pending = false
	if top := k.top(); top > most {
		k.slide(top - most)
	}
}

// show remembers when it was seen that numbers up to the top are there.
func (k *kept) show(now at) {
	top := k.top()
	if top <= k.low {
		return
	}
	if n := len(k.shown); n > 0 && (k.shown[n-1].upTo >= top || n >= 16) {
		if k.shown[n-1].upTo < top {
			k.shown[n-1] = shown{top, now}
		}
		return
	}
	k.shown = append(k.shown, shown{top, now})
}

// since is when it was seen that a number is there.
func (k *kept) since(n uint64, now at) at {
	for _, s := range k.shown {
		if s.upTo >= n {
			return s.at
		}
	}
	return now
}

// bury begins where one ended that was forgotten.
func (k *kept) bury(n uint64) {
	k.low, k.known = n, n
	k.window.raise(n)
}
