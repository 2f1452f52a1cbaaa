package igmp

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groupcast/groupcast/mcast/host"
)

// What cannot be read is not known, and is never taken for 0.
func TestOwnSaysWhatItDoesNotKnow(t *testing.T) {
	own := func(files fstest.MapFS) Own {
		var o Own
		o.addGroups([]host.InterfaceGroups{{Index: 2, Name: "eth0", Version: 2}, {Index: 1, Name: "lo", Version: 3}})
		o.addGroups([]host.InterfaceGroups{{Index: 2, Name: "eth0"}})
		o.addTraffic(files)
		return o
	}
	o := own(fstest.MapFS{})
	if len(o.Unknown) != 1 || o.IPv4.Known || o.Interfaces[1].MLD.Known || !strings.Contains(o.Interfaces[1].Why, "not known") {
		t.Errorf("of nothing it knows %+v", o)
	}
	if o.Interfaces[0].Name != "lo" || len(o.Interfaces) != 2 || o.Interfaces[1].Version != 2 {
		t.Errorf("the interfaces are %+v, want lo and eth0", o.Interfaces)
	}
	const forced = "proc/sys/net/ipv4/conf/all/force_igmp_version"
	o = own(fstest.MapFS{
		"proc/thread-self/net/netstat":        {Data: []byte("IpExt: InMcastPkts OutMcastPkts InMcastOctets OutMcastOctets\nIpExt: 3 4 108 160\n")},
		"proc/thread-self/net/dev_snmp6/eth0": {Data: []byte("ifIndex 2\nIcmp6InGroupMembQueries 5\nIcmp6OutMLDv2Reports 6\n")},
		forced:                                {Data: []byte("2\n")},
	})
	eth0 := o.Interfaces[1]
	if eth0.Why != "version 2: net.ipv4.conf.all.force_igmp_version says so" || eth0.MLD.Queries != 5 || eth0.MLD.ReportsV2 != 6 {
		t.Errorf("of eth0 it knows %+v", eth0)
	}
	if want := (IPv4Traffic{Known: true, In: 3, InOctets: 108, Out: 4, OutOctets: 160}); o.IPv4 != want {
		t.Errorf("counts %+v, want %+v", o.IPv4, want)
	}
}
