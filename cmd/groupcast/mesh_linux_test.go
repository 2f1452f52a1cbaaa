package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// meshes starts a measurement in each host of a LAN, which prints JSON.
func meshes(t *testing.T, l *lab.Lab, hosts int, args ...string) (list []*program) {
	t.Helper()
	for n := range hosts {
		list = append(list, start(t, l.Host(fmt.Sprintf("H%d", n+1)), "groupcast", append([]string{"mesh", "--json", "--every", "1"}, args...)...))
	}
	return list
}

// meshOf is the report that a program printed.
func meshOf(t *testing.T, p *program) (r jsonMeshReport) {
	t.Helper()
	for text := range strings.Lines(p.out.String()) {
		if strings.HasPrefix(text, `{"type":"report"`) {
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r.Type == "" {
		t.Fatalf("%s printed no report, but:\n%s%s", p.name, p.out.String(), p.err.String())
	}
	return r
}

// change waits until a program told of a change of a pair.
func change(p *program, hears, speaks, state string) (c jsonMeshChange) {
	p.t.Helper()
	labtest.Eventually(p.t, fmt.Sprintf("%s tells that %s hears %s: %s", p.name, hears, speaks, state), func() bool {
		for text := range strings.Lines(p.out.String()) {
			var o jsonMeshInterval
			if json.Unmarshal([]byte(text), &o) != nil || o.Type != "interval" {
				continue
			}
			if at := slices.IndexFunc(o.Changed, func(c jsonMeshChange) bool {
				return c.Hears == hears && c.Speaks == speaks && c.State == state
			}); at >= 0 {
				c = o.Changed[at]
				return true
			}
		}
		return false
	})
	return c
}

// allHear waits until a program told that each pair is well.
func allHear(p *program, members int) {
	p.t.Helper()
	pairs := members * (members - 1)
	p.prints(fmt.Sprintf(`"members":%d,"pairs":%d,"well":%d`, members, pairs, pairs))
}

func interrupt(t *testing.T, list ...*program) {
	t.Helper()
	for _, p := range list {
		if err := p.cmd.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
}

// dropped is how many packets the rules of a host have counted, one number for each rule
// that counts.
func dropped(t *testing.T, host *lab.Node) (list []uint64) {
	t.Helper()
	for _, found := range regexp.MustCompile(`counter packets (\d+)`).FindAllStringSubmatch(executeIn(t, host, "nft", "list", "chain", "inet", "input", "c"), -1) {
		n, err := strconv.ParseUint(found[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

// Of eight members one loses a third of what another sends, and one does not hear another
// any more. Each of the eight ends with the same matrix, in which these two cells are
// holes and no other one, and what is lost is what the rules dropped.
func TestMeshTellsTheHoles(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lan(8)())
	file := filepath.Join(t.TempDir(), "mesh.html")
	args := []string{"--wait-for", "8", "239.1.2.3:5000"}
	list := meshes(t, l, 7, args...)
	list = append(list, start(t, l.Host("H8"), "groupcast", append([]string{"mesh", "--json", "--every", "1", "--report", file}, args...)...))
	for _, p := range list {
		allHear(p, 8)
	}
	const numbered = " udp dport 5001 @th,64,40 0xfe47530100 " // those that count: no frame, no end
	nft(t, l.Host("H2"), "input", "ip saddr 192.168.1.3"+numbered+"numgen inc mod 3 == 0 counter drop")
	nft(t, l.Host("H5"), "input", "ip saddr 192.168.1.6 ip daddr 239.1.2.3"+numbered+"counter drop", "ip saddr 192.168.1.6 ip daddr 239.1.2.3 drop")
	for _, p := range list {
		change(p, "H5", "H6", "silent")
		change(p, "H2", "H3", "lost")
	}
	interrupt(t, list...)
	for _, p := range list {
		p.ends(exitDoubt)
	}
	lost := map[[2]string]uint64{{"H2", "H3"}: dropped(t, l.Host("H2"))[0], {"H5", "H6"}: dropped(t, l.Host("H5"))[0]}
	for _, p := range list {
		r := meshOf(t, p)
		if len(r.Members) != 8 || len(r.Pairs) != 56 || r.Counts.Well != 54 || r.Counts.Silent != 1 || r.Counts.Lossy != 1 || r.Exit != exitDoubt {
			t.Errorf("%s: %s; %+v", p.name, r.Text, r.Counts)
		}
		for _, pair := range r.Pairs {
			made := lost[[2]string{pair.Hears, pair.Speaks}]
			if pair.Lost > made+1 || made > pair.Lost+1 {
				t.Errorf("%s: %s lost %d of %s, and the lab dropped %d", p.name, pair.Hears, pair.Lost, pair.Speaks, made)
			}
		}
		if len(r.Holes) != 2 || !strings.HasPrefix(r.Holes[0].Text, "H5 does not hear H6 on eth0 since ") || !strings.HasPrefix(r.Holes[1].Text, "H2 hears H3 on eth0: ") {
			t.Errorf("%s: %+v", p.name, r.Holes)
		}
	}
	html, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(html), "H5 does not hear H6 on eth0 since ") {
		t.Errorf("%s: %v: %.300s", file, err, html)
	}
}

// One of four is killed: all others tell since when it is silent. One that was expected
// never came, and is named.
func TestMeshOfFourWithoutOne(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lan(4)())
	names := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(names, []byte("# who is to be there\nH1\nH2 # the second\n\nH3\nH4\ndb9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := meshes(t, l, 4, "--expect-names", names, "ff12::4:1%eth0")
	for _, p := range list {
		allHear(p, 4)
	}
	if err := list[3].cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	list[3].status()
	others := list[:3]
	for n, p := range others {
		c := change(p, fmt.Sprintf("H%d", n+1), "H4", "silent")
		if off := c.Since.Sub(killed); off.Abs() > 2*time.Second {
			t.Errorf("%s: silent since %s, and it was killed %s later", p.name, c.Since, -off)
		}
	}
	interrupt(t, others...)
	for _, p := range others {
		p.ends(exitNot)
		r := meshOf(t, p)
		if !slices.Equal(r.Missing, []string{"db9"}) || r.Counts.Silent != 3 || len(r.Holes) != 3 || !strings.Contains(r.Text, "MISSING") {
			t.Errorf("%s: %s; missing %q, %+v", p.name, r.Text, r.Missing, r.Holes)
		}
		for _, h := range r.Holes {
			if h.Speaks != "H4" || !strings.Contains(h.Text, "does not hear H4 on eth0 since ") {
				t.Errorf("%s: %+v", p.name, h)
			}
		}
	}
}

// Two users without privileges hear each other in two groups, one of them of a single
// source each, in a sealed room, and say so in the end.
func TestMeshOfTwoUsers(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lan(2)())
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var list []*program
	for n := range 2 {
		list = append(list, start(t, l.Host(fmt.Sprintf("H%d", n+1)), "unshare", "--user", "groupcast", "mesh", "--key-file", secret, "--for", "2", "--wait-for", "2", "--every", "1",
			"--report", filepath.Join(dir, fmt.Sprintf("h%d.txt", n+1)), "239.1.2.3:5000", "192.168.1.1@232.1.2.3:6000", "192.168.1.2@232.1.2.3:6000"))
	}
	for n, p := range list {
		p.ends(exitOK)
		for _, text := range []string{
			fmt.Sprintf("239.1.2.3:5000: H%d measures, too, from 192.168.1.%d", 2-n, 2-n), "232.1.2.3:6000: 2 members, 2 pairs: ",
			"groupcast mesh 232.1.2.3:6000, sealed room", "ALL WELL: 2 pairs of 2 members hear, nothing lost", "all probes answered",
		} {
			if !strings.Contains(p.out.String(), text) {
				t.Errorf("%s did not print %q, but:\n%s%s", p.name, text, p.out.String(), p.err.String())
			}
		}
		for _, group := range []string{"239.1.2.3_5000", "232.1.2.3_6000"} {
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("h%d-%s.txt", n+1, group)))
			if err != nil || !strings.Contains(string(text), "ALL WELL") {
				t.Errorf("%v: %s", err, text)
			}
		}
	}
}
