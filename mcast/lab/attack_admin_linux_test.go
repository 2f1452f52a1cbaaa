package lab_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func init() {
	programs["attack as administrator"] = func() error {
		var t targets
		if err := json.Unmarshal([]byte(os.Getenv(targetsEnv)), &t); err != nil {
			return err
		}
		failed := 0
		for _, a := range slices.Concat(attacksOnFiles, attacksOnOthers, attacksOnLimits, attacksByCalls(), harmless, attacksAsAdmin, harmlessAsAdmin) {
			if slices.Contains(notForAdmins, a.name) {
				continue
			}
			err := a.do(t)
			if a.want == nil && err == nil || slices.ContainsFunc(a.want, func(want error) bool { return errors.Is(err, want) }) {
				continue
			}
			failed++
			fmt.Printf("%s: %v, want %v\n", a.name, err, a.want)
		}
		fmt.Println(failed, "of the attacks are not refused as they should be")
		return nil
	}
}

// notForAdmins are attacks that are none for who may administer the host's network.
var notForAdmins = []string{
	"a setting of the host", "an interface", "an address", "AF_PACKET", "raw", // it may
	"capabilities", "more processes", "what is counted for all programs of the teacher", // see attacksAsAdmin
	"a socket of another program of the host", // with Landlock's scope, as for all
}

var attacksAsAdmin = []attack{
	{"other capabilities", func(targets) error {
		status, err := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
			switch {
			case strings.HasPrefix(name, "Cap") && value != "0000000000003000", name == "NoNewPrivs" && value != "1", name == "Seccomp" && value != "2":
				return err
			}
		}
		return unix.EPERM
	}, one(unix.EPERM)},
	{"many more processes", resource(unix.RLIMIT_NPROC, 1000, 1000), one(unix.EPERM)},
	{"what is counted for all programs of the teacher, as administrator", func(targets) error {
		for range 17 {
			fd, err := unix.InotifyInit1(0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
		}
		return nil
	}, one(unix.EMFILE)},
	{"optional memory of sockets", write("/proc/sys/net/core/optmem_max"), notWritable},
	{"buffers of TCP", write("/proc/sys/net/ipv4/tcp_wmem"), notWritable},
	{"queues for neighbours", write("/proc/sys/net/ipv4/neigh/eth0/unres_qlen_bytes"), notWritable},
	{"the kernel's magic keys", write("/proc/sysrq-trigger"), append(notWritable, unix.ENOENT)},
	{"more namespaces", write("/proc/sys/user/max_net_namespaces"), notWritable},
	{"the teacher's files by the first process", func(t targets) error { return open("/proc/1/root"+t.Dir, os.O_RDONLY)(t) }, one(unix.ENOENT)},
	{"the switches' interfaces", func(targets) error { return inOther(unix.RTM_GETLINK, "") }, one(unix.EPERM, unix.EACCES)},
	{"an interface for the switches", func(targets) error { return inOther(unix.RTM_NEWLINK, "eth0") }, one(unix.EPERM)},
	{"the share of neighbours", func(targets) error {
		c, err := nftables.New()
		if err == nil {
			c.DelTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "lab-share"})
			err = c.Flush()
		}
		return err
	}, one(unix.EPERM)},
	{"IPsec", call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_XFRM), one(unix.EPROTONOSUPPORT)},
	{"generic netlink", call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_GENERIC), one(unix.EPROTONOSUPPORT)},
	{"tables of iptables", option(unix.AF_INET, unix.SOCK_RAW, unix.SOL_IP, 64), one(unix.ENOPROTOOPT)},
	{"tables of ip6tables", option(unix.AF_INET6, unix.SOCK_RAW, unix.SOL_IPV6, 64), one(unix.ENOPROTOOPT)},
	{"a table of groups without bound", option(unix.AF_INET, unix.SOCK_RAW, unix.SOL_IP, 200), one(unix.ENOPROTOOPT)},
	{"a large ring of frames", ring(16), one(unix.ENOMEM, unix.EPERM)},
	{"many rings of frames", func(targets) error {
		for range 16 {
			fd, err := ringSocket(1)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
		}
		return nil
	}, one(unix.ENOMEM, unix.EPERM)},
}

// harmlessAsAdmin must be possible for who mends an exercise; the programs that do it are another test's.
var harmlessAsAdmin = []attack{
	{"a ring of frames", func(t targets) error {
		err := ring(1)(t)
		if os.Getenv(abiEnv) != "" && errors.Is(err, unix.EPERM) { // another supervisor is there already
			err = nil
		}
		return err
	}, nil},
	{"a raw socket", call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP), nil},
	{"a setting", write("/proc/sys/net/ipv4/conf/eth0/rp_filter"), nil},
	{"a setting of an interface of one's own", func(t targets) error {
		d := netlink.NewVeth(netlink.LinkAttrs{Name: "new"})
		d.PeerName = "far"
		if err := netlink.LinkAdd(d); err != nil {
			return err
		}
		err := write("/proc/sys/net/ipv6/conf/new/disable_ipv6")(t)
		return errors.Join(err, netlink.LinkSetUp(d), netlink.LinkDel(d))
	}, nil},
	{"an address and a route", func(targets) error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		a := &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(10, 0, 0, 1), Mask: net.CIDRMask(8, 32)}}
		r := &netlink.Route{LinkIndex: eth0.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: &net.IPNet{IP: net.IPv4(239, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}}
		return errors.Join(netlink.AddrAdd(eth0, a), netlink.RouteAdd(r), netlink.RouteDel(r), netlink.AddrDel(eth0, a))
	}, nil},
	{"rules of a firewall", func(targets) error {
		c, err := nftables.New()
		if err == nil {
			c.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "own"})
			c.FlushRuleset()
			err = c.Flush()
		}
		return err
	}, nil},
}

// inOther asks for something in the network namespace at the other end of eth0.
func inOther(what int, name string) error {
	const targetNetNSID = 46 // IFLA_TARGET_NETNSID in linux/if_link.h
	r := nl.NewNetlinkRequest(what, 0)
	info := nl.NewIfInfomsg(unix.AF_UNSPEC)
	if name == "" {
		info.Index = 1
	} else {
		eth0, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		info.Index = int32(eth0.Attrs().Index)
		r.Flags |= unix.NLM_F_ACK
	}
	r.AddData(info)
	r.AddData(nl.NewRtAttr(targetNetNSID, nl.Uint32Attr(0)))
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

func option(family, kind, level, number int) func(targets) error {
	return func(targets) error {
		fd, err := unix.Socket(family, kind, unix.IPPROTO_IGMP)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.SetsockoptInt(fd, level, number, 1)
	}
}

func ring(mebibytes uint32) func(targets) error {
	return func(targets) error {
		fd, err := ringSocket(mebibytes)
		if err == nil {
			err = unix.Close(fd)
		}
		return err
	}
}

// ringSocket is a socket with memory for frames that has so many blocks of a mebibyte.
func ringSocket(mebibytes uint32) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	const frame = 2048
	err = unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq{
		Block_size: mebibyte, Block_nr: mebibytes, Frame_size: frame, Frame_nr: mebibytes * mebibyte / frame,
	})
	if err != nil {
		unix.Close(fd)
	}
	return fd, err
}
