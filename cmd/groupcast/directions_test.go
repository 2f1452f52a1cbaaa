package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
	library := []string{module + "/mcast/"}
	below := []string{module + "/mcast/host", module + "/mcast/internal"}
	rules := []struct {
		from   string // a package, with everything below it if it ends in "/..."
		but    string // a package of those that the rule does not hold for
		direct bool   // look at its own imports only, not at theirs
		not    []string
		except []string // of them, with everything below
		why    string
	}{
		{from: module + "/mcast/...", but: module + "/mcast/class", not: slices.Concat(screens, commandLine),
			why: "the multicast packages are a library: they know no screen and no command line"},
		{from: module + "/mcast/class", not: slices.Concat(screens, commandLine, []string{"net/http"}),
			except: []string{"github.com/charmbracelet/x/vt", "github.com/charmbracelet/x/ansi", "github.com/charmbracelet/x/exp/ordered", "github.com/charmbracelet/x/term", "github.com/charmbracelet/x/termios", "github.com/charmbracelet/x/windows", "github.com/charmbracelet/ultraviolet", "github.com/charmbracelet/colorprofile"},
			why:    "a class has terminals, and neither a screen of its own nor HTTP"},
		{from: module + "/mcast/class", direct: true, not: library, except: []string{module + "/mcast/frame", module + "/mcast/internal", module + "/mcast/lab"},
			why: "a class stands on the lab: what its programs do is not its matter"},
		{from: module + "/mcast/internal/confine", not: []string{module + "/"},
			why: "who confines a program stands on the kernel alone"},
		{from: module + "/mcast/host", not: []string{module + "/"}, except: []string{module + "/mcast/internal"},
			why: "what the host is has nothing to do with what is done on it: host is the ground of the house"},
		{from: module + "/mcast", not: library, except: below,
			why: "mcast is what the packages below it stand on"},
		{from: module + "/mcast/chat", direct: true, not: []string{"net", "os", "golang.org/x/net"}, except: []string{"net/netip"},
			why: "a Room has no socket, no files and no screen"},
		{from: module + "/mcast/doctor", not: []string{module + "/mcast/chat", module + "/mcast/lab", module + "/mcast/session"},
			why: "a diagnosis needs facts about the host, and nothing that was said"},
		{from: module + "/mcast/stream", direct: true, not: []string{"net", "os", module + "/"}, except: []string{"net/netip", module + "/mcast/internal/lru", module + "/mcast/internal/quantile"},
			why: "a Tally is given its times and datagrams: it has no socket, no clock and no host"},
		{from: module + "/mcast/stream/pace", direct: true, not: []string{"net", "os", module + "/"},
			why: "a schedule is told the time: it has no clock and no socket"},
		{from: module + "/mcast/sender", not: library, except: slices.Concat(below, []string{module + "/mcast/stream"}),
			why: "a sender stands on mcast and the numbers alone: whoever has groups and ways out can run streams"},
		{from: module + "/mcast/frame", not: []string{module + "/", "net", "os"}, except: []string{"net/netip"}, direct: true,
			why: "frames are bytes: whoever has some can read them"},
		{from: module + "/mcast/members", not: []string{module + "/mcast/"}, except: []string{module + "/mcast/frame", module + "/mcast/internal/lru"},
			why: "members are what frames say of them: no group, no host, no talk"},
		{from: module + "/mcast/members", direct: true, not: []string{"net", "os", "crypto/rand"}, except: []string{"net/netip"},
			why: "it is given its datagrams, the time and its randomness"},
		{from: module + "/mcast/mesh/meshreport", direct: true, not: []string{"net", "os", module + "/"}, except: []string{"net/netip", module + "/mcast/chat", module + "/mcast/mesh", module + "/mcast/stream"},
			why: "a report is words about values: it has no socket, no file and no clock"},
		{from: module + "/mcast/mesh", not: library, except: []string{module + "/mcast/mesh", module + "/mcast/frame", module + "/mcast/members", module + "/mcast/stream", module + "/mcast/internal/lru", module + "/mcast/internal/quantile"},
			why: "a measurement is numbers and frames: no group, no host, no talk"},
		{from: module + "/mcast/mesh", direct: true, not: []string{"net", "os", "crypto/rand"}, except: []string{"net/netip"},
			why: "it is given its datagrams, the time and its randomness"},
		{from: module + "/mcast/ends", direct: true, not: []string{"net/http", "os", "golang.org/x/", module + "/"},
			except: []string{module + "/mcast", module + "/mcast/doctor", module + "/mcast/frame", module + "/mcast/host", module + "/mcast/internal/lru"},
			why:    "both ends are facts and frames: no socket, no file, no talk"},
		{from: module + "/mcast/identity", not: []string{module + "/", "net"}, except: []string{"net/netip", module + "/mcast/frame", module + "/mcast/internal"}, direct: true,
			why: "who one is, and whom one knows, are files: no socket, no talk"},
		{from: module + "/mcast/history", not: []string{module + "/", "net"}, except: []string{"net/netip", module + "/mcast/frame", module + "/mcast/internal"}, direct: true,
			why: "a history keeps bytes, whoever sent them"},
		{from: module + "/mcast/igmp", not: slices.Concat(library, []string{module + "/mcast"}), except: slices.Concat(below, []string{module + "/mcast/igmp"}),
			why: "what hosts report is seen below the sockets of groups: it stands on the host alone"},
		{from: module + "/mcast/headers", direct: true, not: []string{module + "/", "net", "os", "github.com/gopacket", "golang.org/x/"}, except: []string{"net/netip", module + "/mcast/igmp", module + "/mcast/internal"},
			why: "headers are bytes: whoever has a frame can read them, without a socket, a file or a clock"},
		{from: module + "/mcast/kernel", not: slices.Concat(library, []string{module + "/mcast"}), except: []string{module + "/mcast/kernel"},
			why: "the kernel's path is traced and read without any of our sockets: a lab hands tracefs down, and knows no more of it"},
		{from: module + "/mcast/record", not: library, except: slices.Concat(below, []string{module + "/mcast/record"}),
			why: "a recorder stands on mcast alone: whoever has datagrams records them, and a replay is sent by its caller"},
		{from: module + "/mcast/record", direct: true, not: []string{"net", "golang.org/x/", "github.com/gopacket/gopacket/layers", "github.com/gopacket/gopacket/afpacket"},
			except: []string{"net/netip"}, why: "a recorder has no socket, and reads headers of strangers itself"},
		{from: module + "/mcast/record/browse", not: library, except: slices.Concat(below, []string{module + "/mcast/record"}),
			why: "whoever looks at a recording needs the file alone: no host, no session, no socket"},
		{from: module + "/mcast/session", not: []string{module + "/mcast/lab", module + "/mcast/echo", module + "/mcast/probe", "os/signal"},
			why: "a conversation runs without a screen, a terminal and a lab: bridges and recorders use it, too"},
		{from: module + "/mcast/watch", not: []string{module + "/mcast/lab", module + "/mcast/echo", module + "/mcast/probe", module + "/mcast/record", module + "/mcast/kernel", "os/signal"},
			why: "a watch stands on a Keeper and its Tallies: it records nothing, sends nothing and ends when it is told"},
		{from: module + "/mcast/watch", direct: true, not: []string{module + "/mcast/"}, except: []string{module + "/mcast/host", module + "/mcast/session", module + "/mcast/stream"},
			why: "a watch has no words: who shows it knows chat and doctor"},
		{from: module + "/mcast/bridge", not: []string{module + "/mcast/lab", module + "/mcast/echo", module + "/mcast/probe", module + "/mcast/record", module + "/mcast/kernel", "github.com/nats-io", "os/signal"},
			why: "a bridge stands on a Keeper and its Link: two LANs of one host need no NATS, and it ends when it is told"},
		{from: module + "/mcast/bridge", direct: true, not: library, except: slices.Concat(below, []string{module + "/mcast/session", module + "/mcast/frame", module + "/mcast/members"}),
			why: "a bridge has no words: who shows it knows chat and doctor"},
		{from: module + "/mcast/bridge/natslink", direct: true, not: []string{module + "/mcast/"}, except: []string{module + "/mcast/bridge", module + "/mcast/frame"},
			why: "the link carries messages, leases and status, and opens no socket in a LAN"},
		{from: module + "/mcast/bridge/hub", direct: true, not: []string{module + "/"}, except: []string{module + "/mcast/bridge", module + "/mcast/host", module + "/mcast/internal/lockfile"},
			why: "a hub has keys and streams: it knows no group and no LAN"},
		{from: module + "/mcast/echo", not: library, except: below,
			why: "a responder stands on mcast alone: what it answers is nobody else's matter"},
		{from: module + "/mcast/ping", not: library, except: below,
			why: "a ping stands on mcast alone: any echo server can be pinged"},
		{from: module + "/mcast/probe", not: library, except: below,
			why: "a probe stands on mcast alone: it knows no protocol of ours"},
		{from: module + "/cmd/internal/systemd", direct: true, not: []string{"net", module + "/"},
			why: "what is said to systemd is a line in a socket: no command, and no group"},
		{from: module + "/cmd/internal/scrape", direct: true, not: []string{module + "/"},
			why: "what is served is a text: no command, and no group"},
		{from: module + "/internal/site", not: []string{module + "/", "net/http"},
			why: "the site is made of files"},
		{from: module + "/tui/...", not: commandLine,
			why: "cmd drives the screen, not the other way round"},
		{from: module + "/tui/web", direct: true, not: []string{"net/http/httputil", "golang.org/x/sys", module + "/"}, except: []string{module + "/mcast/class", module + "/mcast/lab", module + "/tui/picture"},
			why: "pages are served over a class: whoever runs it has the listener"},
		{from: module + "/tui/...", but: module + "/tui/web", direct: true, not: []string{"net", "golang.org/x/net", "golang.org/x/sys", module + "/mcast/"},
			except: []string{"net/netip", module + "/mcast/chat", module + "/mcast/doctor", module + "/mcast/frame", module + "/mcast/host", module + "/mcast/members", module + "/mcast/mesh", module + "/mcast/ping", module + "/mcast/record", module + "/mcast/session", module + "/mcast/stream", module + "/mcast/watch"},
			why:    "the screen opens no sockets: it is given values by a Session"},
	}
	for _, p := range listPackages(t) {
		for _, r := range rules {
			if !matches(p.ImportPath, r.from) || p.ImportPath == r.but {
				continue
			}
			reached := p.Deps
			if r.direct {
				reached = p.Imports
			}
			for _, dep := range reached {
				if dep != p.ImportPath && forbidden(dep, r.not) && !forbidden(dep, r.except) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, dep, r.why)
				}
			}
		}
	}
}

