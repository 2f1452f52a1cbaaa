package lru_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/internal/lru"
)

// model is a Map that is too slow to be wrong: the most recently used entry
// comes first.
type model struct {
	most    int
	entries []pair
}

type pair struct {
	key, value int
}

func (m *model) find(key int) int {
	return slices.IndexFunc(m.entries, func(p pair) bool { return p.key == key })
}

// take removes an entry.
func (m *model) take(key int) (value int, known bool) {
	at := m.find(key)
	if at < 0 {
		return 0, false
	}
	value = m.entries[at].value
	m.entries = slices.Delete(m.entries, at, at+1)
	return value, true
}

// use makes an entry the first, and returns the one that made room for it.
func (m *model) use(key, value int) (gone pair, evicted bool) {
	if len(m.entries) == m.most {
		gone, evicted = m.entries[m.most-1], true
		m.entries = m.entries[:m.most-1]
	}
	m.entries = slices.Insert(m.entries, 0, pair{key, value})
	return gone, evicted
}

func TestMapIsAsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 6).Draw(t, "most")
		got, want := lru.New[int, int](most), model{most: most}
		key := func(t *rapid.T) int { return rapid.IntRange(0, 9).Draw(t, "key") }
		same := func(t *rapid.T, what string, got *int, value int, known bool) {
			if known != (got != nil) || known && *got != value {
				t.Fatalf("%s: %s, want %d (known: %v)", what, text(got), value, known)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"get": func(t *rapid.T) {
				k := key(t)
				v := got.Get(k)
				value, known := want.take(k)
				if known {
					want.use(k, value)
				}
				same(t, "Get", v, value, known)
			},
			"peek": func(t *rapid.T) {
				k := key(t)
				at := want.find(k)
				value := 0
				if at >= 0 {
					value = want.entries[at].value
				}
				same(t, "Peek", got.Peek(k), value, at >= 0)
			},
			"ensure and count": func(t *rapid.T) {
				k := key(t)
				value, _ := want.take(k)
				_, full := want.use(k, value+1)
				v, evicted := got.Ensure(k)
				same(t, "Ensure", v, value, true)
				*v++
				if evicted != full {
					t.Fatalf("Ensure evicted: %v, want %v", evicted, full)
				}
			},
			"put": func(t *rapid.T) {
				k, value := key(t), rapid.IntRange(1, 1000).Draw(t, "value")
				want.take(k)
				gone, full := want.use(k, value)
				oldKey, oldValue, evicted := got.Put(k, value)
				if evicted != full || (pair{oldKey, oldValue}) != gone {
					t.Fatalf("Put evicted %d: %d (%v), want %v (%v)", oldKey, oldValue, evicted, gone, full)
				}
			},
			"delete": func(t *rapid.T) {
				k := key(t)
				_, known := want.take(k)
				if was := got.Delete(k); was != known {
					t.Fatalf("Delete: %v, want %v", was, known)
				}
			},
			"delete the odd ones in a loop": func(t *rapid.T) {
				for k := range got.All() {
					if k%2 == 1 {
						got.Delete(k)
						want.take(k)
					}
				}
			},
			"": func(t *rapid.T) {
				if got.Len() != len(want.entries) {
					t.Fatalf("%d entries, want %d", got.Len(), len(want.entries))
				}
				var all []pair
				for k, v := range got.All() {
					all = append(all, pair{k, *v})
				}
				if !slices.Equal(all, want.entries) {
					t.Fatalf("by use: %v, want %v", all, want.entries)
				}
				oldest := pair{}
				if n := len(want.entries); n > 0 {
					oldest = want.entries[n-1]
				}
				k, v := got.Oldest()
				same(t, "Oldest", v, oldest.value, len(want.entries) > 0)
				if k != oldest.key {
					t.Fatalf("the oldest is %d, want %d", k, oldest.key)
				}
			},
		})
	})
}

func text(v *int) string {
	if v == nil {
		return "nil"
	}
	return fmt.Sprint(*v)
}

func TestAFullMapAllocatesNothing(t *testing.T) {
	m := lru.New[int, [64]int](1024)
	key := 0
	add := func() {
		key++
		if v, _ := m.Ensure(key); v[0] != 0 {
			t.Fatalf("the value of a new key is %d, want 0", v[0])
		}
		m.Peek(key)[0] = key
	}
	for range 100_000 { // the Go map inside has grown for the last time
		add()
	}
	if got := testing.AllocsPerRun(100_000, add); got > 0 {
		t.Errorf("a new key allocates %v times, want none", got)
	}
}

func TestNewNeedsRoom(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(0) makes a Map, want a panic")
		}
	}()
	lru.New[int, int](0)
}

func ExampleMap() {
	heard := lru.New[string, int](2)
	for _, who := range []string{"ann", "bob", "ann", "eve"} {
		count, evicted := heard.Ensure(who)
		*count++
		if evicted {
			fmt.Println(who, "took the place of the one heard longest ago")
		}
	}
	for who, count := range heard.All() {
		fmt.Println(who, *count)
	}
	// Output:
	// eve took the place of the one heard longest ago
	// eve 1
	// ann 2
}
