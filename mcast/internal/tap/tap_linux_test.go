package tap_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"github.com/groupcast/groupcast/mcast/internal/tap"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// opened is a Tap on an interface of a host until the test ends.
func opened(t testing.TB, node *lab.Node, name string, f tap.Filter) *tap.Tap {
	t.Helper()
	index := labtest.Device(t, node, name).Index
	var on *tap.Tap
	labtest.In(t, node, func() (err error) {
		on, err = tap.Open(index, f)
		return err
	})
	t.Cleanup(func() { on.Close() })
	return on
}

// until reads packets until one is it.
func until(t testing.TB, on *tap.Tap, what string, is func(tap.Packet) bool) tap.Packet {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for {
		p, err := on.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if is(p) {
			return p
		}
	}
}

// reports returns whether a packet is an IGMPv3 report whose only record is of a
// group.
func reports(group string) func(tap.Packet) bool {
	return func(p tap.Packet) bool {
		b := p.Data
		head := int(b[0]&15) * 4
		return b[0]>>4 == 4 && len(b) >= head+16 && b[head] == 0x22 && binary.BigEndian.Uint32(b[head+12:]) == binary.BigEndian.Uint32(labtest.Addr(group).AsSlice())
	}
}

// report is such a report.
func report(group string) []byte {
	head := append(make([]byte, 16), 224, 0, 0, 22)
	head[0], head[3], head[8], head[9] = 0x45, 36, 1, 2
	return append(summed(head, 10), summed(append([]byte{0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0}, labtest.Addr(group).AsSlice()...), 2)...)
}

// summed has the Internet checksum of b (RFC 1071) at an offset.
func summed(b []byte, at int) []byte {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[at:], ^uint16(sum+sum>>16))
	return b
}

func TestTap(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	p, r := l.Host("P"), l.Host("R1")
	on := opened(t, p, "eth0", tap.Membership())

	before := time.Now()
	labtest.Member(t, r, labtest.Group("239.1.2.3:5000"))
	heard := until(t, on, "another host's report", reports("239.1.2.3"))
	if heard.Out || heard.At.Before(before) || time.Since(heard.At) < 0 {
		t.Errorf("it leaves: %v, and came at %v, between %v and now; want it to come", heard.Out, heard.At, before)
	}
	var want net.HardwareAddr
	labtest.In(t, r, func() error {
		i, err := net.InterfaceByName("eth0")
		if err == nil {
			want = i.HardwareAddr
		}
		return err
	})
	if heard.Link.String() != want.String() {
		t.Errorf("from %s, want %s", heard.Link, want)
	}
	t.Logf("report read %v after the join began", heard.At.Sub(before))

	labtest.Member(t, p, labtest.Group("239.1.2.4:5000"))
	if own := until(t, on, "the own report", reports("239.1.2.4")); !own.Out {
		t.Error("the own report is said to come in")
	}
	if allmulti(t, p) {
		t.Error("a tap that did not ask for it lets all groups pass: it changes what it looks at")
	}
	opened(t, p, "eth0", tap.Membership().EveryGroup())
	if !allmulti(t, p) {
		t.Error("the interface does not let all groups pass")
	}
	if s := on.Stats(); s.Packets < 2 || s.Drops != 0 {
		t.Errorf("counts %+v, want two packets at the least, and no drop", s)
	}

	t.Run("tagged", func(t *testing.T) {
		frame := func(tag []byte, group string) []byte {
			return slices.Concat([]byte{1, 0, 0x5e, 0, 0, 22, 2, 0, 0, 0, 0, 9}, tag, []byte{8, 0}, report(group))
		}
		labtest.Frames(t, r, frame([]byte{0x81, 0, 0, 5}, "239.5.5.5"), frame(nil, "239.5.5.6"))
		until(t, on, "one without a tag", func(p tap.Packet) bool {
			if reports("239.5.5.5")(p) {
				t.Error("what has a tag is taken for what has none")
			}
			return reports("239.5.5.6")(p)
		})
	})

	t.Run("ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		quiet := opened(t, p, "lo", tap.Membership())
		if _, err := quiet.Read(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a Read whose context has ended: %v", err)
		}
		ended := make(chan error)
		go func() {
			_, err := quiet.Read(context.Background())
			ended <- err
		}()
		quiet.Close()
		if err := <-ended; !errors.Is(err, fs.ErrClosed) {
			t.Errorf("a Read whose Tap was closed: %v", err)
		}
	})

	t.Run("counts what it loses", func(t *testing.T) {
		f, err := tap.SentTo(labtest.Addr("239.7.7.7"))
		if err != nil {
			t.Fatal(err)
		}
		slow := opened(t, r, "eth0", f)
		c := labtest.Socket(t, r, mcast.Config{Addr: labtest.Addr("0.0.0.0")})
		via := mcast.ViaInterface(labtest.Device(t, r, "eth0"), labtest.Addr("239.7.7.7"))
		for n := 0; slow.Stats().Drops == 0 && n < 20000; n++ {
			if err := c.Send(make([]byte, 1000), labtest.Group("239.7.7.7:5000").AddrPort(), via); err != nil {
				t.Fatal(err)
			}
		}
		if s := slow.Stats(); s.Drops == 0 || s.Packets <= s.Drops {
			t.Errorf("counts %+v, want drops and more packets", s)
		}
	})

	t.Run("interface ends", func(t *testing.T) {
		if err := p.Link("eth0").SetDown(); err != nil {
			t.Fatal(err)
		}
		untilDown(t, on)
		if err := p.Link("eth0").SetUp(); err != nil {
			t.Fatal(err)
		}
		labtest.Eventually(t, "eth0 has its carrier back", func() bool { return labtest.Device(t, p, "eth0").Carrier() })
		labtest.Member(t, r, labtest.Group("239.1.2.5:5000"))
		until(t, on, "a report after eth0 was on again", reports("239.1.2.5"))

		if err := p.Link("eth0").Delete(); err != nil {
			t.Fatal(err)
		}
		untilDown(t, on)
		if err := on.Rebind(1 << 20); !errors.Is(err, tap.ErrNoInterface) {
			t.Errorf("an index that is not there: %v, want ErrNoInterface", err)
		}
		labtest.Plug(t, p, "eth0")
		if err := on.Rebind(labtest.Device(t, p, "eth0").Index); err != nil {
			t.Fatal(err)
		}
		labtest.Member(t, p, labtest.Group("239.1.2.6:5000"))
		until(t, on, "the report on the interface that took its place", reports("239.1.2.6"))
	})
}

