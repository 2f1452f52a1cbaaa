package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// twoSites is two LANs, each with a host that is on a third network, too, which nothing
// but unicast crosses.
func twoSites() lab.Topology {
	t := twoRooms()
	wan := func(addr string) lab.Interface {
		return lab.Interface{Name: "eth1", Switch: "wan", Addrs: []netip.Prefix{netip.MustParsePrefix(addr)}}
	}
	m := t.Hosts[2]
	n := lab.Host{Name: "N", Interfaces: []lab.Interface{m.Interfaces[1], wan("10.9.0.2/24")}}
	n.Interfaces[0].Name = "eth0"
	t.Hosts[2] = lab.Host{Name: "M", Interfaces: []lab.Interface{m.Interfaces[0], wan("10.9.0.1/24")}}
	t.Hosts = append(t.Hosts, n)
	t.Switches = append(t.Switches, lab.Switch{Name: "wan"})
	return t
}

// The commands of two rooms and a hub: who leads and who stands by, how all stand, and
// what each says when a leader is killed, a key is taken back and the hub ends.
func TestBridgesByAHub(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-o", dir+string(filepath.Separator), "./cmd/groupcast-hub")
	build.Dir, build.Env = "../..", append(os.Environ(), "XDG_CACHE_HOME=") // with what go has built before
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	l := labtest.Build(t, twoSites())
	a, b, m, n := l.Host("A"), l.Host("B"), l.Host("M"), l.Host("N")
	atHub := func(args ...string) *program {
		env := []string{"PATH=" + dir + string(filepath.ListSeparator) + os.Getenv("PATH"), "groupcast", "hub", "--dir", filepath.Join(dir, "hub"), "--out", dir}
		return start(t, m, "env", append(env, args...)...)
	}
	bridges := func(at *lab.Node, site string, args ...string) *program {
		return start(t, at, "groupcast", append([]string{"bridge", "--hub", filepath.Join(dir, site+".hub"), "-i", "eth0", "224.0.0.114"}, args...)...)
	}
	hub := atHub("--url", "10.9.0.1", "--site", "room-1", "--site", "room-2")
	hub.saysAnywhere("room-2.hub")
	beside := atHub()
	if got := beside.status(); got != exitNot || !strings.Contains(beside.err.String(), "hint: groupcast hub --site NAME adds a site to it") {
		t.Errorf("a hub beside a hub: exit status %d\n%s", got, beside.err.String())
	}

	leader := bridges(m, "room-1")
	leader.prints("room-1 on eth0 carries 224.0.0.114:1234 by the hub at 10.9.0.1:4222; no other site carries it yet\n")
	standby := bridges(m, "room-1")
	standby.prints("room-1 on eth0 stands by: 10.1.0.1 carries 224.0.0.114:1234 by the hub at 10.9.0.1:4222\n")
	other := bridges(n, "room-2")
	other.prints("room-2 on eth0 carries 224.0.0.114:1234 by the hub at 10.9.0.1:4222\n")
	wrong := start(t, n, "groupcast", "bridge", "--hub", filepath.Join(dir, "room-1.hub"), "-i", "eth0", "239.5.5.5")
	wrong.remarks("groupcast: room-1 on eth0 stands by: 10.1.0.1 leads, and does not carry 239.5.5.5:1234: nobody does\n  hint: name the same groups at all bridges of a site\n" +
		"groupcast: 10.1.0.1 is not on the networks of eth0: if this is another LAN, it needs a hub file of its own\n")
	if err := wrong.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := wrong.status(); got != exitDoubt {
		t.Errorf("a bridge whose groups nobody carries: exit status %d, want %d", got, exitDoubt)
	}
	leader.prints("  a bridge of room-2 at 10.2.0.1 has joined, for 224.0.0.114:1234\n")

	server := start(t, b, "node", peer(t, "server.js"))
	server.prints("ready")
	start(t, a, "node", peer(t, "client.js"), "hello").status()
	server.prints("receive msg: hello from 10.2.0.1\n")
	status := do(t, n, "bridge", "status", "--hub", filepath.Join(dir, "room-2.hub"))
	if got := status.status(); got != exitOK {
		t.Errorf("bridge status: exit status %d\n%s", got, status.err.String())
	}
	table := regexp.MustCompile(`^  GROUP             HEARD  LAST   CARRIED  RE-SENT  FRAMES  NOT CARRIED
room-1 on eth0: 10\.1\.0\.1 leads
  224\.0\.0\.114:1234  1      \d+\.\d s  1        0        0       0
room-1 on eth0: 10\.1\.0\.1 stands by
  224\.0\.0\.114:1234  1      \d+\.\d s  0        0        0       1 stood by
room-2 on eth0: 10\.2\.0\.1 leads
  224\.0\.0\.114:1234  0      never  0        1        0       0
$`)
	if !table.MatchString(status.out.String()) {
		t.Errorf("bridge status printed\n%s", status.out.String())
	}

	if err := leader.cmd.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	standby.prints("  room-1 on eth0: this bridge leads now, and carries\n")
	start(t, a, "node", peer(t, "client.js"), "again").status()
	server.prints("receive msg: again from 10.2.0.1\n")
	if got := strings.Count(server.out.String(), "receive msg: "); got != 2 {
		t.Errorf("of two datagrams %d arrived\n%s", got, server.out.String())
	}

	if err := m.Link("eth0").SetDown(); err != nil {
		t.Fatal(err)
	}
	standby.prints("  room-1 on eth0: this bridge does not lead any more: its interface or the sends failed\n")

	if got := atHub("--remove", "room-2").status(); got != exitOK {
		t.Errorf("groupcast hub --remove: exit status %d", got)
	}
	if got := other.status(); got != exitNot {
		t.Errorf("a bridge whose key was taken back: exit status %d, want %d", got, exitNot)
	}
	if strings.Contains(other.err.String(), "not reached") {
		t.Errorf("a hub that refuses the key was reached:\n%s", other.err.String())
	}
	other.remarks("groupcast: the hub has taken the key of site room-2 back\n  hint: if the key was removed or replaced, ask for a new file where the hub runs: groupcast hub --site room-2\n")
	if err := hub.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := hub.status(); got != exitOK {
		t.Errorf("the hub ends with %d\n%s", got, hub.err.String())
	}
	standby.remarks("groupcast: the hub at 10.9.0.1:4222 is not reached since ")
	if err := standby.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := standby.status(); got != exitOK {
		t.Errorf("a bridge that a signal ended: exit status %d\n%s", got, standby.err.String())
	}
	standby.prints("room-1 on eth0, 224.0.0.114:1234: heard 2, carried 1, re-sent 0; not carried: 1 (another bridge of the site led)\n")
	gone := do(t, n, "bridge", "status", "--hub", filepath.Join(dir, "room-1.hub"), "-W", "0.2")
	if got := gone.status(); got != exitNot {
		t.Errorf("without a hub: bridge status ends with %d", got)
	}
	gone.remarks("groupcast: the hub at 10.9.0.1:4222 was not reached in 200ms: ")
}

// A file that this user may not read is said to be another's.
func TestBridgeFileIsAnothers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "room-1.hub")
	if err := os.WriteFile(path, nil, 0); err != nil {
		t.Fatal(err)
	}
	labtest.Unprivileged(t, labtest.Build(t, lab.Article).Host("B"), func() error {
		for _, h := range []hubFlags{{at: path}, {at: "tls://nats.example", site: "room-1", creds: path}} {
			if _, err := h.config(); !errors.Is(err, fs.ErrPermission) || !strings.Contains(hint(err), "chown") {
				t.Errorf("%v: %v", h, err)
			}
		}
		return nil
	})
}
