package mcast_test

import (
	"errors"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A program that sets nothing hears the groups of others, and so does a Conn
// that is told to; what comes that way is marked.
func TestMulticastAll(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var calls calls
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, MulticastAll: true, Trace: calls.trace()})
		t.must(c.Join, t.mark, t.eth0)
		another := t.listen()
		t.must(another.Join, t.g, t.eth0)
		set := func(on bool) {
			t.Helper()
			if err := c.SetMulticastAll(on); err != nil {
				t.Fatalf("SetMulticastAll(%v): %v", on, err)
			}
		}

		t.hears("opened so", c, []int{1, 2}, nil, 1, 2)
		set(false)
		t.hears("switched off", c, []int{1, 2}, nil)
		set(true)
		t.hears("switched on", c, []int{1, 2}, nil, 1, 2)
		t.must(c.Join, t.g, t.eth0)
		t.hears("joined as well", c, []int{1, 2}, []int{1, 2})

		name := "IP_MULTICAST_ALL"
		if t.g.Addr.Is6() {
			name = "IPV6_MULTICAST_ALL"
		}
		if want := []string{name + " 0", name + " 1"}; !slices.Equal(calls.of(name), want) {
			t.Errorf("the calls are %q, want %q: a socket that is opened so is left as it is", calls.of(name), want)
		}
		c.Close()
		if err := c.SetMulticastAll(false); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetMulticastAll after Close: %v, want net.ErrClosed", err)
		}
	})
}

// What came by another's membership is marked as well when it is read only
// after that was switched off.
func TestStraysThatWait(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, MulticastAll: true})
		t.must(c.Join, t.mark, t.eth0)
		another := t.listen()
		t.must(another.Join, t.g, t.eth0)
		t.say(t.g, 1)
		labtest.Next(t.T, another) // so that c has it too
		if err := c.SetMulticastAll(false); err != nil {
			t.Fatal(err)
		}
		t.hears("switched off", c, nil, nil, 1)
	})
}

// More groups than a socket holds need the option for themselves; what was
// wanted counts again once they are left.
func TestMulticastAllWithMoreGroups(t *testing.T) {
	eachVersion(t, func(t *talk) {
		c, another := t.listen(), t.listen()
		t.must(another.Join, t.g, t.eth0)
		for _, on := range []bool{true, false} {
			const most = 25 // with IPv4 one socket holds 20
			for n := range most {
				t.must(c.Join, t.nth(n), t.eth0)
			}
			if err := c.SetMulticastAll(on); err != nil {
				t.Fatal(err)
			}
			for n := range most {
				t.must(c.Leave, t.nth(n), t.eth0)
			}
			if on {
				t.hears("wanted", c, []int{1}, nil, 1)
			} else {
				t.hears("not wanted", c, []int{1}, nil)
			}
		}
	})
}

func TestSetReadBuffer(t *testing.T) {
	eachVersion(t, func(t *talk) {
		var calls calls
		c := labtest.Socket(t.T, t.b, mcast.Config{Addr: anyOf(t.g), Port: t.g.Port, ReadBuffer: 32 << 10, Trace: calls.trace()})
		t.must(c.Join, t.mark, t.eth0)
		t.say(t.mark, 1) // waits while the buffer changes
		if err := c.SetReadBuffer(64 << 10); err != nil {
			t.Fatal(err)
		}
		if got := c.ReadBuffer(); got != 128<<10 {
			t.Errorf("ReadBuffer is %d after SetReadBuffer(65536), want the double", got)
		}
		if err := c.SetReadBuffer(1 << 30); err != nil || c.ReadBuffer() >= 1<<30 || c.ReadBuffer() < 128<<10 {
			t.Errorf("SetReadBuffer(1 GiB): %v, granted %d; want as much as rmem_max allows", err, c.ReadBuffer())
		}
		if err := c.SetReadBuffer(0); err == nil {
			t.Error("SetReadBuffer(0) is no error")
		}
		if want := []string{"SO_RCVBUF 32768", "SO_RCVBUF 65536", "SO_RCVBUF 1073741824"}; !slices.Equal(calls.of("SO_RCVBUF"), want) {
			t.Errorf("the calls are %q, want %q", calls.of("SO_RCVBUF"), want)
		}
		labtest.Hears(t.T, c, "1")
	})
}

// calls are those that a Trace was told of.
type calls struct {
	mu   sync.Mutex
	list []mcast.Call
}

func (c *calls) trace() *mcast.Trace {
	return &mcast.Trace{Call: func(call mcast.Call) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.list = append(c.list, call)
	}}
}

// of lists the calls with that option, and their arguments.
func (c *calls) of(option string) (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.list {
		if call.Option == option {
			list = append(list, option+" "+call.Arguments())
		}
	}
	return list
}
