package doctor

import (
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/stream"
)

// Facts describes a host, as it was when [Gather] read it.
//
// A nil map, slice or pointer is not known; an empty map or slice is known to
// hold nothing. Unread says why something is not known. In the zero Facts nothing
// is known.
type Facts struct {
	Interfaces []host.Interface
	Links      map[int]Link               // by the index of the interface
	Join       RouteResult                // where a join without an interface would go
	Send       RouteResult                // where a send without an interface would go
	By         map[int]RouteResult        // by the index of an interface: with which source a send by it would go
	Back       map[netip.Addr]RouteResult // the way back to a host, which a reverse path filter looks at
	Routing    *host.Routing              // rules and routes of IPv4
	Groups     []host.InterfaceGroups     // what the programs of this host have joined, and the kernel itself
	Filters    []Filter                   // the sources they have asked for or blocked
	Sockets    []host.Socket              // UDP sockets of the group's IP version, of all programs
	Devices    map[uint64]int             // by the inode of a socket at the group's port: the index of the interface that it is bound to (SO_BINDTODEVICE)
	Settings   map[string]int             // sysctl(8) names, such as net.ipv4.conf.eth0.rp_filter
	Counters   map[string]uint64          // since the host started: Udp.IgnoredMulti, IpExt.InMcastPkts, Udp6.InDatagrams
	Recounted  map[string]uint64          // those of /proc/net/snmp, read once more after all the others
	Router     []int                      // indexes of the interfaces that the kernel forwards groups between
	Machine    *Machine                   // what the host runs on
	Tools      []string                   // programs that change a firewall: nft, iptables, ip6tables, firewall-cmd; ufw where it is enabled
	Firewall   []FirewallChain            // chains of nf_tables that drop something; only root may read them
	Unread     map[Origin]error           // why it is not known
	Heard      map[int]uint64             // datagrams of others, by the index of the interface they came by
	Observed   Observed                   // by a probe, or by a program that runs
}

// Origin is where facts are read from.
type Origin string

// The origins of Facts. A user can read most of them as well.
const (
	FromLinks    Origin = "the interfaces' details (RTM_GETLINK)" // Links
	FromRoutes   Origin = "the routing table (RTM_GETROUTE)"      // By, Back
	FromRouting  Origin = "the rules and routes (RTM_GETRULE)"    // Routing
	FromGroups   Origin = "/proc/net/igmp"                        // Groups; /proc/net/igmp6 for a group of IPv6
	FromFilters  Origin = "/proc/net/mcfilter"                    // Filters; /proc/net/mcfilter6
	FromSockets  Origin = "/proc/net/udp"                         // Sockets; /proc/net/udp6
	FromDevices  Origin = "the sockets' interfaces (sock_diag)"   // Devices
	FromSettings Origin = "/proc/sys/net"                         // Settings
	FromCounters Origin = "/proc/net/snmp and netstat"            // Counters, Observed.Grown
	FromRouter   Origin = "/proc/net/ip_mr_vif"                   // Router; /proc/net/ip6_mr_vif
	FromMachine  Origin = "/sys/class/dmi/id"                     // Machine
)

// RouteResult is the result of a route lookup: a route, or the kernel's error,
// such as "network is unreachable".
type RouteResult struct {
	Route host.Route
	Err   error
}

// Link is the link layer of an interface.
type Link struct {
	Kind       string       // as ip -details link has it: veth, bridge, macvlan, tun, wireguard, vxlan; "": a network card
	Wireless   bool         // Wi-Fi
	Master     int          // index of the bridge or bond it is a port of; 0: none
	Parent     int          // index of the interface it is made on (IFLA_LINK); 0: none
	Elsewhere  bool         // Parent is in another network namespace: of a container's host, for one
	OperState  string       // up, down, lowerlayerdown, dormant, unknown (RFC 2863)
	Sent       uint64       // packets
	SendDrops  uint64       // packets that were not sent
	QueueDrops uint64       // packets that its queue had no room for (tc -s qdisc)
	Queue      string       // kind of its root queue (tc qdisc): pfifo_fast, fq_codel, mq, noqueue; "": not known
	Bridge     *Bridge      // of a bridge
	Duplicate  []netip.Addr // its IPv6 addresses that another host has too (IFA_F_DADFAILED, RFC 4862)
	Groups     []HardwareGroup
}

// HardwareGroup is a multicast address of the link layer that an interface
// lets in (/proc/net/dev_mcast).
type HardwareGroup struct {
	Address string // 01:00:5e:00:00:72
	Users   int
}

// Bridge is how a bridge of this host treats groups.
type Bridge struct {
	Snooping bool // it sends a group to the ports of its members only
	Querier  bool // it asks for members itself
	Heard    bool // it knows of a querier, itself or another
	Ports    []int
}

// Filter counts the sockets that have asked for one source of a group on an
// interface (Include), and those that have blocked it (Exclude).
type Filter struct {
	IfIndex          int
	Group, Source    netip.Addr
	Include, Exclude int
}

