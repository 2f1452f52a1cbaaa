package mcast

import (
	"errors"
	"strings"
	"testing"
)

func TestRegisteredNames(t *testing.T) {
	for text, want := range map[string]string{
		"mdns":                "224.0.0.251:5353",
		"mDNS:5000":           "224.0.0.251:5000",
		"mdns6":               "[ff02::fb]:5353",
		"mdns%eth0":           "[ff02::fb%eth0]:5353",
		"mdns%eth0:5000":      "[ff02::fb%eth0]:5000",
		"[mdns%eth0]:5":       "[ff02::fb%eth0]:5",
		"mdns6%eth0":          "[ff02::fb%eth0]:5353",
		"vrrp":                "224.0.0.18:1234",
		"ripng":               "[ff02::9]:521",
		"192.0.2.1@sap":       "192.0.2.1@224.2.127.254:9875",
		"upnp":                "239.255.255.250:1900",
		"[2001:db8::1]@mdns6": "",
	} {
		g, err := ParseGroup(text)
		if got := g.String(); want != "" && (err != nil || got != want) || want == "" && err == nil {
			t.Errorf("%q: %s, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"foo", "mdns66", "6", "mdns@mdns", "rip6", "mdns eth0"} {
		if g, err := ParseGroup(text); err == nil {
			t.Errorf("%q: %s, want an error", text, g)
		}
	}
	if _, err := ParseGroup("lisen"); !errors.Is(err, ErrNotAGroup) {
		t.Errorf("a wrong name: %v", err)
	}
	for _, text := range []string{"ff02::114%eth0:5000", "192.0.2.1@ff02::114%eth0:5000"} {
		if _, err := ParseGroup(text); err == nil || !strings.Contains(err.Error(), "%eth0]:5000") {
			t.Errorf("%q: %v, want the form with brackets", text, err)
		}
	}
}

// Each registered group is found by its name and by its address, and is a group.
func TestRegisteredGroups(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range RegisteredGroups() {
		if seen[r.Name] || r.Title == "" || r.Source == "" || r.Port != 0 && r.Protocol != "" {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
		if got, ok := FindRegistered(strings.ToUpper(r.Name)); !ok || got != r {
			t.Errorf("%s is not found by its name", r.Name)
		}
		for _, v6 := range []bool{false, true} {
			g, ok := r.Group(v6)
			if !ok {
				continue
			}
			if got, ok := g.Registered(); !ok || got != r || !g.Addr.IsMulticast() || g.Addr.Is4() == v6 {
				t.Errorf("%s: %s is registered as %s", r.Name, g, got.Name)
			}
		}
	}
	for other := range otherNames {
		if _, ok := FindRegistered(other); !ok || seen[other] {
			t.Errorf("%s names no registered group, or two", other)
		}
	}
	for text, want := range map[string]string{
		"224.0.0.251:5353": "mdns", "224.0.0.251:5000": "", "[ff05::fb]:5353": "mdns", "[ff02::fb%eth0]:5353": "mdns",
		"224.0.0.18:9": "vrrp", "239.255.255.250:3702": "ws-discovery", "224.0.0.114": "", "[ff15::fb]:5353": "",
	} {
		g, err := ParseGroup(text)
		if err != nil {
			t.Fatal(err)
		}
		if r, _ := g.Registered(); r.Name != want {
			t.Errorf("%s is registered as %q, want %q", text, r.Name, want)
		}
	}
}
