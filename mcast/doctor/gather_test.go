package doctor

import (
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

func noEnvironment(string) string { return "" }

// Machines as they were recorded; namespaces cannot make them.
func TestMachine(t *testing.T) {
	const linux = "Linux version 6.8.0-45-generic (buildd@lcy02) #45-Ubuntu SMP"
	for _, tt := range []struct {
		name  string
		files map[string]string
		env   map[string]string
		want  Machine
	}{
		{"a laptop", map[string]string{"sys/class/dmi/id/sys_vendor": "LENOVO\n", "sys/class/dmi/id/product_name": "20XW\n"}, nil,
			Machine{Vendor: "LENOVO", Product: "20XW"}},
		{"a cloud", map[string]string{"sys/class/dmi/id/sys_vendor": "Amazon EC2\n", "sys/class/dmi/id/product_name": "t3.micro\n"}, nil,
			Machine{Vendor: "Amazon EC2", Product: "t3.micro"}},
		{"Hyper-V or Azure", map[string]string{"sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "sys/class/dmi/id/product_name": "Virtual Machine\n"}, nil,
			Machine{Vendor: "Microsoft Corporation", Product: "Virtual Machine"}},
		{"WSL 2", map[string]string{"proc/version": "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d701f84f1)"}, nil,
			Machine{WSL: true}},
		{"WSL 1", map[string]string{"proc/version": "Linux version 4.4.0-22621-Microsoft (Microsoft@Microsoft.com)"}, nil,
			Machine{WSL: true}},
		{"docker", map[string]string{".dockerenv": ""}, nil, Machine{Container: "docker"}},
		{"docker, and process 1 is in it", map[string]string{".dockerenv": "", "proc/1/ns/net": "net:[7]", "proc/thread-self/ns/net": "net:[7]"}, nil,
			Machine{Container: "docker", Here: true}},
		{"a namespace that was made in docker", map[string]string{".dockerenv": "", "proc/1/ns/net": "net:[7]", "proc/thread-self/ns/net": "net:[8]"}, nil,
			Machine{Container: "docker"}},
		{"podman", map[string]string{"run/.containerenv": ""}, nil, Machine{Container: "podman"}},
		{"a pod", map[string]string{".dockerenv": ""}, map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, Machine{Container: "kubernetes"}},
		{"a board without firmware", nil, nil, Machine{}},
		{"firmware that writes to the terminal", map[string]string{"sys/class/dmi/id/sys_vendor": "\x1b]0;x\a\xff\n"}, nil,
			Machine{Vendor: "\ufffd]0;x\ufffd\ufffd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{"proc/version": {Data: []byte(linux)}}
			for name, text := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
				if strings.HasPrefix(text, "net:[") {
					root[name].Mode = fs.ModeSymlink
				}
			}
			got, err := readMachine(root, func(name string) string { return tt.env[name] })
			if err != nil || *got != tt.want {
				t.Errorf("%+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// closed is a system whose files exist, and are not for us.
type closed struct{ err error }

func (c closed) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: c.err}
}

// What cannot be read is not known, with the reason, and does not pass for
// nothing.
func TestClosedFiles(t *testing.T) {
	for _, cause := range []error{syscall.EACCES, syscall.ENOENT} {
		t.Run(cause.Error(), func(t *testing.T) {
			root := closed{cause}
			list := []host.Interface{{Index: 1, Name: "lo"}, {Index: 2, Name: "\xff\x1b"}}
			for _, is6 := range []bool{false, true} {
				sockets, err1 := host.ReadSockets(root, is6)
				filters, err2 := readFilters(root, is6)
				settings, err3 := readSettings(root, list)
				counters, _, err4 := readCounters(root)
				hardware, err5 := readHardwareGroups(root)
				machine, err6 := readMachine(root, noEnvironment)
				for n, err := range []error{err1, err2, err3, err4, err5, err6} {
					if !errors.Is(err, cause) {
						t.Errorf("reading %d: %v, want %v", n+1, err, cause)
					}
				}
				if sockets != nil || filters != nil || settings != nil || counters != nil || hardware != nil || machine != nil {
					t.Errorf("something is known: %v %v %v %v %v %v", sockets, filters, settings, counters, hardware, machine)
				}
			}
			host.NameSockets(root, []host.Socket{{Inode: 7}}, 0)
		})
	}
}

// That there is no route is an answer; that nobody may ask is none.
func TestRefused(t *testing.T) {
	for err, want := range map[error]bool{
		nil:                                false,
		syscall.ENETUNREACH:                false,
		syscall.EACCES:                     false, // a prohibit route
		syscall.EPERM:                      true,
		syscall.EAFNOSUPPORT:               true,
		errors.ErrUnsupported:              true,
		host.ErrNoInterface:                false,
		&mcast.OpError{Err: syscall.EPERM}: true,
	} {
		if refused(err) != want {
			t.Errorf("%v: refused %t, want %t", err, !want, want)
		}
	}
}

// A setting that a namespace lacks is the only one that is not known, and dots
// of a name are slashes, as in sysctl(8).
func TestSettings(t *testing.T) {
	root := fstest.MapFS{
		"proc/sys/net/ipv4/igmp_max_memberships":        {Data: []byte("20\n")},
		"proc/sys/net/ipv4/conf/all/rp_filter":          {Data: []byte("1\n")},
		"proc/sys/net/ipv4/conf/eth0.100/rp_filter":     {Data: []byte("2\n")},
		"proc/sys/net/ipv4/conf/default/rp_filter":      {Data: []byte("many\n")},
		"proc/sys/net/ipv6/conf/eth0.100/disable_ipv6":  {Data: []byte("-1\n")},
		"proc/sys/net/ipv4/igmp_max_msf":                {Data: []byte("99999999999999999999\n")},
		"proc/sys/net/ipv4/conf/other/rp_filter":        {Data: []byte("1\n")},
		"proc/sys/net/ipv4/conf/lo/force_igmp_version":  {Data: nil},
		"proc/sys/net/ipv4/conf/all/force_igmp_version": {Data: []byte("0")},
	}
	want := map[string]int{
		"net.ipv4.igmp_max_memberships":        20,
		"net.ipv4.conf.all.rp_filter":          1,
		"net.ipv4.conf.all.force_igmp_version": 0,
		"net.ipv4.conf.eth0/100.rp_filter":     2,
		"net.ipv6.conf.eth0/100.disable_ipv6":  -1,
	}
	got, err := readSettings(root, []host.Interface{{Name: "lo"}, {Name: "eth0.100"}})
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestGrowth(t *testing.T) {
	eth := func(index int, name string) host.Interface { return host.Interface{Index: index, Name: name} }
	before := Facts{
		Counters:   map[string]uint64{"Udp.InDatagrams": 5, "Udp.NoPorts": 7, "Udp.Gone": 1, "Udp.Same": 4},
		Sockets:    []host.Socket{{Inode: 1, Drops: 10}, {Inode: 2, Drops: 10}, {Inode: 3}},
		Interfaces: []host.Interface{eth(1, "lo"), eth(2, "eth0"), eth(3, "eth1"), eth(4, "swap0"), eth(5, "swap1"), eth(6, "gone")},
		Groups:     []host.InterfaceGroups{groupsAt(eth(2, "eth0"), "239.1.2.3"), groupsAt(eth(3, "eth1"), "239.1.2.4"), groupsAt(eth(6, "gone"), "239.1.2.5")},
	}
	after := Facts{
		Counters:   map[string]uint64{"Udp.InDatagrams": 9, "Udp.NoPorts": 6, "Udp.New": 1, "Udp.Same": 4},
		Recounted:  map[string]uint64{"Udp.InDatagrams": 11, "Udp.Same": 4},
		Sockets:    []host.Socket{{Inode: 1, Drops: 12}, {Inode: 2, Drops: 9}, {Inode: 4, Drops: 3}, {Inode: 0, Drops: 1}},
		Interfaces: []host.Interface{eth(1, "lo"), eth(9, "eth0"), eth(3, "eth1"), eth(5, "swap0"), eth(4, "swap1"), eth(10, "new")},
	}
	want := Observed{
		For:    time.Minute,
		Grown:  map[string]uint64{"Udp.InDatagrams": 4, "Udp.Same": 0},
		AtMost: map[string]uint64{"Udp.InDatagrams": 6, "Udp.Same": 0},
		Drops:  map[uint64]uint64{1: 2, 4: 3},
		Lost:   []host.Interface{eth(9, "eth0")},
		Had:    map[int][]netip.Addr{9: {addr("224.0.0.1"), addr("239.1.2.3")}},
	}
	if got := growth(before, after, time.Minute); !reflect.DeepEqual(got, want) {
		t.Errorf("grew\n %+v, want\n %+v", got, want)
	}
	if got := growth(Facts{}, after, time.Minute); got.Grown != nil || got.Drops != nil {
		t.Errorf("from what is not known it grew by %v and %v, want nil", got.Grown, got.Drops)
	}
}
