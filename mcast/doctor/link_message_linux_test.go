package doctor

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Attributes of IFLA_BR_MCAST_QUERIER_STATE (linux/if_bridge.h).
const (
	querierAddress  = 1 // BRIDGE_QUERIER_IP_ADDRESS
	querierAddress6 = 5 // BRIDGE_QUERIER_IPV6_ADDRESS
	querierOther6   = 7 // BRIDGE_QUERIER_IPV6_OTHER_TIMER
)

// attr is an attribute as the kernel writes it.
func attr(kind int, value ...byte) []byte { return nl.NewRtAttr(kind, value).Serialize() }

func nested(kind int, parts ...[]byte) []byte { return attr(kind, slices.Concat(parts...)...) }

func linkMessage(index int, parts ...[]byte) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	return append(b, slices.Concat(parts...)...)
}

func bridgeMessage(data ...[]byte) []byte {
	return linkMessage(5, nested(unix.IFLA_LINKINFO,
		attr(unix.IFLA_INFO_KIND, []byte("bridge\x00")...),
		nested(unix.IFLA_INFO_DATA, data...)))
}

// What a bridge knows of queriers, as the kernel says it.
func TestKnowsQuerier(t *testing.T) {
	snooping := attr(unix.IFLA_BR_MCAST_SNOOPING, 1)
	state := func(parts ...[]byte) []byte {
		return nested(unix.IFLA_BR_MCAST_QUERIER_STATE|unix.NLA_F_NESTED, parts...)
	}
	for _, tt := range []struct {
		name    string
		message []byte
		is6     bool
		want    Bridge
	}{
		{"flooding", bridgeMessage(attr(unix.IFLA_BR_MCAST_SNOOPING, 0)), false, Bridge{}},
		{"nobody", bridgeMessage(snooping), false, Bridge{Snooping: true}},
		{"itself, from 0.0.0.0", bridgeMessage(snooping, attr(unix.IFLA_BR_MCAST_QUERIER, 1), state(attr(querierAddress, 0, 0, 0, 0))), false,
			Bridge{Snooping: true, Querier: true, Heard: true}},
		{"one of IPv4, for IPv6", bridgeMessage(snooping, state(attr(querierAddress, 192, 0, 2, 1))), true, Bridge{Snooping: true}},
		{"itself, without an IPv6 address", bridgeMessage(snooping, state(attr(querierAddress6, make([]byte, 16)...))), true, Bridge{Snooping: true}},
		{"one of IPv6", bridgeMessage(snooping, state(attr(querierAddress6, make([]byte, 16)...), attr(querierOther6, make([]byte, 8)...))), true,
			Bridge{Snooping: true, Heard: true}},
	} {
		tt.want.Ports = []int{}
		index, link, ok := parseLink(tt.message, tt.is6)
		if !ok || index != 5 || link.Kind != "bridge" || !reflect.DeepEqual(*link.Bridge, tt.want) {
			t.Errorf("%s: %+v of %+v, want %+v", tt.name, link.Bridge, link, tt.want)
		}
	}
}

// The wireless interfaces are those that the family nl80211 has.
func TestWirelessMessages(t *testing.T) {
	family := slices.Concat([]byte{1, 2, 0, 0}, attr(unix.CTRL_ATTR_FAMILY_NAME, []byte("nl80211\x00")...), attr(unix.CTRL_ATTR_FAMILY_ID, 0x1f, 0x1f))
	if id, name := parseFamily(family); id != 0x1f1f || name != "nl80211" {
		t.Errorf("family %#x %q, want 0x1f1f nl80211", id, name)
	}
	index := binary.NativeEndian.AppendUint32(nil, 7)
	if got := parseRadio(append([]byte{7, 1, 0, 0}, attr(unix.NL80211_ATTR_IFINDEX, index...)...)); got != 7 {
		t.Errorf("interface %d, want 7", got)
	}
	if got := parseRadio([]byte{7, 1}); got != 0 {
		t.Errorf("interface %d of a message that is cut, want 0", got)
	}
}

func FuzzLinkMessages(f *testing.F) {
	f.Add(bridgeMessage(attr(unix.IFLA_BR_MCAST_SNOOPING, 1), nested(unix.IFLA_BR_MCAST_QUERIER_STATE, attr(querierAddress, 0, 0, 0, 0))))
	f.Add(linkMessage(2, attr(unix.IFLA_STATS64, make([]byte, 192)...), attr(unix.IFLA_OPERSTATE, 200), attr(unix.IFLA_MASTER, 1)))
	queue := make([]byte, nl.SizeofTcMsg)
	binary.NativeEndian.PutUint32(queue[12:], queueRoot)
	f.Add(append(queue, nested(nl.TCA_STATS2, attr(queueStatistics, make([]byte, 20)...))...))
	f.Add(append([]byte{unix.AF_INET6, 64, unix.IFA_F_DADFAILED, 0, 2, 0, 0, 0}, attr(unix.IFA_ADDRESS, make([]byte, 16)...)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if index, link, ok := parseLink(b, len(b)%2 == 0); ok && link.OperState == "" {
			t.Errorf("link %d has no state", index)
		}
		parseQueue(b)
		if _, addr, ok := parseDuplicate(b); ok && !addr.IsValid() {
			t.Error("a duplicate without an address")
		}
		parseFamily(b)
		parseRadio(b)
	})
}
