package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/igmp"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// ownHost is a host with a member, and with a bridge.
func ownHost() igmp.Own {
	return igmp.Own{
		At: noon,
		Interfaces: []igmp.OwnInterface{
			{Index: 1, Name: "lo", Groups: []igmp.OwnGroup{{Addr: labtest.Addr("224.0.0.1"), Users: 1}}},
			{Index: 2, Name: "eth0", Version: 2, Why: "version 2: a query of IGMPv2 was heard lately", MLD: igmp.MLDTraffic{Known: true, Queries: 1}, Groups: []igmp.OwnGroup{
				{Addr: labtest.Addr("239.1.2.3"), Users: 2, Reporting: true, Due: 3200 * time.Millisecond},
				{Addr: labtest.Addr("239.1.2.4"), Users: 1, Reporter: true},
				{Addr: labtest.Addr("224.0.0.1"), Users: 1},
				{Addr: labtest.Addr("ff02::fb"), Users: 1},
			}},
		},
		Bridges: []igmp.Bridge{{
			Index: 4, Name: "br0", Snooping: true, Querier: true, IGMP: 2,
			Queriers: []igmp.BridgeQuerier{{Family: igmp.IGMP, Addr: labtest.Addr("192.168.8.1"), Port: 5, Left: 250 * time.Second}},
			Routers:  []igmp.BridgeRouter{{Port: 5, Name: "port1"}},
			Groups: []igmp.BridgeGroup{
				{Addr: labtest.Addr("239.1.2.3"), Port: 6, Name: "port2", Left: 100 * time.Second, Mode: igmp.Exclude},
				{Addr: labtest.Addr("232.1.1.1"), Source: labtest.Addr("10.9.0.7"), Port: 6, Name: "port2", Mode: igmp.Include},
			},
		}},
		Unknown: []string{"bridges of \x1b[31mthis host"},
	}
}

func TestOwnTable(t *testing.T) {
	eth0 := []host.Interface{{Index: 2, Name: "eth0"}}
	var b bytes.Buffer
	writeOwn(&b, wordsAtNoon().ofOwn(ownHost(), eth0))
	sameText(t, b.String(), `
eth0  IGMP  version 2: a query of IGMPv2 was heard lately
      MLD   1 query heard since the interface appeared

INTERFACE  GROUP                  USERS  REPORT OF THIS HOST
eth0       239.1.2.3              2      due in 3.2 s
eth0       239.1.2.4              1      was the last one
eth0       224.0.0.1 (all-hosts)  1      never: no host reports it
eth0       ff02::fb (mdns)        1      -

bridge br0: snoops; is to ask in IGMPv2; IGMP querier 192.168.8.1, gone in 4m10s; every group goes to port1
GROUP      PORT   EXPIRES  HOW
239.1.2.3  port2  1m40s    exclude
232.1.1.1  port2  -        only 10.9.0.7
not known: bridges of ␛[31mthis host
`)
	text, err := json.Marshal(ownObject(wordsAtNoon("239.1.2.3").ofOwn(ownHost(), eth0)))
	if err != nil || !strings.Contains(string(text), `"interfaces":[{"interface":"eth0","ifindex":2,"version":2,"because":"version 2: a query of IGMPv2 was heard lately","mld_queries":1,"groups":[{"group":"239.1.2.3","users":2,"due_ms":3200,"last_reporter":false}]}]`) {
		t.Errorf("%v: %s", err, text)
	}
	if empty, _ := json.Marshal(ownObject(igmp.Own{})); strings.Contains(string(empty), "null") {
		t.Errorf("lists are null: %s", empty)
	}
}

// Between two looks only what changed is told.
func TestOwnChanges(t *testing.T) {
	before, now := ownHost(), ownHost()
	if lines := ownChanges(before, now); len(lines) > 0 {
		t.Errorf("nothing changed: %q", lines)
	}
	on := &now.Interfaces[1]
	on.Groups = append(on.Groups[1:], igmp.OwnGroup{Addr: labtest.Addr("239.9.9.9")})
	on.Version, on.Why, on.MLD.Queries = 3, "version 3", 3
	sameText(t, strings.Join(ownChanges(before, now), "\n"), `
own-left          239.1.2.3 on eth0
own-joined        239.9.9.9 on eth0
own-version       igmp on eth0: version 3
mld-queries       2 heard on eth0, so there is a querier`)
}
