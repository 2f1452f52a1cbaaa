package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/watch"
)

// targetTexts are targets as a reader compares them: "239.1.1.1:1234 BBC One".
func targetTexts(list []watch.Target) (texts []string) {
	for _, t := range list {
		texts = append(texts, strings.TrimSpace(t.Group.String()+" "+t.Name))
	}
	return texts
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"239.1.1.1", "239.1.1.1:1234"},
		{"239.1.1.254:5004+3", "239.1.1.254:5004 239.1.1.255:5004 239.1.2.0:5004"},
		{"239.1.1.1+2:5004", "239.1.1.1:5004 239.1.1.2:5004"},
		{"10.0.0.1@232.1.1.1+2", "10.0.0.1@232.1.1.1:1234 10.0.0.1@232.1.1.2:1234"},
		{"2001:db8::1@[ff3e::1]+2:5004", "2001:db8::1@[ff3e::1]:5004 2001:db8::1@[ff3e::2]:5004"},
		{"ff3e::1+2", "[ff3e::1]:1234 [ff3e::2]:1234"},
		{"ff02::114%eth0+2", "[ff02::114%eth0]:1234 [ff02::115%eth0]:1234"},
		{"[ff3e::ffff]:5004+2", "[ff3e::ffff]:5004 [ff3e::1:0]:5004"},
		{"239.255.255.254+2", "239.255.255.254:1234 239.255.255.255:1234"},
		{"udp://@239.1.1.1:5000", "239.1.1.1:5000"},
		{"UDP://239.1.1.1:5000/", "239.1.1.1:5000"},
		{"rtp://@239.1.1.1:5004+2", "239.1.1.1:5004 239.1.1.2:5004"},
		{"udp://10.0.0.1@232.1.1.1:5000?pkt_size=1316", "10.0.0.1@232.1.1.1:5000"},
		{"rtp://@[ff3e::1]:5004", "[ff3e::1]:5004"},
		{"rtp://239.1.1.1:5004/path?x", "239.1.1.1:5004"},
		{"udp://@[ff3e::1]:5004/a/b+2#c", "[ff3e::1]:5004"},
		{"udp://@239.1.1.1", "239.1.1.1:1234"},
		{"mdns 239.1.1.1 ff3e::1", "224.0.0.251:5353 239.1.1.1:1234 [ff3e::1]:1234"},
	} {
		list, remarks, err := targets(t.Context(), strings.Fields(tt.args))
		if got := strings.Join(targetTexts(list), " "); err != nil || got != tt.want || remarks != nil {
			t.Errorf("%s is %s, %q, %v, want %s", tt.args, got, remarks, err, tt.want)
		}
	}
}

func TestBadTargets(t *testing.T) {
	for args, want := range map[string]string{
		"239.255.255.254+3":                         `"239.255.255.254+3": +3 is past the last group, 239.255.255.255`,
		"ff02:ffff:ffff:ffff:ffff:ffff:ffff:ffff+2": `+2 is past the last group, ff02:ffff:ffff:ffff:ffff:ffff:ffff:ffff`,
		"239.1.1.1+0":                               "+N: how many groups in a row, 1 to 2000",
		"239.1.1.1+":                                "+N: how many groups in a row, 1 to 2000",
		"239.1.1.1+-1":                              "+N: how many groups in a row, 1 to 2000",
		"239.1.1.1+2001":                            "+N: how many groups in a row, 1 to 2000",
		"239.1.1.1+99999999999999999999":            "+N: how many groups in a row, 1 to 2000",
		"239.1.1.1+x":                               "+N: how many groups in a row, 1 to 2000",
		"ff3e::1+2:5004":                            "with a port an IPv6 group is [GROUP]:PORT+N",
		"239.1.0.0+2000 239.2.0.0":                  "239.2.0.0: more than 2000 groups",
		"10.0.0.1":                                  "not a multicast address",
		"udp://10.0.0.1:5000":                       "not a multicast address",
		"http://example.com/a.ts":                   `"http://example.com/a.ts": want a group, or udp:// or rtp:// and a group`,
		"239.1.1.1:0":                               "not a UDP port",
		"nonsense":                                  "not an IP address",
		"@":                                         "@: name the file behind it, as in @channels.txt",
		"@/no/such/file":                            "list of groups: open /no/such/file:",
		"udp://":                                    "not an IP address",
		"+3":                                        "not an IP address",
	} {
		if list, _, err := targets(t.Context(), strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %v, %v, want %s", args, targetTexts(list), err, want)
		}
	}
	var args []string
	for n := range watch.MaxPorts + 1 {
		args = append(args, fmt.Sprintf("239.1.1.1:%d", 5000+n))
	}
	if _, _, err := targets(t.Context(), args[:watch.MaxPorts]); err != nil {
		t.Errorf("%d ports: %v", watch.MaxPorts, err)
	}
	if _, _, err := targets(t.Context(), args); err == nil || !strings.Contains(err.Error(), "groups of more than 256 ports") {
		t.Errorf("%d ports: %v", len(args), err)
	}
}

