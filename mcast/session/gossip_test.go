package session

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Many who come at once are told of together, and everybody is.
func TestCrowd(t *testing.T) {
	start := time.Now()
	for _, tt := range []struct {
		name string
		came []time.Duration
		want string
	}{
		{"one", []time.Duration{0}, "m0 is here"},
		{"two, far apart", []time.Duration{0, 2 * time.Second}, "m0 is here; m1 is here"},
		{"two at once", []time.Duration{0, 0}, "m0 is here; m1 is here"},
		{"three at once", []time.Duration{0, 0, 0}, "m0 is here; 2 more are here: m1, m2"},
		{"a class", make([]time.Duration, 30), "m0 is here; 29 more are here: m1, m2, m3, m4 and 25 more"},
		{"a few a second", []time.Duration{0, 600 * time.Millisecond, 1200 * time.Millisecond, 1800 * time.Millisecond, 2400 * time.Millisecond},
			"m0 is here; m1 is here; 2 more are here: m2, m3; m4 is here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := crowd{verb: "are here"}
			var told []string
			tell := func(text string) {
				if text != "" {
					told = append(told, text)
				}
			}
			for n, at := range tt.came {
				now := start.Add(at)
				if due := c.due(); !due.IsZero() && !due.After(now) {
					tell(c.flush(due))
				}
				name := fmt.Sprint("m", n)
				tell(c.add(now, name, name+" is here"))
			}
			for due := c.due(); !due.IsZero(); due = c.due() {
				tell(c.flush(due))
			}
			if got := strings.Join(told, "; "); got != tt.want {
				t.Errorf("told is %q\nwant      %q", got, tt.want)
			}
		})
	}
}

// Whoever makes news without end is not told of each time, and that is told.
func TestNewsAreBounded(t *testing.T) {
	var n news
	start := time.Now()
	n.begin(start)
	told := 0
	for range 1000 {
		if _, ok := n.may(start); ok {
			told++
		}
	}
	untold, ok := n.may(start.Add(time.Second))
	if told != newsAtOnce || !ok || untold != 1000-newsAtOnce {
		t.Errorf("%d of 1000 are told, then %t with %d untold; want %d, and %d", told, ok, untold, newsAtOnce, 1000-newsAtOnce)
	}
	if untold, ok := n.may(start.Add(time.Minute)); !ok || untold != 0 {
		t.Errorf("later %d are untold, %t", untold, ok)
	}
}

func TestSomeNames(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	for all, want := range map[int]string{1: "a", 4: "a, b, c, d", 5: "a, b, c, d and 1 more", 9: "a, b, c, d and 5 more"} {
		if got := someNames(names[:min(all, len(names))], all); got != want {
			t.Errorf("%d names are %q, want %q", all, got, want)
		}
	}
	if got := someNames(nil, 3); got != "3 of them" {
		t.Errorf("without names it is %q", got)
	}
}

// A line's time is not after its arrival, whatever its author's clock says.
func TestPlausible(t *testing.T) {
	now := time.Now()
	hour := now.Add(-time.Hour)
	for _, tt := range []struct{ at, want time.Time }{
		{hour, hour}, {now.Add(time.Hour), now}, {time.Time{}, now}, {time.UnixMilli(1 << 60), now}, {time.UnixMilli(0), now},
	} {
		if got := plausible(tt.at, now); !got.Equal(tt.want) {
			t.Errorf("%v is shown as %v, want %v", tt.at, got, tt.want)
		}
	}
}

// Where what is said goes nowhere, signs of life do not leave "too".
func TestTriesText(t *testing.T) {
	for _, tt := range []struct {
		chosen  string
		nowhere bool
		want    string
	}{
		{"eth1", false, "nobody has answered via eth1: signs of life leave via eth0, wlan0, too"},
		{"", false, "nobody has answered yet: signs of life leave via eth0, wlan0, too"},
		{"", true, "what you say is not sent; only signs of life leave, via eth0, wlan0"},
		{"eth1", true, "what you say is not sent; only signs of life leave, via eth0, wlan0"},
	} {
		got, hint := triesText(tt.chosen, []string{"eth0", "wlan0"}, tt.nowhere)
		if got != tt.want || hint == "" {
			t.Errorf("%q, %t: %q, want %q", tt.chosen, tt.nowhere, got, tt.want)
		}
	}
}
