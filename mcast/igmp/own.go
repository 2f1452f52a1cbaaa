package igmp

import (
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// Own is what any user can know, without looking at the wire: which groups this
// host itself is a member of, what its kernel counts, and what a bridge here knows
// of the members behind its ports. Of other hosts it knows no addresses.
type Own struct {
	At         time.Time
	Interfaces []OwnInterface // in the order of their indexes
	IPv4       IPv4Traffic
	Bridges    []Bridge // in the order of their indexes
	Unknown    []string // what could not be read, and why
}

// OwnInterface is what this host says on an interface.
type OwnInterface struct {
	Index int
	Name  string

	// Version is what this host speaks there of IGMP, 1 to 3; 0: not known. Why
	// is how that came about. 1 and 2 prove that a query of that version was heard
	// lately, unless it is forced; 3 proves nothing: it is so as well where never a
	// query was heard.
	Version int
	Why     string

	Groups []OwnGroup // of IPv4, then of IPv6
	MLD    MLDTraffic
}

// OwnGroup is a group that this host is a member of.
type OwnGroup struct {
	Addr  netip.Addr
	Users int // sockets that joined it, and the kernel's own uses

	// Reporting says that a timer runs, at whose end this host reports the group.
	// An IGMPv1, IGMPv2 or MLDv1 query starts it, any query for the group itself
	// does, and so does a join in these versions. A general query of IGMPv3 or
	// MLDv2 starts none: where none runs, nothing follows.
	Reporting bool
	Due       time.Duration // until then
	Reporter  bool          // nobody has reported it since this host did (IGMPv1, IGMPv2, MLDv1)
}

// MLDTraffic counts on one interface since it appeared. A counter that grows is
// proof: such messages were received, or sent.
type MLDTraffic struct {
	Known              bool
	Queries            uint64 // heard
	ReportsV1, Dones   uint64 // sent
	ReportsV2          uint64 // sent
	OthersV1, OthersV2 uint64 // reports heard, which were for a group that this host listens to
}

// IPv4Traffic counts all groups and interfaces of this host since it started. The
// kernel has no counter of IGMP. A counter that grows is only a hint: an IGMPv3
// general query is one packet of 36 octets, and a report one that leaves without
// a send.
type IPv4Traffic struct {
	Known          bool
	In, InOctets   uint64 // multicast
	Out, OutOctets uint64
}

// Bridge is what a bridge of this host knows of groups.
type Bridge struct {
	Index    int
	Name     string
	Snooping bool // it forwards groups to their members only; without it, it knows none
	Querier  bool // it is to ask for members itself
	IGMP     int  // the version in which it asks; 0: not known
	MLD      int
	Queriers []BridgeQuerier
	Routers  []BridgeRouter // ports that get every group, in the order of their indexes
	Groups   []BridgeGroup  // in the order of groups and ports
}

// BridgeQuerier is the elected querier of a family, as a bridge knows it.
type BridgeQuerier struct {
	Family Family
	Addr   netip.Addr    // 0.0.0.0: a switch; invalid: not told
	Port   int           // index of the port that it is behind; 0: not known, or the bridge itself
	Self   bool          // it is the bridge itself
	Left   time.Duration // until it counts as gone; 0 if Self
}

// BridgeRouter is a port that gets every group.
type BridgeRouter struct {
	Port      int // index
	Name      string
	Permanent bool          // somebody has set it
	Left      time.Duration // until it ends, if not Permanent: a query or a router was heard there
}

// BridgeGroup is a group that has members behind a port. How many is not known.
type BridgeGroup struct {
	Addr      netip.Addr
	Source    netip.Addr // invalid: of any source
	Port      int        // index; that of the bridge itself: this host is a member
	Name      string
	VLAN      int           // 0: none
	Permanent bool          // somebody has set it, or this host is the member
	Left      time.Duration // until it ends, if not Permanent; 0 in Include mode, where its Sources have timers
	Mode      Mode          // "": not told
	Sources   []BridgeSource
}

// BridgeSource is a source that members behind a port have named.
type BridgeSource struct {
	Addr netip.Addr
	Left time.Duration // 0: its members do not want it
}

// addTraffic adds what the kernel counts and why it speaks the version that it does.
func (o *Own) addTraffic(root fs.FS) {
	for i := range o.Interfaces {
		on := &o.Interfaces[i]
		on.Why = why(root, on.Name, on.Version)
		// Names may be such that there is no such path.
		if c, err := procfs.Net(root, "dev_snmp6/"+on.Name, procfs.Counters); err == nil {
			on.MLD = MLDTraffic{
				Known:     true,
				Queries:   c["Icmp6.InGroupMembQueries"],
				ReportsV1: c["Icmp6.OutGroupMembResponses"],
				Dones:     c["Icmp6.OutGroupMembReductions"],
				ReportsV2: c["Icmp6.OutMLDv2Reports"],
				OthersV1:  c["Icmp6.InGroupMembResponses"],
				OthersV2:  c["Icmp6.InMLDv2Reports"],
			}
		}
	}
	c, err := procfs.Net(root, "netstat", procfs.Counters)
	if _, ok := c["IpExt.InMcastPkts"]; err != nil || !ok {
		o.unknown("how many packets to IPv4 groups came and left", err)
		return
	}
	o.IPv4 = IPv4Traffic{
		Known: true, In: c["IpExt.InMcastPkts"], InOctets: c["IpExt.InMcastOctets"],
		Out: c["IpExt.OutMcastPkts"], OutOctets: c["IpExt.OutMcastOctets"],
	}
}

// why says how the kernel came to speak a version of IGMP.
func why(root fs.FS, name string, version int) string {
	switch version {
	case 1, 2:
	case 3:
		return "version 3: the default, also if no query was heard"
	default:
		return ""
	}
	for _, scope := range []string{"all", name} { // the kernel looks at both (ip-sysctl)
		text, err := fs.ReadFile(root, "proc/sys/net/ipv4/conf/"+scope+"/force_igmp_version")
		if err != nil {
			return fmt.Sprintf("version %d: such a query was heard lately, or it is forced, which is not known: %v", version, err)
		}
		if forced, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && forced == version {
			return fmt.Sprintf("version %d: net.ipv4.conf.%s.force_igmp_version says so", version, scope)
		}
	}
	return fmt.Sprintf("version %d: a query of IGMPv%d was heard lately", version, version)
}

// unknown notes what could not be read.
func (o *Own) unknown(what string, err error) {
	if err == nil {
		o.Unknown = append(o.Unknown, what+": this kernel does not report it")
		return
	}
	o.Unknown = append(o.Unknown, what+": "+err.Error())
}

// addGroups adds the groups that this host is a member of.
func (o *Own) addGroups(list []host.InterfaceGroups) {
	for _, from := range list {
		i := slices.IndexFunc(o.Interfaces, func(on OwnInterface) bool { return on.Index == from.Index })
		if i < 0 {
			i = len(o.Interfaces)
			o.Interfaces = append(o.Interfaces, OwnInterface{Index: from.Index, Name: from.Name})
		}
		on := &o.Interfaces[i]
		on.Version = max(on.Version, from.Version) // of MLD it is 0
		for _, g := range from.Groups {
			on.Groups = append(on.Groups, OwnGroup{Addr: g.Addr, Users: g.Users, Reporting: g.Reporting, Due: max(g.Due, 0), Reporter: g.Reporter})
		}
	}
	slices.SortStableFunc(o.Interfaces, func(a, b OwnInterface) int { return a.Index - b.Index })
}