// Machine is the computer, virtual machine or container that the host is.
type Machine struct {
	Vendor, Product string // of the computer, as its firmware says: "Amazon EC2", "QEMU"; "" where it says nothing
	WSL             bool   // Windows Subsystem for Linux
	Container       string // "docker", "podman", "kubernetes", or ""
	Here            bool   // process 1 is in this network namespace, so that Container is about it, and not about one that a lab was made in
}

// Observed is everything that was seen over a time, by a [Probe] or in the
// [Evidence] of a program that runs. In the zero Observed nobody has looked.
type Observed struct {
	For     time.Duration     // how long; 0: nobody looked
	Probed  bool              // datagrams were sent and waited for
	Bound   error             // why a socket could not be bound to the group's port; nil: it could, or was not tried
	Joined  error             // why the group could not be joined; nil: it could, or was not tried
	Grown   map[string]uint64 // by how much Facts.Counters grew; nil: not known
	AtMost  map[string]uint64 // by how much those of /proc/net/snmp can have grown while the others grew so; nil: not known
	Drops   map[uint64]uint64 // by how much Socket.Drops grew, by Inode
	Sent    map[int]Sent      // own datagrams, by the index of the interface they were to leave by
	Senders []Sender          // others who were heard
	Heard   []stream.Row      // the same by group, port and interface, with times; also by interfaces that were not joined here; nil: nobody listened
	Control []stream.Row      // who was heard in a group that switches do not prune; nil: nobody listened there
	Answers []netip.Addr      // hosts that answered an own datagram to this host alone
	Listen  Listened
	// FromAnswer is what came back about a datagram to the host that is to be heard,
	// and to it alone: ECONNREFUSED, so that it is there; EHOSTUNREACH: no neighbour
	// has the address; nil: nothing came back, or nobody asked.
	FromAnswer error
	Strays     map[netip.Addr]int // datagrams of groups that were not joined, let in by IP_MULTICAST_ALL
	Doubled    []Doubled
	Lost       []host.Interface     // that were deleted and made again, as they are now
	Had        map[int][]netip.Addr // the groups that had been joined on those before, by the index that they have now; nil: not known
	Revived    []Revived
	Reports    *Reports
	Wire       []Wire           // IGMP and MLD on the interfaces that were joined; nil: nobody looked
	WireErr    error            // why nobody could: fs.ErrPermission without CAP_NET_RAW
	Members    *Members         // what members of the group say of each other; nil: there are none that could
	Beside     *Beside          // what came at the port of frames; nil: nobody looked there
	Refused    []netip.AddrPort // senders whose own host said, while they sent, that nobody is at that port: another host has the address
}

// Listened says from when to when somebody was joined and listened. In the zero
// Listened nobody did, so that nothing is known of who is silent.
type Listened struct {
	Since, Until time.Time
	On           []int // indexes of the interfaces
}

// Lasted is how long somebody listened; 0: nobody did.
func (l Listened) Lasted() time.Duration { return l.Until.Sub(l.Since) }

// Reports is what the kernel counted from just before a probe joined until the
// reports of the join were due, a little more than a second.
type Reports struct {
	First []int             // indexes of the interfaces where nobody had joined the group before, so that the kernel had to report it
	Grown map[string]uint64 // by how much Facts.Counters grew; nil: not known
}

// Sent counts own datagrams that were to leave by an interface.
type Sent struct {
	Tried  int    // given to the kernel
	Err    error  // what it refused the last with; nil: it took them all
	Copies int    // own copies that came back
	Left   *int   // packets that the interface sent in that time, of anyone; nil: not known
	Queue  uint64 // packets that its queue dropped in that time
}

// Sender is a socket that was heard in the group.
type Sender struct {
	From      netip.AddrPort
	IfIndex   int // it was last heard by
	Hops      int // TTL left; 0: not known
	Datagrams int
	Local     bool // another program of this host
	Outside   bool // on no network of the interface it came by: behind a router
}

// Doubled counts datagrams of a sender that came twice, by two interfaces.
type Doubled struct {
	From       netip.AddrPort
	Interfaces [2]int
	Datagrams  int
}

// Revived is a group that went silent, and was heard again once it was left
// and joined again.
type Revived struct {
	IfIndex int
	Silent  time.Duration // before that
	Control bool          // while a group of 224.0.0.0/24, which switches do not prune, was heard
	Times   int
}

// Intent describes the program: its group, and how it joins and sends, or would.
type Intent struct {
	Group        mcast.Group
	Joined       []int            // indexes of the interfaces that Group is joined on
	Wanted       []host.Interface // that the user named, as they were then
	Send         int              // index of the interface that sends are told to leave by; 0: the kernel chooses
	Loopback     bool
	Hops         int                // TTL of what is sent
	Size         int                // bytes of the largest payload that is sent; 0: not known
	From         netip.Addr         // a host that is to be heard, and may not be; the zero Addr: none is named
	To           netip.Addr         // a host that is to hear this one, and may not; the zero Addr: none is named
	MulticastAll bool               // the program's socket hears groups that others have joined (IP_MULTICAST_ALL)
	Live         bool               // it runs and has joined; else it is what a program with these settings would do
	Memberships  []mcast.Membership // all that it has joined, also of other groups
	ReadBuffer   int                // bytes that it was granted; 0: not known
	Asked        int                // bytes of read buffer that it asked for
}
