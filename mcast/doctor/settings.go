package doctor

import (
	"cmp"
	"io/fs"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

// The settings that are read: once, and for each interface and for the two that
// stand for all.
var (
	hostSettings = []string{
		"net.core.rmem_default",
		"net.core.rmem_max",
		"net.ipv4.igmp_link_local_mcast_reports",
		"net.ipv4.igmp_max_memberships",
		"net.ipv4.igmp_max_msf",
		"net.ipv4.ip_forward",
		"net.ipv6.conf.all.forwarding",
		"net.ipv6.mld_max_msf",
	}
	interfaceSettings = []struct{ version, name string }{
		{"ipv4", "rp_filter"},
		{"ipv4", "force_igmp_version"},
		{"ipv4", "mc_forwarding"},
		{"ipv6", "disable_ipv6"},
		{"ipv6", "force_mld_version"},
	}
)

// settingName is how sysctl(8) calls a setting of an interface, or of "all" and
// "default": dots of its name become slashes, net.ipv4.conf.eth0/100.rp_filter.
func settingName(version, iface, name string) string {
	return "net." + version + ".conf." + strings.ReplaceAll(iface, ".", "/") + "." + name
}

// readSettings reads the settings that can be read. The error, the first
// there was, is only for none at all: a network namespace lacks some.
func readSettings(root fs.FS, list []host.Interface) (map[string]int, error) {
	settings := map[string]int{}
	var failed error
	read := func(name, path string) {
		text, err := fs.ReadFile(root, "proc/sys/"+path)
		if err == nil {
			settings[name], err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if err != nil {
			delete(settings, name)
			failed = cmp.Or(failed, err)
		}
	}
	for _, name := range hostSettings {
		read(name, strings.ReplaceAll(name, ".", "/"))
	}
	names := []string{"all", "default"}
	for _, i := range list {
		names = append(names, i.Name)
	}
	for _, iface := range names {
		for _, s := range interfaceSettings {
			read(settingName(s.version, iface, s.name), "net/"+s.version+"/conf/"+iface+"/"+s.name)
		}
	}
	if len(settings) == 0 {
		return nil, failed
	}
	return settings, nil
}
