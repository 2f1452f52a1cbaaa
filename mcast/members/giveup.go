package members

// hopeless gives up what cannot be had.
func (c *Conversation) hopeless(a ask, now at) bool {
	x, number := a.x, a.n
	k := &x.kept
	if number > k.known {
		if a.tries < asksOfClaim {
			return false
		}
		k.refused, k.refusedAt = max(k.refused, k.claimed), now
		k.claimed = 0
		if c.needs.passed(x); k.known == 0 {
			c.unlearn(x)
		}
		return true
	}
	age := now - k.since(number, now)
	if age < giveUp || age < giveUpListed && k.listed >= number && now-k.listedAt < giveUp {
		return false
	}
	k.take(number)
	c.lost(x, 1)
	c.needs.came(x, number)
	c.table.changed(x)
	return true
}

// unlearn forgets what others claimed of a stream.
func (c *Conversation) unlearn(x *stream) {
	c.needs.forget(x)
	k := &x.kept
	*k = kept{pending: true, vouched: k.vouched, refused: k.refused, refusedAt: k.refusedAt}
	for it := x.oldest; it != nil; it = it.after {
		k.take(it.number)
	}
}

// lost counts lines that could not be had.
func (c *Conversation) lost(x *stream, n uint64) {
	if n == 0 {
		return
	}
	if x.lost == 0 {
		c.losers = append(c.losers, x)
	}
	x.lost += int(min(n, 1<<20))
}

func (c *Conversation) tellLost() {
	for _, x := range c.losers {
		if x.lost > 0 {
			c.emit(Lost{Who: c.who(x), Lines: x.lost})
			x.lost = 0
		}
	}
	c.losers = c.losers[:0]
}
