package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// systems are those that groupcast is built for.
var systems = []struct{ name, goos string }{{"Linux", "linux"}, {"macOS", "darwin"}, {"FreeBSD", "freebsd"}, {"Windows", "windows"}}

// ability is something that a system has or lacks. What tells it is in the code: a
// function that only fails there, or a branch of one.
type ability struct {
	what  string
	dir   string
	funcs []string // "Type.Method" or "function": the stubs of systems that lack it
	texts []string // of the errors of branches that fail there
	whole bool     // a system that lacks one of funcs lacks the whole package
	for_  string   // the commands
}

func abilities() []ability {
	return []ability{
		{what: "a socket that joins, sends and receives", dir: "mcast", funcs: []string{"Listen"}, for_: "the chat, `listen`, `send`, `who`, `mesh`, `ping`, `probe`, `echo`, `watch`, `bridge`, `hub`"},
		{what: "several datagrams in one call (UDP_SEGMENT)", dir: "mcast", funcs: []string{"Conn.SendSegments"}, for_: "`send --gso`"},
		{what: "joined datagrams (UDP_GRO)", dir: "mcast", funcs: []string{"socket.receiveJoined"}, texts: []string{"joined datagrams (GRO)"}, for_: "the library"},
		{what: "discarding what waits", dir: "mcast", funcs: []string{"Conn.Discard"}, for_: "the library"},
		{what: "keeping out groups that other programs joined (IP_MULTICAST_ALL)", dir: "mcast", funcs: []string{"setMulticastAll"}, texts: []string{"groups that other programs have joined"}, for_: "everything that listens; elsewhere such a datagram is marked"},
		{what: "a socket bound to a group's address", dir: "mcast", funcs: []string{"bindGroup"}, for_: "`listen` beside a program that holds the port"},
		{what: "counting what a socket had no room for", dir: "mcast", funcs: []string{"kernelDrops"}, for_: "`watch`, the chat"},
		{what: "errors of sends that come later", dir: "mcast", texts: []string{"errors of sends"}, for_: "the chat, `bridge`"},
		{what: "which peer refused, on one socket for many", dir: "mcast", texts: []string{"errors about single peers"}, for_: "`ping`, `probe` of many"},
		{what: "a flood filtered in the kernel", dir: "mcast/echo", funcs: []string{"setFilter"}, for_: "`echo`"},
		{what: "asking for a neighbour before an answer", dir: "mcast/echo", funcs: []string{"openKernel"}, for_: "`echo`"},
		{what: "where a send would leave, and from which address", dir: "mcast/host", funcs: []string{"routeTo"}, for_: "`interfaces`, `doctor`, the chat"},
		{what: "rules of policy routing", dir: "mcast/host", funcs: []string{"ReadRouting"}, for_: "`interfaces`, `doctor`"},
		{what: "which groups the host has joined", dir: "mcast/host", funcs: []string{"IGMP"}, for_: "`igmp --own`, `doctor`"},
		{what: "which sockets are bound to an interface", dir: "mcast/host", funcs: []string{"SocketDevices"}, for_: "`doctor`"},
		{what: "the facts that the doctor reads of the host", dir: "mcast/doctor", funcs: []string{"Facts.gatherHost"}, for_: "`doctor`"},
		{what: "a plain listener beside the doctor's", dir: "mcast/doctor", funcs: []string{"openPlain"}, for_: "`doctor --probe`"},
		{what: "memberships as the kernel reports them", dir: "mcast/igmp", funcs: []string{"ReadOwn"}, for_: "`igmp --own`"},
		{what: "asking for members as a querier does", dir: "mcast/igmp", funcs: []string{"openAsker", "Asker.send"}, for_: "`igmp --query`"},
		{what: "the packets of an interface", dir: "mcast/internal/tap", funcs: []string{"Open", "Tap.Rebind", "Tap.Read"}, for_: "`igmp`, the chat's wires"},
		{what: "the frames of an interface", dir: "mcast/internal/tap", funcs: []string{"OpenRing", "Ring.Wait"}, for_: "`record`"},
		{what: "the kernel's path, traced", dir: "mcast/kernel", funcs: []string{"Run", "Watch", "Watcher.Stop"}, for_: "`kernel`"},
		{what: "a LAN in the computer", dir: "mcast/lab", funcs: []string{"Enter", "Up"}, whole: true, for_: "`lab`, lessons, exercises"},
		{what: "a class in browsers", dir: "mcast/class", funcs: []string{"Start"}, for_: "`class`"},
	}
}

