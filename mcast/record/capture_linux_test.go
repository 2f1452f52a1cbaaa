package record_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/record"
)

var talkGroup = mcast.Group{Addr: netip.MustParseAddr("239.1.2.3"), Port: 5000}

// capturing begins a capture in a host.
func capturing(t testing.TB, node *lab.Node, o record.CaptureOptions) *record.Capture {
	t.Helper()
	if o.File == "" {
		o.File = filepath.Join(t.TempDir(), "talk.pcapng")
	}
	var c *record.Capture
	labtest.In(t, node, func() (err error) {
		c, err = record.BeginCapture(context.Background(), o)
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// captured ends a capture, and reads its first file.
func captured(t testing.TB, c *record.Capture) (record.Summary, []record.Packet, *record.Reader) {
	t.Helper()
	s, err := c.Close()
	if err != nil {
		t.Fatalf("%v: %+v", err, s)
	}
	b, err := os.ReadFile(s.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	list, r := readAll(t, b)
	return s, list, r
}

// tell sends a text to a group by an interface of a host.
func tell(t testing.TB, node *lab.Node, name string, g mcast.Group, texts ...string) {
	t.Helper()
	c := labtest.Socket(t, node, mcast.Config{Addr: host.Unspecified(g.Addr)})
	on := labtest.Device(t, node, name)
	for _, text := range texts {
		if err := c.Send([]byte(text), g.AddrPort(), mcast.ViaInterface(on, g.Addr)); err != nil {
			t.Fatal(err)
		}
	}
}

func texts(list []record.Packet) (all []string) {
	for _, p := range list {
		way := "in"
		if p.Out {
			way = "out"
		}
		all = append(all, fmt.Sprintf("%s %s %s", p.Interface, way, p.Data))
	}
	return all
}

// What an interface receives and sends is captured, in both directions, with the
// names and times of the interfaces: all groups, or those that are named.
func TestCapture(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	other := mcast.Group{Addr: netip.MustParseAddr("239.9.9.9"), Port: 5000}
	began := time.Now()
	every := capturing(t, a, record.CaptureOptions{})
	one := capturing(t, a, record.CaptureOptions{Groups: []mcast.Group{talkGroup}})
	tell(t, b, "eth0", talkGroup, "from B")
	tell(t, a, "eth0", talkGroup, "from A")
	tell(t, b, "eth0", other, "elsewhere")
	tell(t, a, "eth1", talkGroup, "by eth1")
	labtest.Member(t, a, talkGroup)
	labtest.Eventually(t, "its report is captured", func() bool { return every.Summary().Recorded >= 5 && one.Summary().Recorded >= 4 })

	wanted := []string{"eth0 in from B", "eth0 out from A", "eth0 in elsewhere", "eth1 out by eth1"}
	for _, of := range []struct {
		c    *record.Capture
		want []string
	}{{every, wanted}, {one, slices.Delete(slices.Clone(wanted), 2, 3)}} {
		s, got, r := captured(t, of.c)
		if !slices.Equal(texts(got), of.want) {
			t.Errorf("captured %q, want %q", texts(got), of.want)
		}
		control := r.Skipped() // the report, and what the kernel reports for IPv6
		if len(control) != 1 || control[0].Reason != record.NotUDP || s.KernelLost+s.After != 0 ||
			s.Recorded != int64(len(got)+control[0].Count) || s.Interfaces["eth0"]+s.Interfaces["eth1"] != s.Recorded {
			t.Errorf("beside %d datagrams there is %v: %+v", len(got), control, s)
		}
		last := began
		for _, p := range got {
			if p.At.Before(last) || p.At.After(time.Now()) || p.At.Nanosecond()%1000 == 0 && last.Nanosecond()%1000 == 0 {
				t.Errorf("%q was captured at %v, after %v", p.Data, p.At, last)
			}
			last = p.At
		}
		checkMode(t, s.Files[0])
	}
}