// The server of bridges is in one package and one command: whoever builds groupcast neither
// compiles nor carries it. Its client is in one package, too, and so is the reader of Markdown.
func TestNoServer(t *testing.T) {
	for library, allowed := range map[string][]string{
		"github.com/nats-io/nats-server": {module + "/mcast/bridge/hub", module + "/cmd/groupcast-hub"},
		"github.com/yuin/goldmark":       {module + "/internal/site"},
		"github.com/nats-io":             {module + "/mcast/bridge/hub", module + "/cmd/groupcast-hub", module + "/mcast/bridge/natslink", module + "/cmd/groupcast"},
	} {
		var reach []string
		for _, p := range listPackages(t) {
			if slices.ContainsFunc(p.Deps, func(dep string) bool { return forbidden(dep, []string{library}) }) {
				reach = append(reach, p.ImportPath)
			}
		}
		slices.Sort(reach)
		slices.Sort(allowed)
		if !slices.Equal(reach, allowed) {
			t.Errorf("%s is reached by %q, want %q", library, reach, allowed)
		}
	}
}

// The command has no state that goroutines share: an engine that grows in it
// could be used by nobody else. Standard output, which goroutines write to, is
// the one exception.
func TestCommandHoldsNoMutex(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	held := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"sync.Mutex", "sync.RWMutex"} {
			switch {
			case !strings.Contains(string(text), word):
			case file == "output.go":
				held++
			default:
				t.Errorf("%s has a %s: what several goroutines share belongs to a package below mcast", file, word)
			}
		}
	}
	if held == 0 {
		t.Error("output.go has no mutex any more: take it out of this test")
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
		var said []byte
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			said = exit.Stderr
		}
		t.Fatalf("go list: %v\n%s", err, said)
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

// The metrics' library is in one place: what counts knows nothing of who asks.
func TestMetricsInOnePlace(t *testing.T) {
	const library = "github.com/prometheus"
	for _, p := range listPackages(t) {
		if p.ImportPath != module+"/cmd/groupcast" && slices.ContainsFunc(p.Deps, func(dep string) bool { return forbidden(dep, []string{library}) }) {
			t.Errorf("%s reaches %s", p.ImportPath, library)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		switch imports := strings.Contains(string(text), `"`+library+`/`); {
		case imports && !strings.HasPrefix(name, "metrics"):
			t.Errorf("%s imports %s", name, library)
		case imports:
			n++
		}
	}
	if n == 0 {
		t.Error("no file imports it")
	}
}
