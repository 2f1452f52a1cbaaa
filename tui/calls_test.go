package tui

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
)

var (
	joining = mcast.Call{At: clock, Took: 12 * time.Microsecond, Name: "setsockopt", Option: "MCAST_JOIN_GROUP", Args: "{224.0.0.114 on eth0 (2)}"}
	sending = mcast.Call{At: clock, Took: 1812 * time.Microsecond, Name: "sendmsg", Args: "{5 bytes to 224.0.0.114:1234 by eth0 (2)}", Result: "5 bytes"}
	reading = mcast.Call{At: clock, Name: "recvmmsg", Args: "{from 192.168.8.226:1234 to 224.0.0.114 on eth0 (2) ttl 1}", Result: "5 bytes"}
)

func called(c mcast.Call, change func(*mcast.Call)) mcast.Call {
	change(&c)
	return c
}

func TestCallRows(t *testing.T) {
	refused := called(joining, func(c *mcast.Call) { c.Err = errors.New("no such device") })
	for _, c := range []struct {
		name  string
		width int
		ascii bool
		calls []mcast.Call
		want  string
	}{
		{"a join", 100, false, []mcast.Call{joining},
			"19:52:40.000 MCAST_JOIN_GROUP           224.0.0.114 on eth0 (2)  ok           addMembership"},
		{"all there is", 150, false, []mcast.Call{joining},
			"19:52:40.000 setsockopt MCAST_JOIN_GROUP        224.0.0.114 on eth0 (2)            ok                      12 µs addMembership = IP_ADD_MEMBERSHIP"},
		{"with ASCII", 150, true, []mcast.Call{joining},
			"19:52:40.000 setsockopt MCAST_JOIN_GROUP        224.0.0.114 on eth0 (2)            ok                      12 us addMembership = IP_ADD_MEMBERSHIP"},
		{"refused", 150, false, []mcast.Call{refused},
			"19:52:40.000 ✗ setsockopt MCAST_JOIN_GROUP      224.0.0.114 on eth0 (2)            no such device          12 µs addMembership = IP_ADD_MEMBERSHIP"},
		{"a send by an interface", 150, false, []mcast.Call{sending},
			"19:52:40.000 sendmsg                            5 bytes to 224.0.0.114:1234 by et… 5 bytes              1,812 µs send, setMulticastInterface"},
		{"reads", 80, false, []mcast.Call{reading, reading, reading},
			"19:52:40.000 recvmmsg x3                from 192.168.8.226:1234 t… 5 bytes"},
		{"narrow", 44, false, []mcast.Call{refused},
			"19:52:40 ✗ MCAST_JOIN_GROUP        224.0.0…"},
		{"hardly a screen", 12, false, []mcast.Call{joining}, "MCAST… 224…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := newCalls(newStyles(true, c.ascii, ansi.WcWidth, colorprofile.TrueColor))
			for _, call := range c.calls {
				view.add(call)
			}
			if got := strings.TrimRight(ansi.Strip(view.render(c.width, 3)), " "); got != " "+c.want {
				t.Errorf("at %d cells\n%q, want\n%q", c.width, got, " "+c.want)
			}
		})
	}
}

func TestReadsMerge(t *testing.T) {
	later := func(c mcast.Call, d time.Duration) mcast.Call {
		return called(c, func(c *mcast.Call) { c.At = c.At.Add(d) })
	}
	failed := called(reading, func(c *mcast.Call) { c.Err = errors.New("connection refused") })
	for _, c := range []struct {
		name  string
		calls []mcast.Call
		times []int
	}{
		{"two reads", []mcast.Call{reading, later(reading, 999*time.Millisecond)}, []int{2}},
		{"a second apart", []mcast.Call{reading, later(reading, time.Second)}, []int{1, 1}},
		{"each soon after the one before", []mcast.Call{reading, later(reading, 900*time.Millisecond), later(reading, 1800*time.Millisecond)}, []int{3}},
		{"a send between", []mcast.Call{reading, sending, reading}, []int{1, 1, 1}},
		{"sends", []mcast.Call{sending, sending}, []int{1, 1}},
		{"a read that failed", []mcast.Call{reading, failed, reading}, []int{1, 1, 1}},
		{"on another system", []mcast.Call{
			called(reading, func(c *mcast.Call) { c.Name = "recvmsg" }),
			called(reading, func(c *mcast.Call) { c.Name = "recvmsg" }),
		}, []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := newCalls(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
			for _, call := range c.calls {
				view.add(call)
			}
			view.top()
			for n, want := range c.times {
				row, _ := view.selectedValue()
				if row.Times != want || view.len() != len(c.times) {
					t.Fatalf("row %d of %d stands for %d calls, want %d of %d", n, view.len(), row.Times, want, len(c.times))
				}
				view.move(1)
			}
		})
	}
}

