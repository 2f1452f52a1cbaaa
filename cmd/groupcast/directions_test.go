package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/groupcast/groupcast"

// The house has directions: each package may know only what it stands on. A
// rule names the packages it holds for, what they must not reach, and why.
func TestDirections(t *testing.T) {
	screens := []string{"charm.land/", "github.com/charmbracelet/", module + "/tui"}
	commandLine := []string{"github.com/spf13/", module + "/cmd"}
	rules := []struct {
		from   string // a package, with everything below it if it ends in "/..."
		direct bool   // look at its own imports only, not at theirs
		not    []string
		except []string
		why    string
	}{
		{from: module + "/mcast/...", not: slices.Concat(screens, commandLine),
			why: "the multicast packages are a library: they know no screen and no command line"},
		{from: module + "/mcast", not: []string{module + "/mcast/"},
			why: "mcast is what the packages below it stand on"},
		{from: module + "/mcast/chat", direct: true, not: []string{"net", "os", "golang.org/x/net"}, except: []string{"net/netip"},
			why: "a Room has no socket, no files and no screen"},
		{from: module + "/mcast/doctor", not: []string{module + "/mcast/chat", module + "/mcast/lab"},
			why: "a diagnosis needs facts about the host, and nothing that was said"},
		{from: module + "/mcast/echo", not: []string{module + "/mcast/"},
			why: "a responder stands on mcast alone: what it answers is nobody else's matter"},
		{from: module + "/mcast/ping", not: []string{module + "/mcast/"},
			why: "a ping stands on mcast alone: any echo server can be pinged"},
		{from: module + "/mcast/probe", not: []string{module + "/mcast/"},
			why: "a probe stands on mcast alone: it knows no protocol of ours"},
		{from: module + "/tui/...", not: commandLine,
			why: "cmd drives the screen, not the other way round"},
		{from: module + "/tui/...", direct: true, not: []string{"net", "golang.org/x/net", "golang.org/x/sys", module + "/mcast/"},
			except: []string{"net/netip", module + "/mcast/chat", module + "/mcast/doctor"},
			why:    "the screen opens no sockets: it is given values by a Session"},
	}
	for _, p := range listPackages(t) {
		for _, r := range rules {
			if !matches(p.ImportPath, r.from) {
				continue
			}
			reached := p.Deps
			if r.direct {
				reached = p.Imports
			}
			for _, dep := range reached {
				if dep != p.ImportPath && forbidden(dep, r.not) && !slices.Contains(r.except, dep) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, dep, r.why)
				}
			}
		}
	}
}

type goPackage struct {
	ImportPath    string
	Imports, Deps []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps=false", "-json=ImportPath,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 6 {
		t.Fatalf("go list names only %d packages", len(list))
	}
	return list
}

func matches(path, pattern string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return path == base || below && strings.HasPrefix(path, base+"/")
}

// forbidden reports whether dep is one of those packages or below one.
func forbidden(dep string, not []string) bool {
	return slices.ContainsFunc(not, func(n string) bool {
		return dep == n || strings.HasPrefix(dep, strings.TrimSuffix(n, "/")+"/")
	})
}