const systemsIntro = `# Systems

Linux has everything: the tests run there, on amd64. For macOS, FreeBSD and Windows groupcast is built, and its code with the tests is checked by the compiler
(` + "`go vet`" + `) before each change. **Nobody runs the tests there**, so "yes" in those columns means: the code has it. A feature that a system
lacks gives an error that says so: ` + "`errors.ErrUnsupported`" + ` in the library, and status 1 with a hint from a command.

`

const systemsEnd = `
"In part": it lacks something there. The documentation of [package mcast](../mcast/doc.go) says what, under "Systems". What no function tells: the interfaces are
compared every half second instead of watched, and a datagram's arrival is timed when it is read. The BSDs (for IPv4) and Windows do not choose the source address of a
single send. Windows and the BSDs other than FreeBSD have no source-specific groups. Windows does not tell a datagram's destination, interface and TTL, and its
firewall must admit the program.

## Other processors

Releases have programs for arm64 and armv7, too. The packages that need no network are tested as such programs by hand, under an emulator:

    apt-get install qemu-user
    GOARCH=arm64 go test -short -vet=off -exec qemu-aarch64 ./mcast/frame ./mcast/headers ./mcast/history ./mcast/identity ./mcast/stream/...
    GOARCH=arm GOARM=7 go test -short -vet=off -exec qemu-arm ./mcast/frame ./mcast/headers ./mcast/history ./mcast/identity ./mcast/stream/... ./mcast/chat

On 30 November 2026 these passed. The tests of mcast/members simulate hours and take too long under an emulator.


**How it was proved.** The table is made from build constraints and from the functions that only fail: ` + "`go test ./cmd/groupcast -run SystemsPage -update`" + `.
The gate compiles programs and tests for all four systems.
`

// TestSystemsPage makes the table of docs/systems.md from build constraints and from the
// functions that only fail with errors.ErrUnsupported. A function that is such on some
// system and is in no row is an error: the table has all of them.
func TestSystemsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(systemsIntro)
	b.WriteString("| what | Linux | macOS | FreeBSD | Windows | used by |\n|---|---|---|---|---|---|\n")
	named, whole := map[string]bool{}, map[string]bool{}
	for _, a := range abilities() {
		fmt.Fprintf(&b, "| %s |", a.what)
		whole[a.dir] = whole[a.dir] || a.whole
		for _, s := range systems {
			p := readPackage(t, a.dir, s.goos)
			has := "yes"
			for _, f := range a.funcs {
				named[a.dir+"."+f] = true
				has = worse(has, p.has(t, f))
			}
			for _, text := range a.texts {
				has = worse(has, p.branch(t, text))
			}
			fmt.Fprintf(&b, " %s |", has)
		}
		fmt.Fprintf(&b, " %s |\n", a.for_)
	}
	for _, dir := range goDirectories(t) {
		if whole[dir] {
			continue
		}
		here := readPackage(t, dir, "linux")
		for _, s := range systems[1:] {
			for name, f := range readPackage(t, dir, s.goos).funcs {
				if h := here.funcs[name]; fails(f) == "no" && !named[dir+"."+name] && (h == nil || fails(h) != "no") {
					t.Errorf("%s: %s.%s only fails, and no row of the table says so", s.name, dir, name)
				}
			}
		}
	}
	b.WriteString(systemsEnd)
	checkDoc(t, "../../docs/systems.md", b.String(), "TestSystemsPage")
}

// worse is the one of two answers that promises less.
func worse(a, b string) string {
	for _, one := range []string{"no", "in part"} {
		if a == one || b == one {
			return one
		}
	}
	return a
}