// untilDown reads until the interface is down.
func untilDown(t *testing.T, on *tap.Tap) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for {
		if _, err := on.Read(ctx); errors.Is(err, tap.ErrDown) {
			return
		} else if err != nil {
			t.Fatalf("the interface is off: %v, want ErrDown", err)
		}
	}
}

// allmulti reports whether eth0 of a host is told to take every group.
func allmulti(t *testing.T, node *lab.Node) (on bool) {
	t.Helper()
	index := labtest.Device(t, node, "eth0").Index
	labtest.In(t, node, func() error {
		link := nl.NewIfInfomsg(unix.AF_UNSPEC)
		link.Index = int32(index)
		answer, err := rtnl.NewRequest(unix.RTM_GETLINK, link.Serialize()).Ask(unix.NETLINK_ROUTE)
		for kind, v := range rtnl.Attributes(answer[min(len(answer), unix.SizeofIfInfomsg):]) {
			on = on || kind == unix.IFLA_ALLMULTI && rtnl.Uint32(v) > 0
		}
		return err
	})
	return on
}

func TestNotAllowed(t *testing.T) {
	p := labtest.Build(t, labtest.PingLAN(0)).Host("P")
	eth0 := labtest.Device(t, p, "eth0")
	labtest.Unprivileged(t, p, func() error {
		if _, err := tap.Open(eth0.Index, tap.Membership()); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("without CAP_NET_RAW: %v, want fs.ErrPermission", err)
		}
		return nil
	})
	labtest.In(t, p, func() error {
		for _, index := range []int{0, -1, 1 << 20} {
			if _, err := tap.Open(index, tap.Membership()); !errors.Is(err, tap.ErrNoInterface) {
				t.Errorf("interface %d: %v, want ErrNoInterface", index, err)
			}
		}
		return nil
	})
}
