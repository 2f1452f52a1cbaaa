package confine

import (
	"testing"
	"time"
)

// Traffic without end is told from a burst, and from one that a late look counts twice.
func TestTooBusy(t *testing.T) {
	const second, much = time.Second, mostReceived
	begin := time.Unix(1, 0)
	type look struct {
		at       time.Duration
		received uint64
		want     bool
	}
	for name, looks := range map[string][]look{
		"a first look":           {{0, 100 * much, false}, {second, 100 * much, false}},
		"a burst":                {{0, 0, false}, {second, 2 * much, false}, {2 * second, 2*much + 1, false}},
		"as much as may be":      {{0, 0, false}, {second, much, false}, {2 * second, 2 * much, false}},
		"without end":            {{0, 0, false}, {second, much + 1, false}, {2 * second, 2*much + 2, true}},
		"in a tenth of a second": {{0, 0, false}, {second / 10, much / 5, false}, {second / 5, 2 * much / 5, true}},
		"an interface goes":      {{0, 3 * much, false}, {second, 5 * much, false}, {2 * second, much, false}, {3 * second, 3 * much, false}},
	} {
		n := NewNetwork()
		for i, l := range looks {
			if got := n.tooBusy(begin.Add(l.at), l.received); got != l.want {
				t.Errorf("%s: look %d: %t", name, i, got)
			}
		}
	}
}

// What netlink tells may be of another version, or end in the middle.
func TestAttributes(t *testing.T) {
	whole := attribute(attribute(nil, 1, []byte("a")), 2|0x8000, []byte("four"))
	for end := range len(whole) + 1 {
		var got []uint16
		attributes(whole[:end], func(number uint16, value []byte) { got = append(got, number) })
		want := 0
		if end >= 5 {
			want++
		}
		if end == len(whole) {
			want++
		}
		if len(got) != want || want == 2 && got[1] != 2 {
			t.Errorf("of %d bytes: %v", end, got)
		}
	}
	attributes([]byte{0, 0, 1, 0, 9}, func(uint16, []byte) { t.Error("an attribute without length") })
}
