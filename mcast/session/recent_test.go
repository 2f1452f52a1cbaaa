package session

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func texts(list []mcast.Group) []string {
	var out []string
	for _, g := range list {
		out = append(out, g.String())
	}
	return out
}

func group(t *testing.T, text string) mcast.Group {
	t.Helper()
	g, err := mcast.ParseGroup(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestParseRecent(t *testing.T) {
	var many, expect strings.Builder
	for n := range 2 * maxRecent {
		fmt.Fprintf(&many, "239.1.2.%d:1234\n", n+1)
		if n < maxRecent {
			fmt.Fprintf(&expect, "239.1.2.%d:1234 ", n+1)
		}
	}
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", ""},
		{"a group", "239.1.2.3:5000\n", "239.1.2.3:5000"},
		{"with a source, of IPv6, without a port", "192.0.2.1@232.1.1.1:5\nff02::114\n", "192.0.2.1@232.1.1.1:5 [ff02::114]:1234"},
		{"no line end", "239.1.2.3:5000", "239.1.2.3:5000"},
		{"the lines of another system", "239.1.2.3:5000\r\n239.1.2.4:1\r\n", "239.1.2.3:5000 239.1.2.4:1"},
		{"twice", "239.1.2.3\n239.1.2.3:1234\n", "239.1.2.3:1234"},
		{"between what is damaged", "\x00\x1b[2J\n192.168.8.226\n239.1.2.3\n\xff\xfe\nff02::1%../..\n239.1.2.3:99999\n", "239.1.2.3:1234"},
		{"more than are kept", many.String(), strings.TrimSpace(expect.String())},
		{"a line without end", "239.1.2.3\n" + strings.Repeat("x", 1<<20) + "\n239.1.2.4\n", "239.1.2.3:1234"},
		{"beyond what is read", strings.Repeat("\n", maxRecentFile) + "239.1.2.3\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(texts(parseRecent(strings.NewReader(c.file))), " "); got != c.want {
				t.Errorf("groups %q, want %q", got, c.want)
			}
		})
	}
}

// What one run joined, the next one remembers, the latest first.
func TestRecentGroups(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	first := loadRecent(RecentFile())
	if got := first.all(); len(got) != 0 {
		t.Errorf("before the first run %v", got)
	}
	for n := range maxRecent + 5 {
		first.add(group(t, fmt.Sprintf("239.1.2.%d", n+1)))
	}
	first.add(group(t, "239.1.2.20"))
	second := loadRecent(RecentFile())
	got := texts(second.all())
	if len(got) != maxRecent || got[0] != "239.1.2.20:1234" || got[1] != "239.1.2.25:1234" || got[maxRecent-1] != "239.1.2.6:1234" {
		t.Errorf("the second run has %v, want %d, from .20 and .25 to .6", got, maxRecent)
	}
	if !slices.Equal(got, texts(first.all())) {
		t.Errorf("the first run has %v, the second %v", texts(first.all()), got)
	}
	left, err := os.ReadDir(filepath.Join(cache, "groupcast"))
	if err != nil || len(left) != 1 {
		t.Errorf("in the cache are %v, %v; want the file alone", left, err)
	}
}

// Where nothing can be kept, the run still knows what it joined.
func TestRecentGroupsWithoutACache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if err := os.MkdirAll(filepath.Join(directory, "groupcast", "recent-groups"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, cache := range map[string]string{"a file in its place": file, "a directory in the file's place": directory, "nowhere": ""} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", cache)
			if cache == "" {
				t.Setenv("HOME", "")
			}
			r := loadRecent(RecentFile())
			r.add(mcast.DefaultGroup)
			if got := r.all(); len(got) != 1 || got[0] != mcast.DefaultGroup {
				t.Errorf("recent groups %v, want the one", got)
			}
		})
	}
}

// Whatever the file holds, what is read is few groups that can be joined, each
// once.
func FuzzParseRecent(f *testing.F) {
	f.Add("224.0.0.114:1234\n239.1.2.3:5000\n")
	f.Add("[ff02::114%eth0]:1234\n192.0.2.1@232.1.1.1:5000\nnonsense\n\x1b[2J\n")
	f.Fuzz(func(t *testing.T, text string) {
		list := parseRecent(strings.NewReader(text))
		if len(list) > maxRecent {
			t.Errorf("%d groups", len(list))
		}
		for n, g := range list {
			if !g.Addr.IsMulticast() || g.Port == 0 || slices.Index(list, g) != n {
				t.Errorf("%v is no group, or stands twice in %v", g, list)
			}
		}
	})
}
