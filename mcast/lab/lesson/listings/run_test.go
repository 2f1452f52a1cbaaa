package listings

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Each subject does what its run.txt says, in each language. A network serves all
// languages of a subject, one after the other; programs that send, or ask, are of
// another language than those that receive, or answer, but for every fourth subject.
func TestListings(t *testing.T) {
	for _, name := range []string{"gcc", "python3", "node"} {
		labtest.Program(t, name)
	}
	dir := t.TempDir()
	built(t, dir)
	for shift, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			text, err := files.ReadFile(s.Name + "/run.txt")
			if err != nil {
				t.Fatal(err)
			}
			l, err := lesson.ParseListing(s.Name+".txt", bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			// One network serves all languages, and a router sends few ICMP errors in a row: of a
			// route that prohibits, each one costs two tokens of five (ip_error, icmp_ratelimit).
			l.Topology.Hosts = slices.Clone(l.Topology.Hosts)
			for n := range l.Topology.Hosts {
				h := &l.Topology.Hosts[n]
				if h.Sysctls = maps.Clone(h.Sysctls); h.Sysctls == nil {
					h.Sysctls = map[string]string{}
				}
				h.Sysctls["net.ipv4.icmp_ratelimit"] = "0"
			}
			var with []Listing
			for _, listing := range s.Languages {
				if listing.Missing == "" {
					with = append(with, listing)
				}
			}
			once := len(l.Parts)
			l.Parts = repeat(l.Parts, len(with))
			part, ran := -1, map[string]bool{}
			r, err := lesson.Run(t.Context(), l, lesson.Options{
				Wait: labtest.Patience,
				Report: func(e lesson.Event) {
					switch {
					case e.Part != nil:
						part++
					case e.Outcome != nil && !e.Outcome.Passed:
						t.Errorf("round of %s, %s\nwant %s\nseen %s", with[part/once].Language, e.Outcome.Step, e.Outcome.Expected, strings.Join(e.Outcome.Seen, "\n     "))
					}
				},
				Listing: func(words []string) []string {
					which := part / once
					if !serves(words[0]) {
						which = (which + shift) % len(with)
					}
					ran[with[which].Language+" "+words[0]] = true
					return append(program(dir, s.Name, with[which]), words...)
				},
			})
			if err != nil || r.Failed > 0 || r.Passed == 0 {
				t.Errorf("%d met, %d not, %v", r.Passed, r.Failed, err)
			}
			if want := len(with) * len(sides(string(text))); len(ran) != want {
				t.Errorf("%d sides of programs were run, want %d: %v", len(ran), want, ran)
			}
		})
	}
}

// serves reports whether this side of a program receives or answers.
func serves(side string) bool {
	return side == "receive" || side == "server" || side == "answer"
}

// sides are the sides that a text has, as the first words after the command listing.
func sides(text string) map[string]bool {
	all := map[string]bool{}
	for _, after := range strings.Split(text, ": listing ")[1:] {
		all[strings.Fields(after)[0]] = true
	}
	return all
}

func repeat(parts []lesson.Part, times int) (all []lesson.Part) {
	for range times {
		all = append(all, parts...)
	}
	return all
}

// program is how a listing is started.
func program(dir, subject string, l Listing) []string {
	switch file := filepath.Join(dir, filepath.FromSlash(l.File)); l.Language {
	case "Python":
		return []string{"python3", "-W", "error", file}
	case "node":
		return []string{"node", file}
	case "C":
		return []string{filepath.Join(dir, subject+".c")}
	default:
		return []string{filepath.Join(dir, "go", subject)}
	}
}

// built writes the listings to a directory and compiles what is to be compiled.
func built(t *testing.T, dir string) {
	t.Helper()
	for _, s := range All() {
		for _, l := range s.Languages {
			path := filepath.Join(dir, filepath.FromSlash(l.File))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, l.Source(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	goDir := filepath.Join(dir, "go") + string(filepath.Separator)
	compilers := [][]string{
		{"go", "build", "-race=false", "-buildvcs=false", "-ldflags=-s -w", "-o", goDir, "./..."},
	}
	for _, s := range All() {
		for _, l := range s.Languages {
			if l.Language == "C" && l.Missing == "" {
				compilers = append(compilers, []string{"gcc", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(dir, s.Name+".c"), l.File})
			}
		}
	}
	errs := make([]error, len(compilers))
	var wg sync.WaitGroup
	two := make(chan struct{}, 2)
	for i, args := range compilers {
		wg.Go(func() {
			two <- struct{}{}
			defer func() { <-two }()
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("%v: %w\n%s", args, err, out)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
