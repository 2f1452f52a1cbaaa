package host

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/internal/rtnl"
	"golang.org/x/sys/unix"
)

// skipStatistics asks for links without their counters
// (RTEXT_FILTER_SKIP_STATS in linux/rtnetlink.h).
const skipStatistics = 1 << 3

// readInterfaces lists the interfaces by two requests, however many there are.
// An interface that is deleted between the two has no address, as it has on its
// way out; one that is made between them is left out.
func readInterfaces() ([]Interface, error) {
	request := rtnl.NewRequest(unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg))
	request.Add(unix.IFLA_EXT_MASK, binary.NativeEndian.AppendUint32(nil, skipStatistics))
	links, err := request.Dump(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	addrs, err := rtnl.NewRequest(unix.RTM_GETADDR, make([]byte, unix.SizeofIfAddrmsg)).Dump(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	at := make(map[int]int, len(links))
	list := make([]Interface, 0, len(links))
	for _, b := range links {
		if len(b) < unix.SizeofIfInfomsg {
			continue
		}
		i := parseLink(b, Interface{})
		if _, twice := at[i.Index]; !twice {
			at[i.Index] = len(list)
			list = append(list, i)
		}
	}
	for _, b := range addrs {
		if len(b) < unix.SizeofIfAddrmsg {
			continue
		}
		p, ok := parseAddr(b)
		if n, listed := at[int(binary.NativeEndian.Uint32(b[4:]))]; ok && listed {
			list[n].Addrs = append(list[n].Addrs, p)
		}
	}
	slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	return list, nil
}

// nameOf is the name of an interface; "": there is none with that index. The
// kernel looks it up, without a list (netdevice(7), SIOCGIFNAME).
func nameOf(index int) (name string) {
	askDevice("", uint32(index), unix.SIOCGIFNAME, func(req *unix.Ifreq) { name = req.Name() })
	return name
}

// indexOf is the index of an interface; 0: there is none of that name
// (SIOCGIFINDEX).
func indexOf(name string) (index int) {
	if strings.Contains(name, ":") { // the kernel would look for what stands before it
		return 0
	}
	askDevice(name, 0, unix.SIOCGIFINDEX, func(req *unix.Ifreq) { index = int(req.Uint32()) })
	return index
}

// askDevice calls found with the kernel's answer, if it has one.
func askDevice(name string, index uint32, request uint, found func(*unix.Ifreq)) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if request == unix.SIOCGIFNAME {
		req.SetUint32(index)
	}
	if unix.IoctlIfreq(fd, request, req) == nil {
		found(req)
	}
}
