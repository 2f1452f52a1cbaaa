package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

// A command line that makes no sense is refused before anything is opened or sent.
func TestMeshBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := file("old.html", "precious")
	for _, tt := range []struct {
		args string
		says []string
	}{
		{"1.2.3.4", []string{"1.2.3.4"}},
		{"239.1.1.1 --rate 0", []string{"--rate 0: want more than 0 and at most 1000"}},
		{"239.1.1.1 --rate 1001", []string{"--rate 1001"}},
		{"239.1.1.1 --rate NaN", []string{"want datagrams a second"}},
		{"239.1.1.1 --size 39", []string{"--size 39: want 40 to 65507"}},
		{"239.1.1.1 --size 65508", []string{"--size 65508"}},
		{"239.1.1.1 --max-loss 101", []string{"want a percentage"}},
		{"239.1.1.1 --expect 1", []string{"--expect 1: want 2 to 1025"}},
		{"239.1.1.1 --expect -2", []string{"--expect -2"}},
		{"239.1.1.1 --wait-for 9999", []string{"--wait-for 9999: want 2 to"}},
		{"239.1.1.1 --wait-for 5 --expect 4", []string{"--wait-for 5 waits for more members than --expect 4 expects"}},
		{"239.1.1.1 -t -1", []string{"--timeout -1s"}},
		{"239.1.1.1 --every 0.5", []string{"--every 500ms: want 1s or more"}},
		{"239.1.1.1 --plain-only", []string{"only members can measure"}},
		{"239.1.1.1 --history " + old, []string{"--history"}},
		{"239.1.1.1 --ui", []string{"needs a terminal"}},
		{"239.1.1.1 239.1.1.2 --ui", []string{"several have lines"}},
		{"239.1.1.1 --ui --json", []string{"does not go with"}},
		{"239.1.1.1 10.0.0.1@239.1.1.1", []string{"239.1.1.1:1234"}},
		{"239.1.1.1 --report " + dir + "/new.pdf", []string{".html or .txt", "hint: --report"}},
		{"239.1.1.1 --report " + old, []string{"the file exists, and is not overwritten", "hint: name another, or remove it first"}},
		{"239.1.1.1 --report " + dir + "/no/new.txt", []string{"no such file or directory"}},
		{"239.1.1.1 --expect-names " + dir + "/none", []string{"no such file"}},
		{"239.1.1.1 --expect-names " + file("empty", "\n# nobody\n"), []string{"no name is in it"}},
		{"239.1.1.1 --expect-names " + file("twice", "a\nb\n\na # again\n"), []string{"twice line 4: a is in line 1, too"}},
		{"239.1.1.1 --expect-names " + file("control", "a\nb\x1b[2J\n"), []string{"control line 2: b␛[2J is no name of a member"}},
		{"239.1.1.1 --expect-names " + file("long", "a\n"+strings.Repeat("x", 100000)), []string{"long line 2: xxx"}},
		{"239.1.1.1 --expect-names " + file("huge", strings.Repeat("\n", mostList+1)), []string{"1MiB at most"}},
		{"239.1.1.1 --expect 2 --expect-names " + old, []string{"one of them"}},
		{manyGroups(17), []string{"groups: want 16 at most"}},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"mesh"}, strings.Fields(tt.args)...), strings.NewReader(""), &out, &errs)
		if code != exitUsage || out.Len() > 0 || len(errs.String()) > 2000 {
			t.Errorf("mesh %s: exit status %d, printed %q and %.2000q", tt.args, code, out.String(), errs.String())
		}
		for _, text := range tt.says {
			if !strings.Contains(errs.String(), text) {
				t.Errorf("mesh %s: it says\n%s\nand not %q", tt.args, errs.String(), text)
			}
		}
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "precious" {
		t.Errorf("the old report: %q, %v", text, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".groupcast-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func manyGroups(n int) string {
	var list []string
	for i := range n {
		list = append(list, netip.AddrFrom4([4]byte{239, 1, 2, byte(i)}).String())
	}
	return strings.Join(list, " ")
}

func TestMeshNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(path, []byte("\xef\xbb\xbfdb1\r\n# a comment\n  web 1  # behind the name\ngrüße\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := readNames(path)
	if err != nil || !slices.Equal(names, []string{"db1", "web 1", "grüße"}) {
		t.Errorf("%q, %v", names, err)
	}
}

// Sources of one group are one measurement.
func TestMeshGroups(t *testing.T) {
	var list []mcast.Group
	for _, text := range []string{"10.0.0.1@232.1.1.1:5", "239.1.1.1:5", "10.0.0.2@232.1.1.1:5", "10.0.0.1@232.1.1.1:6"} {
		g, err := mcast.ParseGroup(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	groups, err := meshGroups(list)
	if err != nil || len(groups) != 3 || len(groups[0].joins) != 2 || len(groups[0].sources) != 2 || len(groups[1].sources) != 0 || len(groups[2].sources) != 1 {
		t.Errorf("%+v, %v", groups, err)
	}
	for g, want := range map[string]string{"239.1.1.1:5": "a/night-239.1.1.1_5.html", "[ff02::1%eth0]:6": "a/night-ff02--1-eth0_6.html"} {
		group, err := mcast.ParseGroup(g)
		if err != nil {
			t.Fatal(err)
		}
		if got := reportFile("a/night.html", group, true); got != want || reportFile("a/night.html", group, false) != "a/night.html" {
			t.Errorf("%s: %s", g, got)
		}
	}
}

// The status says the worst: who is missing before a hole, and what is not known is not
// well.
func TestMeshStatus(t *testing.T) {
	alone, few, unknown, lossy := meshtest.Well(1), meshtest.Well(3), meshtest.Well(3), meshtest.Well(3)
	alone.Expect, few.Expect = 0, 4
	meshtest.Unknown(unknown, 1, 2, mesh.NotKnown)
	meshtest.Lossy(lossy, 1, 2, 1)
	within := meshtest.Well(3)
	meshtest.Lossy(within, 1, 2, 1)
	within.MaxLoss = 1
	named := meshtest.Well(3)
	named.Missing = []string{"db9"}
	for name, tt := range map[string]struct {
		r    mesh.Report
		want int
	}{
		"well": {meshtest.Well(3), exitOK}, "alone": {alone, exitNot}, "nothing": {mesh.Report{}, exitNot}, "few": {few, exitNot}, "named": {named, exitNot},
		"unknown": {unknown, exitDoubt}, "lossy": {lossy, exitDoubt}, "within": {within, exitOK}, "faulty, and one missing": {meshtest.Faulty(), exitNot},
		"not asked for": {meshtest.IPv6(), exitOK},
	} {
		if got := meshStatus(meshreport.Look(tt.r)); got != tt.want {
			t.Errorf("%s: status %d, want %d", name, got, tt.want)
		}
	}
}

// A report is a whole file, and no file that came meanwhile is lost.
func TestMeshReportFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "a.HTML"} {
		path := filepath.Join(dir, name)
		if err := writeReport(path, meshtest.Faulty()); err != nil {
			t.Fatal(err)
		}
		first, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(first), "db2 does not hear web1 on eth1 since 03:12:00") || strings.Contains(string(first), "<html") != hasHTML(name) {
			t.Errorf("%s: %v, %.100q", name, err, first)
		}
		if err := writeReport(path, meshtest.Well(2)); err == nil {
			t.Errorf("%s is overwritten", name)
		}
		if again, _ := os.ReadFile(path); !bytes.Equal(again, first) {
			t.Errorf("%s has changed", name)
		}
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("%v is there", list)
	}
}
