package session

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/members"
)

// The article's network, and a third host: what A says leaves by eth1, where nobody is. The
// matrix says who hears whom, the finding names who hears A by eth0, and its fix mends it.
func TestMembersOfTheArticle(t *testing.T) {
	if os.Getenv(labtest.InHostEnv) == "" {
		topology := lab.Article
		topology.Hosts = append(slices.Clone(topology.Hosts), lab.Host{
			Name:       "C",
			Interfaces: []lab.Interface{{Name: "eth0", Switch: "lan", Addrs: labtest.Prefixes("192.168.8.227/24")}},
			Routes:     []lab.Route{{Dst: labtest.Prefix("0.0.0.0/0"), Via: labtest.Addr("192.168.8.1"), Dev: "eth0"}},
		})
		l := labtest.Build(t, topology)
		var hosts sync.WaitGroup
		for _, h := range topology.Hosts {
			hosts.Go(func() { labtest.RunInHost(t, l.Host(h.Name)) })
		}
		hosts.Wait()
		return
	}
	name, ok := lab.InHost()
	if !ok {
		t.Fatal("this is no host of a lab")
	}
	cfg := as(name, labtest.Group("239.1.2.3:5000"))
	cfg.Interfaces = nil
	p := enter(t, cfg)
	cells := func(speaks, hears string) (c members.Cell) {
		m := p.Snapshot().Members.Matrix
		column := slices.IndexFunc(m, func(r members.Row) bool { return r.Who.Nick == hears })
		row := slices.IndexFunc(m, func(r members.Row) bool { return r.Who.Nick == speaks })
		if column < 0 || row < 0 {
			return c
		}
		return m[row].Cells[column]
	}
	if name != "A" {
		other := map[string]string{"B": "C", "C": "B"}[name]
		p.told(other + " is here")
		p.hears("heard at last")
		// What A said before came when it was asked for.
		if l := p.hears("into the void"); !l.Missed {
			t.Errorf("what left by another interface is %+v, want it repaired", l)
		}
		labtest.Eventually(t, "A is heard by eth0 without loss", func() bool { return cells("A", name).Hears == members.HearsIt && cells("A", name).Interface == "eth0" })
		p.says(name + " hears A")
		p.told("A left")
		return
	}
	var found doctor.Finding
	defer func() {
		if t.Failed() {
			t.Logf("findings: %+v\nways: %+v", p.Snapshot().Findings, p.Snapshot().Members.Ways)
		}
	}()
	labtest.Eventually(t, "the finding names who hears A by eth0", func() bool {
		for _, f := range p.Snapshot().Findings {
			text := f.Title + "\n" + f.Evidence
			if f.Name == "wrong-egress" && strings.Contains(text, "B") && strings.Contains(text, "C") && f.Fix != nil {
				found = f
				return true
			}
		}
		return false
	})
	p.says("into the void")
	labtest.Eventually(t, "the matrix is complete", func() bool {
		for _, speaks := range []string{"A", "B", "C"} {
			for _, hears := range []string{"A", "B", "C"} {
				want := members.HearsIt
				if speaks == hears {
					want = members.HearsSelf
				}
				if c := cells(speaks, hears); c.Hears != want || want == members.HearsIt && c.Interface != "eth0" {
					return false
				}
			}
		}
		return true
	})
	if found.Fix.UseInterface != "eth0" {
		t.Errorf("the fix is %+v", found.Fix)
	}
	do(t, p.Session, ApplyFix{Finding: found})
	p.says("heard at last")
	p.reaches("heard at last", 2, 2)
	p.hears("B hears A")
	p.hears("C hears A")
	p.reaches("into the void", 2, 2)
	findsNothing(t, p.Session)
	if list := p.all(chat.Problem); len(list) > 0 {
		t.Errorf("problems are told: %+v", list)
	}
}
