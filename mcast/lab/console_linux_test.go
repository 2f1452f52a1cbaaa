package lab_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

// serve runs the article's LAN under a name, and returns its socket.
func serve(t *testing.T, name string) (socket string, served chan error) {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	c, err := lab.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Up(t.Context(), lab.Article)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served = make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		served <- l.Serve(ctx, c)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		l.Close()
	})
	return filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "groupcast", name), served
}

func TestConsole(t *testing.T) {
	_, served := serve(t, "ours")
	if _, err := lab.Listen("ours"); !errors.Is(err, lab.ErrRunning) {
		t.Errorf("the name a second time: %v, want ErrRunning", err)
	}
	r, err := lab.Dial("ours")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Topology(); len(got.Hosts) != 2 || got.Hosts[0].Name != "A" {
		t.Errorf("its topology is %+v, want the article's", got)
	}
	if all, err := r.Counters(); err != nil || !all["A.eth0"].Carrier || len(all) != 3 {
		t.Errorf("its counters are %+v, %v; want those of 3 interfaces", all, err)
	}
	if out, err := r.Command(t.Context(), "B", "cat", "/proc/net/dev").Output(); err != nil || strings.Contains(string(out), "eth1") {
		t.Errorf("in B: %v\n%s\nwant eth0 and no eth1", err, out)
	}
	if _, err := r.Command(t.Context(), "C", "true").Output(); err == nil || !strings.Contains(err.Error(), `no host "C"`) {
		t.Errorf("in C, which is not there: %v", err)
	}
	if err := r.Down(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve ends with %v after Down, want nil", err)
	}
	if _, err := lab.Dial("ours"); !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("Dial after Down: %v, want ErrNotRunning", err)
	}
}

// What breaks the protocol ends its own connection, and nothing else.
func TestConsoleHostile(t *testing.T) {
	socket, _ := serve(t, "ours")
	for _, message := range []string{"", "garbage", "{}", `{"Do":"no such"}`, `{"Do":"fault"}`, `{"Do":"enter","Host":"Z"}`, `{"Words":1}`, strings.Repeat("x", 150<<10), "\x00\xff"} {
		conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Net: "unixpacket", Name: socket})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(message))
		_ = conn.CloseWrite()
		b := make([]byte, 1024)
		n, _ := conn.Read(b)
		if n > 0 && !strings.Contains(string(b[:n]), `"Error":"`) {
			t.Errorf("%.40q is answered by %s, want an error or none", message, b[:n])
		}
		conn.Close()
	}
	// In a host's process: a command without files, and none at all.
	for _, message := range []string{"garbage", `{"Path":"L2Jpbi90cnVl"}`, "{}"} {
		conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Net: "unixpacket", Name: socket})
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1024)
		_, _ = conn.Write([]byte(`{"Do":"enter","Host":"A"}`))
		if n, err := conn.Read(b); err != nil || strings.TrimSpace(string(b[:n])) != `{"Error":""}` {
			t.Fatalf("enter A is answered by %s, %v", b[:n], err)
		}
		_, _ = conn.Write([]byte(message))
		if n, _ := conn.Read(b); n != 0 {
			t.Errorf("%q is answered by %s, want to be hung up on", message, b[:n])
		}
		conn.Close()
	}
	r, err := lab.Dial("ours")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Command(t.Context(), "A", "true").Run(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Where others could reach the sockets, or put theirs, there is no lab.
func TestConsoleDirectory(t *testing.T) {
	run := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", run)
	dir := filepath.Join(run, "groupcast")
	refused := func(why string) {
		t.Helper()
		if _, err := lab.Listen("ours"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Listen: %v, want %q", err, why)
		}
		if _, err := lab.Running(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Running: %v, want %q", err, why)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(t.TempDir(), dir); err != nil {
		t.Fatal(err)
	}
	refused("not a directory but a link or a file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("not a directory but a link or a file")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	refused("others may use it (mode 0755)")

	c, err := lab.Listen("ours")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "ours"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want mode %v", path, info.Mode(), err, mode)
		}
	}
	for _, name := range []string{"", "A", "a.b", "../a", "a/b", strings.Repeat("a", 33)} {
		if _, err := lab.Listen(name); err == nil {
			t.Errorf("Listen %q: no error", name)
		}
	}
}