// sources is a package as it is for one system.
type sources struct {
	goos   string
	funcs  map[string]*ast.FuncDecl
	consts map[string]string
}

func readPackage(t *testing.T, dir, goos string) sources {
	t.Helper()
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = goos, "amd64", false
	p, err := c.ImportDir(filepath.Join("../..", dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	s := sources{goos, map[string]*ast.FuncDecl{}, map[string]string{}}
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				s.funcs[methodName(d)] = d
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.CONST && len(v.Values) == 1 {
						if id, ok := v.Values[0].(*ast.Ident); ok {
							s.consts[v.Names[0].Name] = id.Name
						}
					}
				}
			}
		}
	}
	return s
}

func methodName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

func (s sources) has(t *testing.T, name string) string {
	t.Helper()
	f := s.funcs[name]
	if f == nil {
		t.Fatalf("%s: there is no %s", s.goos, name)
	}
	has := fails(f)
	if s.goos == "linux" && has == "in part" {
		has = "yes" // all but kernels of long ago
	}
	return has
}

// fails is "no" of a function that does nothing but fail, "in part" of one that fails in a
// branch that the system chose.
func fails(f *ast.FuncDecl) string {
	if f.Body == nil || !saysUnsupported(f.Body) {
		return "yes"
	}
	for _, s := range f.Body.List {
		switch s := s.(type) {
		case *ast.ReturnStmt, *ast.AssignStmt, *ast.RangeStmt:
			if saysUnsupported(s) {
				return "no"
			}
		}
		break
	}
	return "in part"
}

func saysUnsupported(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && (id.Name == "ErrUnsupported" || id.Name == "errNeedsLinux")
		return !found
	})
	return found
}

// branch is "no" where the condition of the error with that text holds.
func (s sources) branch(t *testing.T, text string) string {
	t.Helper()
	for _, f := range s.funcs {
		answer := ""
		ast.Inspect(f, func(n ast.Node) bool {
			if i, ok := n.(*ast.IfStmt); ok && answer == "" && hasText(i.Body, text) {
				answer = "yes"
				if s.holds(i.Cond) {
					answer = "no"
				}
			}
			return true
		})
		if answer != "" {
			return answer
		}
	}
	t.Fatalf("no error has the text %q", text)
	return ""
}

func hasText(n ast.Node, text string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		l, ok := n.(*ast.BasicLit)
		found = found || ok && strings.Contains(l.Value, text)
		return !found
	})
	return found
}

// holds is the value of a condition where all that is no matter of the system is true.
func (s sources) holds(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND:
			return s.holds(e.X) && s.holds(e.Y)
		case token.LOR:
			return s.holds(e.X) || s.holds(e.Y)
		case token.NEQ:
			if l, ok := e.Y.(*ast.BasicLit); ok && l.Kind == token.STRING {
				return strings.Trim(l.Value, `"`) != s.goos
			}
		}
	case *ast.UnaryExpr:
		if id, ok := e.X.(*ast.Ident); ok && e.Op == token.NOT && s.consts[id.Name] == "true" {
			return false
		}
	}
	return true
}

// goDirectories are those of mcast's packages.
func goDirectories(t *testing.T) (list []string) {
	err := filepath.WalkDir("../../mcast", func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" || d.Name() == "labtest" {
			return filepath.SkipDir
		}
		if files, _ := filepath.Glob(filepath.Join(path, "*.go")); slices.ContainsFunc(files, func(f string) bool { return !strings.HasSuffix(f, "_test.go") }) {
			rel, err := filepath.Rel("../..", path)
			if err != nil {
				return err
			}
			c := build.Default
			c.GOOS, c.CgoEnabled = "windows", false
			if _, err := c.ImportDir(path, 0); err == nil && !strings.Contains(path, "listings/") {
				list = append(list, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	if err != nil || len(list) < 20 {
		t.Fatalf("%d packages, %v", len(list), err)
	}
	return list
}
