package bridge

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func TestRefuse(t *testing.T) {
	for _, tt := range []struct {
		groups string // separated by a space
		why    string // a part of the reason; "": carried
		page   string
	}{
		{"239.1.2.3 224.0.0.114 224.0.0.7 ff02::114%eth0 [ff15::9c4e:71d2]:5000 239.1.2.3:5353 239.1.2.3:1234 239.1.2.3:1237", "", ""},
		{"233.0.0.1 231.255.255.255 [ff05::2:c]:1900 ff12::fb:1", "", ""},
		{"239.1.2.3:1236 [ff02::114%eth0]:1236", "taken for a bridge's", pageRefused},
		{"239.1.2.3:1235 [ff02::114%eth0]:1235", "frames of its members", pageRefused},
		{"mdns mdns6 mdns%eth0 224.0.0.251:1234 [ff05::fb]:5353", "port 5353", pageRefused},
		{"llmnr llmnr6 224.0.0.252:1 [ff02::1:3%eth0]:5355", "LLMNR", pageRefused},
		{"224.0.0.1 224.0.0.2 224.0.0.4 224.0.0.5 224.0.0.6 224.0.0.9:520 224.0.0.9 224.0.0.10 224.0.0.13 224.0.0.18 224.0.0.22 224.0.0.102 224.0.0.106", "about one link", pageRefused},
		{"ff02::1 ff02::2%eth0 ff02::4 ff02::5 ff02::6 ff02::9 ff02::a ff02::d ff02::12 ff02::16 ff02::66 ff05::2", "about one link", pageRefused},
		{"dhcpv6 ff02::1:2%eth0", "relay agent", pageRefused},
		{"ff02::1:ff12:3456%eth0", "hardware addresses", pageRefused},
		{"ptp ptp-general ff0e::181 224.0.1.129:5000", "arrives", pageRefused},
		{"ptp-peer", "neighbours", pageRefused},
		{"ff01::114 ff11::1 ff00::1", "does not leave the host", pageRefused},
		{"10.0.0.1@232.1.1.1 10.0.0.1@239.1.1.1 232.1.1.1 fd00::1@ff3e::8000:1 ff3e::8000:1", "one source", pageRefused},
		{"ssdp ssdp6 ws-discovery 239.255.255.250:1 [ff05::c]:1900", "--announcements", pageAnswers},
	} {
		for text := range strings.FieldsSeq(tt.groups) {
			g, err := mcast.ParseGroup(text)
			if err != nil {
				t.Fatal(err)
			}
			err = Refuse(g, false)
			refused, ok := errors.AsType[*RefusedError](err)
			switch {
			case tt.why == "" && err != nil:
				t.Errorf("%s: %v, want it carried", text, err)
			case tt.why == "":
			case !ok || !strings.Contains(refused.Why, tt.why) || refused.Page != tt.page || refused.Group != g:
				t.Errorf("%s: %#v, want it refused for %q, page %s", text, err, tt.why, tt.page)
			case !strings.HasPrefix(err.Error(), g.Label()+" is not carried: "):
				t.Errorf("%s: the error is %q", text, err)
			}
			if err := Refuse(g, true); (err == nil) != (tt.why == "" || tt.page == pageAnswers) {
				t.Errorf("%s, announcements permitted: %v", text, err)
			}
		}
	}
}

// What no ParseGroup returns is refused as well.
func TestRefuseNoGroup(t *testing.T) {
	for _, g := range []mcast.Group{
		{},
		{Addr: netip.MustParseAddr("10.0.0.1"), Port: 1234},
		{Addr: netip.MustParseAddr("239.1.2.3")},
		{Addr: netip.MustParseAddr("::ffff:224.0.0.251"), Port: 5353},
	} {
		if _, ok := errors.AsType[*RefusedError](Refuse(g, true)); !ok {
			t.Errorf("%v is carried", g)
		}
	}
}

func ExampleRefuse() {
	g, _ := mcast.ParseGroup("ssdp")
	fmt.Println(Refuse(g, false))
	// Output: 239.255.255.250:1900 (ssdp) is not carried: searches are answered by unicast, to the bridge, and stay behind; --announcements carries the rest
}
