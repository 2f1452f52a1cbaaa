package record_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

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

// Where there is only lo, the error does not say that lo is down.
func TestCaptureOfLoAlone(t *testing.T) {
	_, err := record.BeginCapture(t.Context(), record.CaptureOptions{Options: record.Options{File: filepath.Join(t.TempDir(), "talk.pcapng")}})
	advised, ok := errors.AsType[*mcast.Advised](err)
	if !ok || !strings.Contains(err.Error(), "no interface but lo is up") || !strings.Contains(advised.Advice, "-i lo") {
		t.Errorf("%v, with the advice %+v", err, advised)
	}
}

// A tag that the kernel takes out of a frame is in the file; what lo has sent is there once;
// an interface that is deleted and made again is captured again, and one that comes later; ARP is
// captured with All; what has no frames is not mixed with what has.
func TestCaptureOfInterfaces(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	changes := make(chan string, 100)
	named := func(node *lab.Node, names ...string) record.CaptureOptions {
		o := record.CaptureOptions{Groups: []mcast.Group{talkGroup}, Followed: func(ch host.Change) { changes <- ch.Interface.Name + " " + ch.Kind.String() }}
		for _, name := range names {
			o.Interfaces = append(o.Interfaces, labtest.Device(t, node, name))
		}
		return o
	}
	next := func(want string) {
		t.Helper()
		select {
		case got := <-changes:
			if got != want {
				t.Fatalf("told of %q, want %q", got, want)
			}
		case <-time.After(labtest.Patience):
			t.Fatalf("nothing is told, want %q", want)
		}
	}
	labtest.Plug(t, a, "eth7")
	labtest.In(t, a, func() error {
		return netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tun7"}, Mode: netlink.TUNTAP_MODE_TUN})
	})
	many := named(a, "eth7")
	for i := range 63 { // as many as the kernel has to take
		many.Groups = append(many.Groups, mcast.Group{Addr: netip.AddrFrom4([4]byte{239, 9, 9, byte(i)}), Port: 7, Source: labtest.Addr("10.0.0.1")})
	}
	plugged, lo, all := capturing(t, a, many), capturing(t, a, named(a, "lo")), capturing(t, a, record.CaptureOptions{All: true})
	every := capturing(t, a, record.CaptureOptions{})
	tun := capturing(t, a, named(a, "tun7"))
	labtest.In(t, a, func() error {
		_, err := record.BeginCapture(t.Context(), record.CaptureOptions{Options: record.Options{File: filepath.Join(t.TempDir(), "mixed"), Interfaces: named(a, "tun7", "eth0").Interfaces}})
		if types := new(record.LinkTypesError); !errors.As(err, &types) || !slices.Equal(types.Raw, []string{"tun7"}) {
			t.Errorf("tun7 and eth0 in one file: %v", err)
		}
		return nil
	})
	labtest.Unprivileged(t, a, func() error {
		c, err := record.BeginCapture(t.Context(), record.CaptureOptions{Options: record.Options{File: filepath.Join(t.TempDir(), "unprivileged")}})
		if err == nil {
			c.Close()
		}
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("without CAP_NET_RAW: %v", err)
		}
		return nil
	})

	tagged := append(octets(t, mac+"020000000001"+"8100"+"6005"+"0800"), octets(t, frame4())...)
	labtest.Frames(t, b, tagged)
	tell(t, a, "lo", talkGroup, "lo")
	tell(t, a, "eth7", talkGroup, "before")
	labtest.In(t, a, func() error {
		link, err := netlink.LinkByName("eth7")
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	next("eth7 gone")
	labtest.Plug(t, a, "eth7")
	next("eth7 appeared")
	labtest.Eventually(t, "the new eth7 is captured with the others", func() bool {
		return slices.ContainsFunc(every.Interfaces(), func(i host.Interface) bool { return i.Index == labtest.Device(t, a, "eth7").Index })
	})
	tell(t, a, "eth7", talkGroup, "after")
	tell(t, a, "eth0", talkGroup, "unicast next")
	c := labtest.Socket(t, a, mcast.Config{})
	if err := c.Send([]byte("asks ARP"), netip.MustParseAddrPort("192.168.8.226:9"), mcast.Via{}); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		c    *record.Capture
		want []string
	}{
		{plugged, []string{"eth7 out before", "eth7 out after"}},
		{lo, []string{"lo in lo"}},
		{tun, nil},
	} {
		s, got, _ := captured(t, of.c)
		if !slices.Equal(texts(got), of.want) {
			t.Errorf("captured %q, want %q: %+v", texts(got), of.want, s)
		}
	}
	s, got, _ := captured(t, every)
	for _, want := range []string{"eth7 out before", "eth7 out after", "eth0 out unicast next"} {
		if !slices.Contains(texts(got), want) {
			t.Errorf("captured %q, want also %q", texts(got), want)
		}
	}
	if file, err := os.ReadFile(s.Files[0]); err != nil || !bytes.Contains(file, tagged) {
		t.Errorf("the tagged frame is not there as it was sent, %v", err)
	}
	labtest.Eventually(t, "ARP is captured", func() bool {
		file, _ := os.ReadFile(all.Summary().Files[0])
		return bytes.Contains(file, []byte{0x08, 0x06, 0, 1, 8, 0, 6, 4})
	})
}

// What comes faster than it is written is lost in the kernel, and counted there: in the
// summary, and with the next frame.
func TestCaptureCountsLosses(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	out := &held{begin: make(chan struct{}), go_: make(chan struct{})}
	c := capturing(t, a, record.CaptureOptions{Options: record.Options{File: "-", Output: out}, Ring: 1, Groups: []mcast.Group{talkGroup}})
	out.hold.Store(true)
	tell(t, b, "eth0", talkGroup, "first")
	<-out.begin
	const sent = 4000
	tell(t, b, "eth0", talkGroup, slices.Repeat([]string{strings.Repeat("x", 1000)}, sent)...)
	out.hold.Store(false)
	close(out.go_)
	lasts := int64(0) // on a busy host a block of the ring is given with few frames, so that their number tells nothing
	labtest.Eventually(t, "the kernel has room again", func() bool {
		lasts++
		tell(t, b, "eth0", talkGroup, "last")
		return bytes.Contains(out.Bytes(), []byte("last"))
	})
	s, err := c.Close()
	if all := s.Recorded + s.KernelLost; err != nil || s.KernelLost < 100 || all < sent+1+lasts || all > sent+99+lasts { // IPv6 reports of the hosts' own
		t.Fatalf("of %d: %+v, %v", sent+1+lasts, s, err)
	}
	got, _ := readAll(t, out.Bytes())
	if lost := told(t, out.Bytes()); lost == 0 || lost > s.KernelLost || string(got[len(got)-1].Data) != "last" {
		t.Errorf("the frames tell of %d lost, of %d; the last is %.10q", lost, s.KernelLost, got[len(got)-1].Data)
	}
}

// told sums up what all frames of a file, whatever they are, tell of losses.
func told(t testing.TB, file []byte) (lost int64) {
	t.Helper()
	for le := binary.LittleEndian; len(file) >= 12; file = file[le.Uint32(file[4:]):] {
		block := file[:le.Uint32(file[4:])]
		if le.Uint32(block) != 6 { // an enhanced packet block
			continue
		}
		options := block[28+(le.Uint32(block[20:])+3)&^3:]
		for le.Uint16(options) != 0 {
			if le.Uint16(options) == 4 { // epb_dropcount
				lost += int64(le.Uint64(options[4:]))
			}
			options = options[4+(le.Uint16(options[2:])+3)&^3:]
		}
	}
	return lost
}