// While the list is held, what is on the screen stays as it is: reads merge
// with those that wait only.
func TestReadsMergeBelow(t *testing.T) {
	view := newCalls(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	view.add(reading)
	view.move(-1)
	view.add(reading)
	view.add(reading)
	if row, _ := view.selectedValue(); row.Times != 1 || view.newBelow() != 1 {
		t.Errorf("held, the row stands for %d reads with %d rows below, want 1 and 1", row.Times, view.newBelow())
	}
	view.newest()
	if row, _ := view.selectedValue(); row.Times != 2 || view.len() != 2 {
		t.Errorf("then the last of %d rows stands for %d reads, want 2 of 2", view.len(), row.Times)
	}
}

// A row that is replaced is looked at by the filter again.
func TestMergedReadsAreFiltered(t *testing.T) {
	view := newCalls(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
	view.setFilter("8.226")
	other := called(reading, func(c *mcast.Call) { c.Args = "{from 192.168.8.9:1234 on eth0 (2) ttl 1}" })
	for n, step := range []struct {
		call mcast.Call
		want int
	}{{reading, 1}, {reading, 1}, {other, 0}, {reading, 1}} {
		view.add(step.call)
		if view.len() != step.want {
			t.Errorf("after call %d the filter shows %d rows, want %d", n+1, view.len(), step.want)
		}
	}
	view.move(-1)
	view.add(reading)
	view.add(other)
	if view.newBelow() != 0 {
		t.Errorf("%d that match wait, want none: the last read replaced the one that did", view.newBelow())
	}
}

func TestCallDetail(t *testing.T) {
	for _, c := range []struct {
		name  string
		call  mcast.Call
		wants []string
	}{
		{"a join", joining, []string{
			"setsockopt MCAST_JOIN_GROUP", "{224.0.0.114 on eth0 (2)}", "result ok", "took 12 µs",
			"It does not choose the outgoing interface", "in node addMembership", "IP_ADD_MEMBERSHIP", "RFC 3678",
		}},
		{"refused", called(joining, func(c *mcast.Call) { c.Err = errors.New("no such device") }), []string{
			"✗ setsockopt MCAST_JOIN_GROUP", "no such device (the kernel refused it)",
		}},
		{"a send", sending, []string{
			"in node send, setMulticastInterface", "result 5 bytes",
			"In the kernel (Linux) udp_sendmsg", "ip_route_output_flow the interface and the source address (no-route)",
			"dev_loopback_xmit the loopback copy goes to this host (loopback-not-proof)", "__dev_queue_xmit is there room in the interface's queue? (send-queue-full)",
			"groupcast explain send-path",
		}},
		{"what a join lets in", joining, []string{
			"In the kernel (Linux) __netif_receive_skb_core", "ip_rcv_finish_core the route back; is it for this host? (reverse-path)",
			"__udp_enqueue_schedule_skb is there room in the receive buffer? (receive-overflow)", "groupcast explain receive-path",
		}},
		{"an unknown call", mcast.Call{At: clock, Name: "ioctl"}, []string{"ioctl", "result ok"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := newCalls(newStyles(true, false, ansi.WcWidth, colorprofile.TrueColor))
			view.add(c.call)
			view.move(-1)
			got := strings.Join(strings.Fields(ansi.Strip(strings.Join(view.detail(100), " "))), " ")
			for _, want := range c.wants {
				if !strings.Contains(got, want) {
					t.Errorf("want %q in\n%s", want, got)
				}
			}
		})
	}
}

// The tables of the pages are read whole, and every call that has a page is one.
func TestPathPages(t *testing.T) {
	for key, name := range pathPages {
		page, err := doctor.FindPage(name)
		if err != nil {
			t.Fatal(err)
		}
		list := pathFunctions(page)
		if len(list) < 8 {
			t.Errorf("%s: %d functions of %s: %+v", key, len(list), name, list)
		}
		for _, f := range list {
			if f.name == "" || f.decided == "" || len(f.name) > pathName-2 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// Every call that package mcast tells of, and every option that it sets, has
// its entry.
func TestCallNamesAreComplete(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join("..", "mcast", "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources of package mcast: %v", err)
	}
	known := make(map[string]bool)
	for key := range callNames {
		for name := range strings.SplitSeq(key, ", ") {
			known[name] = true
		}
		known[key] = true
	}
	known["setsockopt"] = true // stands for its options
	found := 0
	want := func(name, where string) {
		found++
		if !known[name] {
			t.Errorf("callNames lacks %q, which %s has", name, where)
		}
	}
	option := regexp.MustCompile(`^((IP|IPV6|MCAST|SO)_[A-Z_]+)$`)
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && option.MatchString(s) {
					want(s, path)
				}
			case *ast.CallExpr: // trace.do("close", ...)
				if do, ok := n.Fun.(*ast.SelectorExpr); ok && do.Sel.Name == "do" && len(n.Args) == 4 {
					want(literal(n.Args[0]), path)
				}
			case *ast.KeyValueExpr: // Call{Name: "sendmsg"}
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Name" && filepath.Base(path) == "send.go" {
					want(literal(n.Value), path)
				}
			case *ast.ValueSpec: // readCall
				if n.Names[0].Name == "readCall" {
					want("recvmmsg", path)
					want("recvmsg", path)
				}
			}
			return true
		})
	}
	if found < 40 {
		t.Errorf("only %d names were found in the sources; is this test looking for what they write?", found)
	}
	for key, n := range callNames {
		if n.node == "" || n.does == "" || n.read == "" {
			t.Errorf("the entry of %q is not complete: %+v", key, n)
		}
	}
}

func literal(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			return s
		}
	}
	return ""
}
