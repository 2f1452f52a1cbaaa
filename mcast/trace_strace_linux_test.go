package mcast_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var (
	straceCall   = regexp.MustCompile(`^(\w+)\((.*)\) = (\S+)`)
	straceOption = regexp.MustCompile(`\b((?:SO|IP|IPV6|MCAST)_[A-Z_0-9]+)\b`)
)

// stracedCalls are the calls in strace's output that a Trace tells of, as "setsockopt
// SO_BROADCAST". It leaves out questions, and reads that find nothing.
func stracedCalls(t *testing.T, name string) (calls []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "strace", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := straceCall.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%s: no call: %s", name, line)
		}
		call, args := m[1], m[2]
		switch {
		case strings.HasPrefix(call, "get") || strings.Contains(line, "EAGAIN"):
			continue
		case call == "setsockopt":
			call += " " + strings.TrimSuffix(straceOption.FindString(args), "_OLD")
		case strings.Contains(args, "MSG_ERRQUEUE"):
			call += " MSG_ERRQUEUE"
		case call == "sendmsg" && strings.Contains(args, "msg_name=NULL"):
			call += " without an address"
		}
		calls = append(calls, call)
	}
	return calls
}

// What a Trace tells is what strace(1) saw of the same calls, in their order. The files
// say how they were made.
func TestTraceIsAsStraceHasIt(t *testing.T) {
	t.Parallel()
	a := labtest.Build(t, lab.Article).Host("A")
	eth0 := labtest.Device(t, a, "eth0")
	six := labtest.Group("[ff02::114]:1234")
	for _, tt := range []struct {
		file string
		cfg  mcast.Config
		do   func(t *testing.T, c *mcast.Conn)
	}{
		{"listen.txt", mcast.Config{Port: 1234}, func(t *testing.T, c *mcast.Conn) {
			join(t, a, c, mcast.DefaultGroup, eth0)
			labtest.In(t, a, func() error { _, err := c.Discard(); return err })
		}},
		{"send6.txt", mcast.Config{Addr: host.Unspecified(six.Addr)}, func(t *testing.T, c *mcast.Conn) {
			labtest.In(t, a, func() error { return c.SetHops(1) })
			// Whether it leaves or not.
			labtest.In(t, a, func() error { _ = c.Send([]byte("hello"), six.AddrPort(), mcast.Via{IfIndex: eth0.Index}); return nil })
		}},
		{"probe.txt", mcast.Config{Remote: netip.MustParseAddrPort("127.0.0.1:9"), PeerError: func(mcast.PeerError) {}}, func(t *testing.T, c *mcast.Conn) {
			labtest.In(t, a, func() error { return c.Send([]byte("hello"), netip.AddrPort{}, mcast.Via{}) })
			if _, err := c.Read(context.Background(), make([]mcast.Datagram, 1)); err == nil {
				t.Error("the read after a refusal: no error")
			}
		}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			var mu sync.Mutex
			var told []string
			tt.cfg.Trace = &mcast.Trace{Call: func(c mcast.Call) {
				call := strings.TrimSpace(c.Name + " " + c.Option)
				if c.Name == "sendmsg" && !strings.Contains(c.Arguments(), " to ") {
					call += " without an address"
				}
				mu.Lock()
				defer mu.Unlock()
				told = append(told, call)
			}}
			c := labtest.Socket(t, a, tt.cfg)
			tt.do(t, c)
			mu.Lock()
			defer mu.Unlock()
			want := strings.Join(stracedCalls(t, tt.file), "\n")
			if got := strings.Join(told, "\n"); got != want {
				t.Errorf("the trace tells of\n%s\nand strace of\n%s", got, want)
			}
		})
	}
}
