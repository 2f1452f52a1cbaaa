package tui

import (
	"fmt"
	"strings"

	"github.com/groupcast/groupcast/mcast"
)

// wellKnownGroup is one that others talk in on many networks.
type wellKnownGroup struct {
	group mcast.Group
	what  string
}

// wellKnown are the registered groups that are offered to be joined.
var wellKnown = func() (list []wellKnownGroup) {
	for _, name := range []string{"mdns", "ssdp", "llmnr", "ws-discovery", "ptp", "sap", "mdns6", "ssdp6"} {
		g, err := mcast.ParseGroup(name)
		if err != nil {
			panic(err)
		}
		list = append(list, wellKnownGroup{g, groupKnownFor(g)})
	}
	return list
}()

// groupKnownFor says what a registered group is for; "" of others.
func groupKnownFor(g mcast.Group) string {
	r, ok := g.Registered()
	if !ok || !strings.HasPrefix(r.Source, "RFC") {
		return r.Title
	}
	return fmt.Sprintf("%s (%s)", r.Title, r.Source)
}
