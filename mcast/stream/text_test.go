package stream

import (
	"strings"
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
		": 51 datagrams by eth0, 10/s, from " + first + " to " + last + ", longest gap under 1 ms at " + first + ", ttl 1": change(func(r *Row) {
			r.Gap, r.GapAt = 4700*time.Nanosecond, r.First
		}),
		": 21551 datagrams by eth0, 4310/s, from " + first + " to " + last + ", ttl 1": change(func(r *Row) { r.Datagrams = 21551 }),
	} {
		if got := r.Text("eth0", r.When()); got != a.String()+want {
			t.Errorf("the row says\n%s, want\n%s", got, a.String()+want)
		}
	}
	for ports, want := range map[int]string{1: " from 1 port: ", 2: " from 2 ports: "} {
		if got := change(func(r *Row) { r.Ports = ports }).Text("eth0", row.When()); !strings.HasPrefix(got, a.Addr().String()+want) {
			t.Errorf("the row of %d ports says %s", ports, got)
		}
	}
}

// People are shown no exponent, neither of much nor of little.
func TestDigits(t *testing.T) {
	for want, got := range map[string]string{
		"4310": Digits(4310.4, 3), "100": Digits(99.6, 2), "0.0000012": Digits(0.00000116, 2), "0": Digits(0, 2), "12.3": Digits(12.34, 3),
		"0.01 ms": fewTime(0), "0.12 ms": fewTime(123 * time.Microsecond), "100 ms": fewTime(99_700 * time.Microsecond), "340 ms": fewTime(340 * time.Millisecond),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestNumbersText(t *testing.T) {
	for want, n := range map[string]Numbers{
		"":                       {},
		"none lost of 997 (RTP)": {Format: RTP, Distinct: 997},
		"lost 3 of 1,000 (RTP), 2 duplicates, 1 reordered":               {Format: RTP, Distinct: 997, Lost: 3, Duplicates: 2, Reordered: 1},
		"lost 3 of 1,000 (groupcast), 2 of them by this host, 1 restart": {Format: Own, Distinct: 997, Lost: 3, LostKernel: 2, Restarts: 1},
		"lost about 119,800 (RTP), 1 duplicate":                          {Format: RTP, Distinct: 1234567, Lost: 119800, About: true, Duplicates: 1},
		"at least 5 packets lost (MPEG-TS)":                              {Format: TS, Distinct: 10, Lost: 5, AtLeast: true},
		"at least 1 packet lost (MPEG-TS)":                               {Format: TS, Distinct: 10, Lost: 1, AtLeast: true},
		"no loss seen (MPEG-TS)":                                         {Format: TS, Distinct: 10},
		"lost 1 of 11, 1,000 reordered":                                  {Distinct: 10, Lost: 1, Reordered: 1000}, // of several formats
		"none lost of 10, 7 late or twice":                               {Distinct: 10, Old: 7},
	} {
		if got := n.Text(); got != want {
			t.Errorf("the numbers say %q, want %q", got, want)
		}
	}
}

func TestSum(t *testing.T) {
	one := Numbers{Format: RTP, ID: 7, First: 1, High: 9, Distinct: 8, Lost: 1, Duplicates: 2, Ended: true}
	got := Sum(one, Numbers{}, Numbers{Format: RTP, Distinct: 10, Lost: 4, LostKernel: 3, AtLeast: true})
	if want := (Numbers{Format: RTP, Distinct: 18, Lost: 5, LostKernel: 3, Duplicates: 2, AtLeast: true}); got != want {
		t.Errorf("the sum is %+v, want %+v", got, want)
	}
	if got := Sum(one, Numbers{Format: TS, Distinct: 1}); got.Format != Unnumbered {
		t.Errorf("the format of two is %q", got.Format)
	}
}
