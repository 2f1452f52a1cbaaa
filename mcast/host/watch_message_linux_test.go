package host

import (
	"encoding/binary"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestApplyPassesOver(t *testing.T) {
	list := []Interface{iface(2, "eth0", running, "10.0.0.1/8")}
	link := make([]byte, unix.SizeofIfInfomsg)
	link[4] = 2
	bridge := slices.Clone(link)
	bridge[0] = unix.AF_BRIDGE
	addr := []byte{unix.AF_INET, 8, 0, 0, 2, 0, 0, 0}
	value := []byte{8, 0, unix.IFA_LOCAL, 0, 10, 0, 0, 1}

	for _, tt := range []struct {
		name string
		kind uint16
		data []byte
	}{
		{"a message about routes", unix.RTM_NEWROUTE, link},
		{"a link message without a header", unix.RTM_DELLINK, link[:15]},
		{"a bridge's port that left it", unix.RTM_DELLINK, bridge},
		{"an address message without a header", unix.RTM_DELADDR, addr[:7]},
		{"an address message without an address", unix.RTM_DELADDR, addr},
		{"half an address", unix.RTM_DELADDR, slices.Concat(addr, value[:6])},
		{"an address that is known", unix.RTM_NEWADDR, slices.Concat(addr, value)},
		{"an address of an unknown interface", unix.RTM_NEWADDR, slices.Concat(addr[:4], []byte{9, 0, 0, 0}, value)},
	} {
		m := syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: tt.kind}, Data: tt.data}
		if got := changes(list, apply(slices.Clone(list), m)); got != nil {
			t.Errorf("%s: changes are %v, want none", tt.name, got)
		}
	}
}

// A port of a bridge says so, and a message that tells all of a link, and of no
// bridge, says that it is a port no more.
func TestParseLinkMaster(t *testing.T) {
	link := make([]byte, unix.SizeofIfInfomsg)
	link[4] = 2
	master := []byte{8, 0, unix.IFLA_MASTER, 0, 0, 0, 0, 0}
	binary.NativeEndian.PutUint32(master[4:], 9)
	mtu := []byte{8, 0, unix.IFLA_MTU, 0, 0, 0, 0, 0}
	port := parseLink(slices.Concat(link, master, mtu), Interface{})
	if port.Master != 9 {
		t.Errorf("its master is %d, want 9", port.Master)
	}
	if some := parseLink(link, port); some.Master != 9 {
		t.Errorf("after a message about something else its master is %d", some.Master)
	}
	if free := parseLink(slices.Concat(link, mtu), port); free.Master != 0 {
		t.Errorf("without a bridge its master is %d", free.Master)
	}
}

// Whatever the kernel announces, what is known stays in the order of the
// index, and nothing is known twice.
func FuzzApply(f *testing.F) {
	link := make([]byte, unix.SizeofIfInfomsg)
	link[4] = 3
	addr := []byte{unix.AF_INET, 8, 0, 0, 2, 0, 0, 0, 8, 0, unix.IFA_LOCAL, 0, 10, 0, 0, 2}
	name := []byte{9, 0, unix.IFLA_IFNAME, 0, 'e', 't', 'h', '9', 0, 0, 0, 0}
	for _, kind := range []uint16{unix.RTM_NEWLINK, unix.RTM_DELLINK, unix.RTM_NEWADDR, unix.RTM_DELADDR} {
		f.Add(kind, link)
		f.Add(kind, slices.Concat(link, name))
		f.Add(kind, addr)
		f.Add(kind, addr[:13])
	}
	f.Fuzz(func(t *testing.T, kind uint16, data []byte) {
		list := []Interface{iface(2, "eth0", running, "10.0.0.1/8"), iface(5, "eth1", running)}
		after := apply(list, syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: kind}, Data: data})
		if !slices.IsSortedFunc(after, func(a, b Interface) int { return a.Index - b.Index }) {
			t.Errorf("not in order: %v", after)
		}
		for n := 1; n < len(after); n++ {
			if after[n].Index == after[n-1].Index {
				t.Errorf("twice: %v", after)
			}
		}
	})
}
