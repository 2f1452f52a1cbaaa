package lab_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Whatever a client writes, to the lab or to the process of a host, the lab
// answers it or hangs up, and both serve the next one.
func FuzzConsole(f *testing.F) {
	for _, message := range []string{`{"Do":"topology"}`, `{"Do":"counters"}`, `{"Do":"fault","Words":["loss","A.eth0","130%"]}`, `{"Do":"enter","Host":"Z"}`, `{"Do":"own"}`, `{"Do":"own","Words":["check"]}`, "{}", "", "\x00", `{"Words":1}`} {
		f.Add(message, false)
	}
	for _, message := range []string{"garbage", "{}", "", `{"Path":"L2Jpbi90cnVl"}`, `{"Path":1}`, `{"Signal":9}`} {
		f.Add(message, true)
	}
	dir := f.TempDir()
	f.Setenv("XDG_RUNTIME_DIR", dir)
	c, err := lab.Listen("fuzz")
	if err != nil {
		f.Fatal(err)
	}
	l := labtest.Build(f, oneHost([]lab.Interface{{Name: "eth0", Switch: "lan"}}))
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx, c) }()
	f.Cleanup(func() { cancel(); <-served })
	addr := &net.UnixAddr{Net: "unixpacket", Name: filepath.Join(dir, "groupcast", "fuzz")}

	f.Fuzz(func(t *testing.T, message string, toHost bool) {
		var order struct {
			Do    string
			Words []string
		}
		if json.Unmarshal([]byte(message), &order) == nil && !toHost {
			if _, err := lab.ParseFault(order.Words); order.Do == "down" || order.Do == "fault" && err == nil {
				return // it would be done
			}
		}
		conn := dialRaw(t, addr)
		defer conn.Close()
		if toHost {
			enterRaw(t, conn)
		}
		_, _ = conn.Write([]byte(message)) // longer than the socket takes: as if nothing was written
		_ = conn.CloseWrite()
		b := make([]byte, 64<<10)
		n, err := conn.Read(b)
		var answer struct{ Error *string }
		switch {
		case os.IsTimeout(err):
			t.Errorf("no answer to %q", message)
		case toHost && n > 0:
			t.Errorf("the host answers %q with %s: a command without files", message, b[:n])
		case n > 0 && (json.Unmarshal(b[:n], &answer) != nil || answer.Error == nil):
			t.Errorf("%q is answered by %s", message, b[:n])
		}
		next := dialRaw(t, addr)
		defer next.Close()
		enterRaw(t, next)
	})
}

func dialRaw(t *testing.T, addr *net.UnixAddr) *net.UnixConn {
	t.Helper()
	conn, err := net.DialUnix("unixpacket", nil, addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return conn
}

// enterRaw asks for the process of host A.
func enterRaw(t *testing.T, conn *net.UnixConn) {
	t.Helper()
	if _, err := conn.Write([]byte(`{"Do":"enter","Host":"A"}`)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1024)
	if n, err := conn.Read(b); err != nil || string(b[:n]) != `{"Error":""}` {
		t.Fatalf("enter A is answered by %q, %v", b[:n], err)
	}
}