func TestTargetFiles(t *testing.T) {
	for _, tt := range []struct{ what, text, want, err string }{
		{"a list", "# TV\n239.1.1.1:5004 BBC One\n\n  239.1.1.2:5004\t BBC Two \n239.1.1.3 # off\nudp://@239.1.1.4:5004 Four #4\n",
			"239.1.1.1:5004 BBC One|239.1.1.2:5004 BBC Two|239.1.1.3:1234|239.1.1.4:5004 Four #4", ""},
		{"an M3U", "\uFEFF#EXTM3U url-tvg=\"x\"\r\n#EXTINF:-1 tvg-id=\"a,b\" group=\"n\",One, two\r\n#EXTGRP:news\r\nudp://@239.1.1.1:5004\r\nrtp://@239.1.1.2:5004\r\n#EXTINF:0\r\nrtp://@239.1.1.3:5004\r\n",
			"239.1.1.1:5004 One, two|239.1.1.2:5004|239.1.1.3:5004", ""},
		{"a range", "239.1.1.1+2 both", "239.1.1.1:1234 both|239.1.1.2:1234 both", ""},
		{"nothing", "# nothing\n", "", ""},
		{"a bad line", "239.1.1.1\n\n# x\n10.0.0.1 host\n", "", `FILE line 4: group "10.0.0.1": 10.0.0.1 is not a multicast address`},
		{"past the last", "239.255.255.255+2", "", "FILE line 1: \"239.255.255.255+2\": +2 is past the last group, 239.255.255.255"},
		{"a list in a list", "@other", "", "FILE line 1: @other: a list names no other list"},
		{"a player's other list", "#EXTM3U\nhttp://a/b\n", "", "FILE line 2: \"http://a/b\": want a group"},
		{"an M3U with others", "#EXTM3U\n#EXTINF:-1,Web\nhttp://a/b\n#EXTINF:-1,One\nudp://@239.1.1.1:5004\nrtsp://c\n", "239.1.1.1:5004 One", ""},
		{"no M3U", "239.1.1.1\nhttp://a/b\n", "", "FILE line 2: \"http://a/b\": want a group"},
		{"a long line", strings.Repeat("x", mostList+5), "", "FILE: a list of groups has 1MiB at most"},
		{"a long list", strings.Repeat("#\n", mostList/2+1), "", "FILE: a list of groups has 1MiB at most"},
	} {
		file := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, _, err := targets(t.Context(), []string{"@" + file})
		if tt.err != "" {
			if want := strings.ReplaceAll(tt.err, "FILE", file); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", tt.what, err, want)
			}
			continue
		}
		if got := strings.Join(targetTexts(list), "|"); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.what, got, err, tt.want)
		}
	}
}

// What is left out of an M3U is told once, with how much it was.
func TestTargetsOfOtherURLs(t *testing.T) {
	var b targetsBuilder
	err := readTargets(&b, "tv.m3u", strings.NewReader("#EXTM3U\nhttp://a/b\nudp://@239.1.1.1:5004\nrtsp://c\n"))
	want := []string{"tv.m3u: 2 other URLs left out, as of http://: groups are udp:// and rtp://"}
	if err != nil || len(b.list) != 1 || !slices.Equal(b.remarks, want) {
		t.Errorf("%v, %q, %v", b.list, b.remarks, err)
	}
}

func TestTargetsTwice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(file, []byte("239.1.1.1 One\n239.1.1.2\n239.1.1.1 again\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, remarks, err := targets(t.Context(), []string{"239.1.1.2", "@" + file})
	want := []string{
		"239.1.1.2:1234 is named twice, " + file + " line 2",
		"239.1.1.1:1234 is named twice, " + file + " line 1, " + file + " line 3",
	}
	if got := strings.Join(targetTexts(list), "|"); err != nil || got != "239.1.1.2:1234|239.1.1.1:1234 One" || !slices.Equal(remarks, want) {
		t.Errorf("%s, %q, %v, want the remarks %q", got, remarks, err, want)
	}
	if _, remarks, err := targets(t.Context(), []string{"239.1.1.1+100", "239.1.1.1+100"}); err != nil || len(remarks) != mostRemarks+1 {
		t.Errorf("%d remarks on 100 groups, %v", len(remarks), err)
	}
}

func FuzzTargets(f *testing.F) {
	for _, text := range []string{
		"239.1.1.1+3:5000 name", "#EXTM3U\n#EXTINF:-1 a=\"b,c\",d\nudp://@239.1.1.1:5000", "10.0.0.1@232.1.1.1", "ff3e::1+2", "[ff02::1%e]:5+2", "+", "@x", "://",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b targetsBuilder
		err := readTargets(&b, "list", strings.NewReader(text))
		if bad, ok := errors.AsType[*targetError](err); ok && !strings.HasPrefix(bad.Error(), "list line ") {
			t.Errorf("the error names no line: %v", err)
		}
		seen := map[mcast.Group]bool{}
		for _, target := range b.list {
			g := target.Group
			again, err := mcast.ParseGroup(g.String())
			if err != nil || again != g || seen[g] || strings.ContainsAny(target.Name, "\n") {
				t.Errorf("%q gave %+v, which is read as %v, %v", text, target, again, err)
			}
			seen[g] = true
		}
		if len(b.list) > watch.MaxTargets+1 || len(b.ports) > watch.MaxPorts+1 || len(b.remarks) > mostRemarks+1 {
			t.Errorf("%d groups of %d ports, %d remarks", len(b.list), len(b.ports), len(b.remarks))
		}
	})
}

// A list comes by a pipe as well, and is waited for until ctx ends.
func TestTargetsByPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip("no pipes here")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := targets(ctx, []string{"@" + pipe}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody writes: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := targets(ctx, []string{"@" + pipe}); !errors.Is(err, errNothingCame) {
		t.Errorf("nobody writes in time: %v", err)
	}
	if w, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil { // those that were left behind read to its end
		w.Close()
	}

	pipe = filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(pipe, []byte("239.1.1.1 One\n"), 0)
	if list, _, err := targets(t.Context(), []string{"@" + pipe}); err != nil || len(list) != 1 || list[0].Name != "One" {
		t.Errorf("the list is %v, %v", list, err)
	}
}
