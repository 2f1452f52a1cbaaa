package igmp

// memberTimers is a heap of members, the one due first on top.
type memberTimers []*member

func (t memberTimers) Len() int { return len(t) }

func (t memberTimers) Less(i, j int) bool {
	a, b := t[i], t[j]
	if c := a.due.Compare(b.due); c != 0 {
		return c < 0
	}
	return a.before(b)
}

// before is the order of members that are due together.
func (m *member) before(o *member) bool {
	a, b := m.group, o.group
	switch {
	case a.link.ifIndex != b.link.ifIndex:
		return a.link.ifIndex < b.link.ifIndex
	case a.link.family != b.link.family:
		return a.link.family < b.link.family
	case a.addr != b.addr:
		return a.addr.Less(b.addr)
	}
	return compareHosts(m, o) < 0
}

func (t memberTimers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].timer, t[j].timer = i, j
}

func (t *memberTimers) Push(x any) {
	m := x.(*member)
	m.timer = len(*t)
	*t = append(*t, m)
}

func (t *memberTimers) Pop() any {
	old := *t
	last := len(old) - 1
	m := old[last]
	old[last] = nil
	*t = old[:last]
	return m
}
