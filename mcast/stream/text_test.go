package stream

import (
	"testing"
	"time"
)

func TestText(t *testing.T) {
	row := Row{Key: Key{From: a, Group: group}, Datagrams: 51, First: start, Last: start.Add(5 * time.Second), HopsMin: 1, HopsMax: 1}
	change := func(f func(*Row)) Row { r := row; f(&r); return r }
	first, last := row.First.Format(time.TimeOnly), row.Last.Format(time.TimeOnly)
	for want, r := range map[string]Row{
		": 51 datagrams by eth0, 10/s, from " + first + " to " + last + ", ttl 1": row,
		": 1 datagram by eth0, at " + first:                                       change(func(r *Row) { r.Datagrams, r.Last, r.HopsMin, r.HopsMax = 1, r.First, 0, 0 }),
		": 51 datagrams by eth0, 10/s, from " + first + ", stopped at " + last + ", longest gap 1.2 s at " + first + ", ttl 1 to 3": change(func(r *Row) {
			r.SilentSince, r.Gap, r.GapAt, r.HopsMax = r.Last, 1200*time.Millisecond, r.First, 3
		}),
	} {
		if got := r.Text("eth0", r.When()); got != a.String()+want {
			t.Errorf("the row says\n%s, want\n%s", got, a.String()+want)
		}
	}
}
