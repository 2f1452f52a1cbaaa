package confine

import (
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// Packets that wait for a program are counted, of all queues. The table is that of Linux
// 6.18 with two queues.
func TestWaiting(t *testing.T) {
	table := "    3   1234  4000 2 65531     0     0     4000  1\n    4   1235    97 0     0     0     0       97  1\n"
	for text, want := range map[string]int{"": 0, table: 4097, "3 1234": 0, "a b c\n1 2 3\n": 3} {
		if got := waiting([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// What the kernel takes before anything is in a table is computed from what netlink tells.
func TestReserved(t *testing.T) {
	number := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	kind := func(k string, options []byte) []byte {
		return attribute(attribute(nil, unix.TCA_KIND, append([]byte(k), 0)), unix.TCA_OPTIONS, options)
	}
	for name, tt := range map[string]struct{ got, want int }{
		"a ring":           {disciplineBytes(kind("pfifo_fast", nil), 1000), 24000},
		"long rings":       {disciplineBytes(kind("pfifo_fast", nil), 1<<31-1), 12 << 20},
		"flows":            {disciplineBytes(kind("fq_codel", attribute(nil, tcaCodelFlows, number(1024))), 0), 72 << 10},
		"flows, not said":  {disciplineBytes(kind("fq_codel", nil), 0), 72 << 16},
		"too many flows":   {disciplineBytes(kind("fq_codel", attribute(nil, tcaCodelFlows, number(1<<32-1))), 0), 72 << 16},
		"a small one":      {disciplineBytes(kind("htb", nil), 1<<31-1), 0},
		"an unknown one":   {disciplineBytes(kind("new", nil), 0), someDiscipline},
		"none":             {disciplineBytes(nil, 0), someDiscipline},
		"a set":            {setBytes(attribute(nil, unix.NFTA_SET_DESC, attribute(nil, unix.NFTA_SET_DESC_SIZE, []byte{0, 1, 0, 0}))), 1 << 20},
		"the largest set":  {setBytes(attribute(nil, unix.NFTA_SET_DESC, attribute(nil, unix.NFTA_SET_DESC_SIZE, []byte{255, 255, 255, 255}))), mostSet},
		"a set of no size": {setBytes(attribute(nil, unix.NFTA_SET_DESC, nil)), 0},
		"buckets":          {bucketBytes(attribute(nil, nhaResGroup, attribute(nil, nhaResBuckets, []byte{255, 255}))), 65535 * resBucket},
		"half a number":    {bucketBytes(attribute(nil, nhaResGroup, attribute(nil, nhaResBuckets, []byte{255}))), 0},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", name, tt.got, tt.want)
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
