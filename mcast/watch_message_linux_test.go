package mcast

import (
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
		if got := changes(list, apply(list, m)); got != nil {
			t.Errorf("%s: changes are %v, want none", tt.name, got)
		}
	}
}
