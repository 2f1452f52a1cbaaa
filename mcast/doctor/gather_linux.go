package doctor

import (
	"io/fs"
	"os"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
)

// gatherHost reads everything but the interfaces and routes.
func (f *Facts) gatherHost(in Intent) {
	f.gatherLinks(in.Group.Addr.Is6())
	f.gatherFirewall()
	f.gatherFiles(in, os.DirFS("/"), os.Getenv)

	groups, err := groupsOf(in.Group.Addr)
	if err == nil && groups == nil {
		groups = []host.InterfaceGroups{}
	}
	f.Groups = groups
	f.failed(FromGroups, err)

	if f.Devices = map[uint64]int{}; f.Sockets == nil || len(others(f.socketsAt(in))) > 0 {
		f.Devices, err = host.SocketDevices(in.Group.Port)
		f.failed(FromDevices, err)
	}
}

// gatherLinks reads the links of all interfaces.
func (f *Facts) gatherLinks(is6 bool) {
	links, err := readLinks(is6)
	if err != nil {
		f.failed(FromLinks, err)
		return
	}
	f.Links = links
	for _, add := range []func(map[int]Link) error{addQueueDrops, addDuplicates, addWireless} {
		f.failed(FromLinks, add(links))
	}
}

// gatherFiles reads the files below root, which is /. Interfaces and Links are
// known already.
func (f *Facts) gatherFiles(in Intent, root fs.FS, getenv func(string) string) {
	is6 := in.Group.Addr.Is6()
	hardware, err := readHardwareGroups(root)
	f.failed(FromLinks, err)
	for index, link := range f.Links {
		if link.Groups = hardware[index]; link.Groups == nil && hardware != nil {
			link.Groups = []HardwareGroup{}
		}
		f.Links[index] = link
	}

	f.Filters, err = readFilters(root, is6)
	f.failed(FromFilters, err)

	f.Sockets, err = host.ReadSockets(root, is6)
	f.failed(FromSockets, err)
	host.NameSockets(root, f.Sockets, in.Group.Port)
	if port, ok := FramePort(in.Group); ok && slices.ContainsFunc(f.Sockets, func(s host.Socket) bool {
		return !s.Own && s.Local.Port() == port && s.Local.Addr().IsMulticast() // perhaps the Lookout of another groupcast
	}) {
		host.NameSockets(root, f.Sockets, port)
	}

	f.Settings, err = readSettings(root, f.Interfaces)
	f.failed(FromSettings, err)

	f.Counters, f.Recounted, err = readCounters(root)
	f.failed(FromCounters, err)

	f.Router, err = readRouter(root, is6, f.Interfaces)
	f.failed(FromRouter, err)

	f.Machine, err = readMachine(root, getenv)
	f.failed(FromMachine, err)
}
