package echo

// recent remembers a value for each of at most so many keys; the key that was
// asked for longest ago makes room for a new one.
type recent[K comparable, V any] struct {
	most  int
	index map[K]int
	ring  []entry[K, V] // ring[0] is no entry: the newest comes after it, the oldest before
}

type entry[K comparable, V any] struct {
	key            K
	value          V
	older, younger int
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, index: map[K]int{}, ring: make([]entry[K, V], 1)}
}

// get returns the value of a key, the zero V if it was not known. The pointer
// is good until the next get.
func (r *recent[K, V]) get(key K) *V {
	at, known := r.index[key]
	switch {
	case known:
		r.unlink(at)
	case len(r.index) < r.most:
		at = len(r.ring)
		r.ring = append(r.ring, entry[K, V]{key: key})
		r.index[key] = at
	default:
		at = r.ring[0].younger
		r.unlink(at)
		delete(r.index, r.ring[at].key)
		r.ring[at] = entry[K, V]{key: key}
		r.index[key] = at
	}
	r.link(at)
	return &r.ring[at].value
}

func (r *recent[K, V]) unlink(at int) {
	e := &r.ring[at]
	r.ring[e.older].younger = e.younger
	r.ring[e.younger].older = e.older
}

// link makes an entry the newest.
func (r *recent[K, V]) link(at int) {
	newest := r.ring[0].older
	r.ring[at].older, r.ring[at].younger = newest, 0
	r.ring[newest].younger = at
	r.ring[0].older = at
}
