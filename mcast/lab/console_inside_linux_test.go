package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() {
	programs["ask from inside"] = func() error {
		r, err := lab.Dial(os.Getenv("GROUPCAST_LAB_NAME"))
		if err != nil {
			return err
		}
		echo := func() (got string, err error) {
			err = r.Order(context.Background(), []string{"echo", "a"}, func(b json.RawMessage) { got += string(b) })
			return got, err
		}
		got, err := echo()
		fmt.Printf("%s of %d: %s, %v\n", r.Kind(), len(r.Topology().Hosts), got, err)
		_, counters := r.Counters()
		_, now := r.Now()
		for what, err := range map[string]error{
			"another order": r.Order(context.Background(), []string{"cure"}, nil), "a fault": r.Fault([]string{"cut", "A.eth0"}),
			"the end": r.Down(), "counters": counters, "its state": now, "another host": r.Command(context.Background(), "A", "/bin/true").Run(),
		} {
			if err == nil || !strings.Contains(err.Error(), "only echo, long is possible: ask the teacher") {
				fmt.Printf("%s: %v\n", what, err)
			}
		}
		if err := r.Order(context.Background(), []string{"long"}, nil); err == nil {
			fmt.Println("a long answer is told")
		}
		if err := garbage(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "groupcast", r.Name())); err != nil {
			return err
		}
		got, err = echo()
		fmt.Printf("after garbage: %s, %v\n", got, err)
		return nil
	}
}

// garbage is said by many clients at once, which then go.
func garbage(path string) error {
	for n := range 60 {
		c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Net: "unixpacket", Name: path})
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write([]byte(strings.Repeat("[{\x00", 1+n))); err != nil {
			return err
		}
	}
	return nil
}

// Of a lab that takes orders a confined command reaches those that it may give, and
// nothing else. What it says there holds up nobody.
func TestOrdersFromInside(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	c, err := lab.Listen("ours")
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, lab.Article)
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		served <- lab.Serve(ctx, c, lab.Service{
			Kind: "test", Lab: func() (*lab.Lab, func()) { return l, func() {} }, Down: func() {},
			Order: func(_ context.Context, words []string, tell func(any) error) error {
				if words[0] == "long" {
					return tell(strings.Repeat("x", 1<<20))
				}
				return tell(words[1:])
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Errorf("Serve: %v", err)
		}
	})
	r, err := lab.Dial("ours")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inside := func(orders ...string) (string, error) {
		cmd := r.ConfinedCommand(t.Context(), "B", lab.Confinement{Program: self, Data: ownData, Orders: orders}, lab.SeatProgram)
		cmd.Env = []string{programEnv + "=ask from inside"}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := inside("echo", "long"); err != nil || out != "test of 2: [\"a\"], <nil>\nafter garbage: [\"a\"], <nil>\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := inside(); err == nil || !strings.Contains(out, "name") {
		t.Errorf("without orders: %v\n%s", err, out)
	}
	cmd := l.Host("A").ConfinedCommand(t.Context(), lab.Confinement{Program: self, Orders: []string{"echo"}}, "/bin/true")
	if err := cmd.Run(); err == nil || !strings.Contains(err.Error(), "nobody takes its orders") {
		t.Errorf("past the service: %v", err)
	}
}
