package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func linkRequest(index uint32) Request {
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], index)
	return NewRequest(unix.RTM_GETLINK, body)
}

func nameIn(link []byte) string {
	for kind, v := range Attributes(link[unix.SizeofIfInfomsg:]) {
		if kind == unix.IFLA_IFNAME {
			return Text(v)
		}
	}
	return ""
}

// Every network namespace has lo, and it is interface 1.
func TestAskAndDump(t *testing.T) {
	link, err := linkRequest(1).Ask(unix.NETLINK_ROUTE)
	if err != nil || nameIn(link) != "lo" {
		t.Errorf("interface 1 is %q, %v; want lo", nameIn(link), err)
	}
	list, err := linkRequest(0).Dump(unix.NETLINK_ROUTE)
	if err != nil || !slices.ContainsFunc(list, func(b []byte) bool { return nameIn(b) == "lo" }) {
		t.Errorf("a dump of %d interfaces, %v; want lo among them", len(list), err)
	}
	if _, err := linkRequest(1 << 30).Ask(unix.NETLINK_ROUTE); !errors.Is(err, unix.ENODEV) {
		t.Errorf("an interface that is not there: %v, want ENODEV", err)
	}
	if _, err := NewRequest(unix.RTM_GETROUTE, nil).Ask(unix.NETLINK_ROUTE); !errors.Is(err, unix.ENODATA) {
		t.Errorf("a request that the kernel passes over: %v, want ENODATA", err)
	}
}

func TestAddPads(t *testing.T) {
	r := NewRequest(unix.RTM_GETROUTE, make([]byte, unix.SizeofRtMsg))
	for size := range 9 {
		r.Add(uint16(10+size), make([]byte, size))
	}
	next := 0
	for kind, v := range Attributes(r[unix.SizeofNlMsghdr+unix.SizeofRtMsg:]) {
		if int(kind) != 10+next || len(v) != next {
			t.Errorf("attribute %d has type %d and %d bytes", next, kind, len(v))
		}
		next++
	}
	if next != 9 {
		t.Errorf("%d attributes, want 9", next)
	}
}
