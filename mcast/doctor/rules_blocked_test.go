package doctor

import (
	"testing"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestSourceBlocked(t *testing.T) {
	a := addr("192.168.8.9")
	with := func(users string, filters ...Filter) Facts {
		return lan(func(f *Facts) {
			f.Groups = []host.InterfaceGroups{groupsAt(eth0, "224.0.0.114"+users)}
			f.Filters = append([]Filter{}, filters...)
		})
	}
	excludes := Filter{IfIndex: 2, Group: group.Addr, Source: a, Exclude: 1}
	includes := Filter{IfIndex: 2, Group: group.Addr, Source: a, Include: 1}
	other := Filter{IfIndex: 2, Group: addr("239.9.9.9"), Source: a, Exclude: 1}
	from := intent(func(in *Intent) { in.From = a })
	someoneElse := intent(func(in *Intent) { in.From = addr("192.168.8.10") })
	in6 := inGroup("ff15::114")
	in6.From = addr("2001:db8::9")
	by6 := lan(func(f *Facts) {
		f.Groups = []host.InterfaceGroups{groupsAt(six, "ff15::114")}
		f.Filters = []Filter{{IfIndex: 2, Group: addr("ff15::114"), Source: addr("2001:db8::9"), Exclude: 1}}
	})
	runRule(t, sourceBlocked, []ruleCase{
		{"nothing is known", Facts{}, from, "unknown", nil},
		{"blocked", with("", excludes), from, "warning eth0", []string{"blocked 192.168.8.9 in 224.0.0.114 on eth0", "/proc/net/mcfilter"}},
		{"blocked by one of two", with(" x2", excludes), from, "warning eth0", []string{"there: 2, and 1 exclude"}},
		{"asked for", with("", includes), from, "ok", nil},
		{"blocked in another group", with("", other), from, "ok", nil},
		{"another source is blocked", with("", excludes), someoneElse, "ok", nil},
		{"nobody is asked about", with("", excludes), plain, "unknown", []string{"192.168.8.9"}},
		{"an empty file proves nothing", with(""), from, "unknown", nil},
		{"nobody has joined", lan(func(f *Facts) { f.Groups, f.Filters = []host.InterfaceGroups{groupsAt(eth0)}, []Filter{} }), from, "ok", nil},
		{"IPv6", by6, in6, "warning eth0", []string{"/proc/net/mcfilter6"}},
	})
}
