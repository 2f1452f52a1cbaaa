package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// answerTimeout is how long a running lab may take to carry out an order. Down
// waits for the end of every process in it.
const answerTimeout = 30 * time.Second

// Remote is a lab that another process of the same user runs.
type Remote struct {
	name     string                        // "": it has none
	dial     func() (*net.UnixConn, error) // begins a conversation
	topology Topology
	kind     string
}

// Dial finds a running lab by its name. The error is [ErrNotRunning] if there is
// none. If one was killed, Dial removes its socket and the error says so.
func Dial(name string) (*Remote, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	r := &Remote{name: name, dial: func() (*net.UnixConn, error) { return dialConsole(name) }}
	a, err := r.do(order{Do: orderTopology})
	if err != nil {
		return nil, err
	}
	r.topology, r.kind = a.Topology, a.Kind
	return r, nil
}

// Running returns the names of the user's running labs, sorted. It removes the
// sockets of labs that were killed.
func Running() ([]string, error) { return consoleNames() }

// Name is the name of the lab.
func (r *Remote) Name() string { return r.name }

// Kind is what is served under the name, see [Service].
func (r *Remote) Kind() string { return r.kind }

// Topology is what was built.
func (r *Remote) Topology() Topology { return r.topology }

// Counters returns the counters of every interface that is there, by names
// such as A.eth0.
func (r *Remote) Counters() (map[string]Counters, error) {
	a, err := r.do(order{Do: orderCounters})
	return a.Counters, err
}

// Now tells how the lab is now. The hosts of a large one are looked at in several parts,
// one after another.
func (r *Remote) Now() (Now, error) {
	now := emptyNow()
	for first := 0; ; {
		a, err := r.do(order{Do: orderNow, First: first})
		if err != nil {
			return Now{}, err
		}
		if a.Now != nil {
			now.add(*a.Now)
		}
		if a.Next <= first {
			return now, nil
		}
		first = a.Next
	}
}

// Fault makes a fault, in the words of [ParseFault].
func (r *Remote) Fault(words []string) error {
	_, err := r.do(order{Do: orderFault, Words: words})
	return err
}

// Down closes the lab, and returns when every process in it has ended.
func (r *Remote) Down() error {
	_, err := r.do(order{Do: orderDown})
	return err
}

// Command prepares a command in a host of the lab. It is looked up, and runs,
// with this process's PATH, environment and directory. Otherwise it is as
// Node.Command makes it: a Cmd ends with the lab or with this process.
func (r *Remote) Command(ctx context.Context, host, name string, args ...string) *Cmd {
	return command(ctx, remoteHost{r, host}, name, args)
}

// ConfinedCommand is as [Node.ConfinedCommand], in a host of the lab.
func (r *Remote) ConfinedCommand(ctx context.Context, host string, c Confinement, path string, args ...string) *Cmd {
	return confinedCommand(ctx, remoteHost{r, host}, c, path, args)
}

// remoteHost is a host of a lab that another process runs.
type remoteHost struct {
	remote *Remote
	name   string
}

func (h remoteHost) Name() string { return h.name }

func (h remoteHost) start(ctx context.Context, r request, files [3]*os.File) (*process, error) {
	conn, _, err := h.remote.ask(order{Do: orderEnter, Host: h.name})
	if err != nil {
		return nil, err
	}
	return converse(ctx, h.name, conn, r, files)
}

func (r *Remote) do(o order) (answer, error) {
	conn, a, err := r.ask(o)
	if err != nil {
		return answer{}, err
	}
	conn.Close()
	return a, nil
}

// answered is the error that a lab has answered.
func answered(text string) error {
	if text == ErrNotRunning.Error() {
		return ErrNotRunning
	}
	return errors.New(text)
}

// failed says of which lab an error is.
func (r *Remote) failed(err error) error {
	if r.name == "" {
		return fmt.Errorf("lab: %w", err)
	}
	return fmt.Errorf("lab: %s: %w", r.name, err)
}

// ask gives an order, and returns the answer and the connection.
func (r *Remote) ask(o order) (*net.UnixConn, answer, error) {
	conn, a, err := exchange(r.dial, o)
	switch {
	case err != nil:
		return nil, answer{}, r.failed(err)
	case a.Error != "":
		conn.Close()
		return nil, answer{}, r.failed(answered(a.Error))
	}
	return conn, a, nil
}

func exchange(dial func() (*net.UnixConn, error), o order) (conn *net.UnixConn, a answer, err error) {
	if conn, err = dial(); err != nil {
		return nil, a, err
	}
	_ = conn.SetDeadline(time.Now().Add(answerTimeout))
	err = send(conn, o)
	if err == nil {
		var files []*os.File
		files, err = receive(conn, &a)
		closeAll(files)
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("no answer within %v: %w", answerTimeout, err)
	case errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET), errors.Is(err, io.EOF):
		err = fmt.Errorf("it has just ended: %w", ErrNotRunning)
	}
	if err != nil {
		conn.Close()
		return nil, a, err
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, a, nil
}
