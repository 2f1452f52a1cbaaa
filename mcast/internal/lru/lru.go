// Package lru has a map of bounded size. It is for what is remembered of
// strangers: whoever can forge a source address can make up as many keys as
// they like, so the least recently used entry makes room for a new one.
//
// [New] makes a [Map]. [Map.Ensure] is the usual call for counters: it returns
// the value of a key, and makes it if the key is new. A Map has no lock, and no
// bound by bytes or by age.
package lru

import "iter"

// Map holds a value for each of a bounded number of keys. Its values are used
// in place: a pointer into it is good until the next Ensure, Put or Delete.
// Once a Map is full, a new key allocates nothing.
type Map[K comparable, V any] struct {
	most  int
	slots map[K]int
	ring  []entry[K, V] // ring[0] is no entry: the most recent one comes before it, the least recent one after it
	free  int           // a slot without an entry, which names the next such slot as younger; 0: none
}

type entry[K comparable, V any] struct {
	key            K
	value          V
	older, younger int
}

// New returns an empty Map that holds at most the given number of entries, 1 or
// more.
func New[K comparable, V any](most int) *Map[K, V] {
	if most < 1 {
		panic("lru: a Map needs room for one entry at least")
	}
	return &Map[K, V]{most: most, slots: map[K]int{}, ring: make([]entry[K, V], 1)}
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return len(m.slots) }

// Get returns the value of a key, or nil if there is none. The key becomes the
// most recently used one.
func (m *Map[K, V]) Get(key K) *V {
	// What one sender sends comes in a row: the same key again needs no hash.
	if newest := m.ring[0].older; newest != 0 && m.ring[newest].key == key {
		return &m.ring[newest].value
	}
	at, known := m.slots[key]
	if !known {
		return nil
	}
	m.unlink(at)
	m.link(at)
	return &m.ring[at].value
}

// Peek returns the value of a key, or nil if there is none. It is no use of the
// key.
func (m *Map[K, V]) Peek(key K) *V {
	at, known := m.slots[key]
	if !known {
		return nil
	}
	return &m.ring[at].value
}

// Oldest returns the least recently used entry, the next one to make room, or a
// nil value if there is none. It is no use of the key.
func (m *Map[K, V]) Oldest() (key K, value *V) {
	at := m.ring[0].younger
	if at == 0 {
		return key, nil
	}
	return m.ring[at].key, &m.ring[at].value
}

// Ensure returns the value of a key, which becomes the most recently used one.
// A new key has the zero value. evicted reports whether the least recently used
// entry made room for it.
func (m *Map[K, V]) Ensure(key K) (value *V, evicted bool) {
	if value = m.Get(key); value != nil {
		return value, false
	}
	if evicted = len(m.slots) == m.most; evicted {
		m.Delete(m.ring[m.ring[0].younger].key)
	}
	at := m.slot()
	m.ring[at].key = key
	m.slots[key] = at
	m.link(at)
	return &m.ring[at].value, evicted
}

// Put sets the value of a key, which becomes the most recently used one. If the
// least recently used entry made room for it, evicted is true and that entry is
// returned.
func (m *Map[K, V]) Put(key K, value V) (oldKey K, oldValue V, evicted bool) {
	if _, known := m.slots[key]; !known && len(m.slots) == m.most {
		oldest := &m.ring[m.ring[0].younger]
		oldKey, oldValue = oldest.key, oldest.value
	}
	v, evicted := m.Ensure(key)
	*v = value
	return oldKey, oldValue, evicted
}

// Delete forgets a key and reports whether there was an entry.
func (m *Map[K, V]) Delete(key K) bool {
	at, known := m.slots[key]
	if !known {
		return false
	}
	m.unlink(at)
	delete(m.slots, key)
	m.ring[at] = entry[K, V]{younger: m.free} // what it pointed to is not kept in memory
	m.free = at
	return true
}

// All yields the entries, the most recently used one first. It is no use of
// them. The loop may Delete the key that it was given, and must not change the
// Map otherwise.
func (m *Map[K, V]) All() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for at := m.ring[0].older; at != 0; {
			e := &m.ring[at]
			at = e.older
			if !yield(e.key, &e.value) {
				return
			}
		}
	}
}

// slot returns a slot without an entry.
func (m *Map[K, V]) slot() int {
	at := m.free
	if at == 0 {
		m.ring = append(m.ring, entry[K, V]{})
		return len(m.ring) - 1
	}
	m.free = m.ring[at].younger
	return at
}

func (m *Map[K, V]) unlink(at int) {
	e := &m.ring[at]
	m.ring[e.older].younger = e.younger
	m.ring[e.younger].older = e.older
}

// link makes an entry the most recently used one.
func (m *Map[K, V]) link(at int) {
	newest := m.ring[0].older
	m.ring[at].older, m.ring[at].younger = newest, 0
	m.ring[newest].younger = at
	m.ring[0].older = at
}
