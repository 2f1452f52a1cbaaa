package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Other processes of the user give a running lab orders, one for each
// connection. After the answer to orderEnter the connection is the host's
// process's, for a conversation about one command.
const (
	orderTopology = "topology"
	orderCounters = "counters"
	orderNow      = "now"
	orderFault    = "fault"
	orderEnter    = "enter"
	orderDown     = "down"
	orderOwn      = "own" // of the process that serves the lab
)

type (
	order struct {
		Do    string
		Host  string
		Words []string
		First int `json:",omitempty"` // of the hosts that orderNow asks about
	}
	answer struct {
		Error     string
		Topology  Topology            `json:",omitzero"`
		Kind      string              `json:",omitempty"`
		Forbidden *refusal            `json:",omitempty"`
		Counters  map[string]Counters `json:",omitempty"`
		Now       *Now                `json:",omitempty"`
		Next      int                 `json:",omitempty"` // the host to ask about next; 0: that was all
	}
)

// refusal is what a *ForbiddenError says.
type refusal struct{ Reason, Hint string }

// maxClients is how many connections are served at once; others wait.
const maxClients = 32

// Console is the name of a lab, taken, and the socket where other processes
// of the same user reach it.
type Console struct {
	name   string
	mu     sync.Mutex // guards what follows
	socket *consoleSocket
	closed bool
}

// Listen takes a name for a lab: 1 to 32 of a to z, 0 to 9 and -. [Dial] waits for
// an answer until [Lab.Serve] is called.
//
// The socket is in the directory groupcast in XDG_RUNTIME_DIR or /run/user/UID,
// or, for a user who has neither, in a directory of the user's with the
// temporary files.
//
// The error is [ErrRunning] when the user has a running lab of that name. The
// name of a lab whose process was killed is free.
func Listen(name string) (*Console, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	socket, err := listenConsole(name)
	if err != nil {
		return nil, err
	}
	return &Console{name: name, socket: socket}, nil
}

// Close frees the name.
func (c *Console) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.socket.close()
	return nil
}

// accept waits for a client. The error is net.ErrClosed after Close.
func (c *Console) accept() (*net.UnixConn, error) {
	for {
		c.mu.Lock()
		socket := c.socket
		c.mu.Unlock()
		conn, err := socket.listener.AcceptUnix()
		if !errors.Is(err, net.ErrClosed) || !c.replaced(socket) {
			return conn, err
		}
	}
}

func (c *Console) replaced(socket *consoleSocket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket != socket
}

// watch makes the socket again when it was removed: with a runtime directory at
// the end of a session (pam_systemd(8)), or by who cleans up. While another lab
// has taken the name since, there is none.
func (c *Console) watch(ctx context.Context) {
	tick := time.NewTicker(consoleInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.restore()
		case <-ctx.Done():
			return
		}
	}
}

// consoleInterval is how long a lab whose socket was removed is not found.
const consoleInterval = time.Second

func (c *Console) restore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.socket.isThere() {
		return
	}
	if again, err := listenConsole(c.name); err == nil {
		c.socket.close()
		c.socket = again
	}
}

// Serve answers other processes of the user. It returns nil when [Remote.Down]
// has closed the lab, and the context's error when the context ends. It closes
// the console.
func (l *Lab) Serve(ctx context.Context, c *Console) error {
	return Serve(ctx, c, Service{
		Lab:  func() (*Lab, func()) { return l, func() {} },
		Down: func() { l.Close() },
	})
}

// Serve is as [Lab.Serve], for a lab with orders of its own, or one that is built anew
// while its name stays taken.
func Serve(ctx context.Context, c *Console, service Service) error {
	serving, stop := context.WithCancel(ctx)
	s := &server{service: service, free: func() { c.Close() }, ctx: serving, stop: stop}
	context.AfterFunc(serving, func() { c.Close() })
	var clients sync.WaitGroup
	defer func() {
		stop()
		c.Close()
		clients.Wait()
		s.inside.Wait()
	}()
	clients.Go(func() { c.watch(serving) })
	slots := make(chan struct{}, maxClients)
	for {
		select {
		case slots <- struct{}{}:
		case <-serving.Done():
			return ctx.Err()
		}
		conn, err := c.accept()
		switch {
		case err == nil:
		case serving.Err() != nil:
			return ctx.Err()
		default:
			return fmt.Errorf("lab: %s: %w", c.name, err)
		}
		clients.Go(func() {
			s.attend(conn)
			conn.Close()
			<-slots
		})
	}
}

// server is a lab while it is served.
type server struct {
	service Service
	free    func() // the name
	ctx     context.Context
	stop    context.CancelFunc
	inside  sync.WaitGroup // who takes orders from inside
	open    sync.RWMutex   // held while something is done with the lab; for writing to close it
}

// attend carries out the order of one client. It hangs up on a client that does
// not keep to the protocol.
func (s *server) attend(conn *net.UnixConn) {
	if checkPeer(conn) != nil {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(messageTimeout))
	hurry := context.AfterFunc(s.ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	var o order
	files, err := receive(conn, &o)
	hurry()
	closeAll(files)
	if err != nil {
		return
	}
	if o.Do == orderOwn {
		s.order(s.ctx, o, conn)
		return
	}
	var a answer
	if o.Do == orderDown {
		s.down()
	} else if a, err = s.obey(o, conn); err != nil {
		a = answer{Error: err.Error()}
	}
	_ = conn.SetWriteDeadline(time.Now().Add(messageTimeout))
	if err := send(conn, a); err != nil {
		_ = send(conn, answer{Error: err.Error()})
	}
}

// down closes the lab and frees its name.
func (s *server) down() {
	s.stop()
	s.free()
	s.open.Lock()
	defer s.open.Unlock()
	s.service.Down()
}

func (s *server) obey(o order, conn *net.UnixConn) (a answer, err error) {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.ctx.Err() != nil {
		return a, ErrNotRunning
	}
	if s.service.Lab == nil {
		if o.Do != orderTopology {
			err = fmt.Errorf("its hosts are out of reach from outside (it is a %s)", s.service.Kind)
		}
		a.Kind = s.service.Kind
		return a, err
	}
	l, done := s.service.Lab()
	defer done()
	switch o.Do {
	case orderTopology:
		a.Topology, a.Kind = l.Topology(), s.service.Kind
	case orderCounters:
		a.Counters = l.counters()
	case orderNow:
		var now Now
		now, a.Next, err = l.part(o.First, mostNow)
		a.Now = &now
	case orderFault:
		var f Fault
		if f, err = ParseFault(o.Words); err == nil {
			err = l.Apply(f)
		}
	case orderEnter:
		err = s.enter(l, conn, o.Host)
	default:
		err = fmt.Errorf("%q is not an order of this version", o.Do)
	}
	return a, err
}

// handOver gives the connection to a host's process, and one for orders.
func (l *Lab) handOver(conn *net.UnixConn, orders *os.File, host string) error {
	n := l.Host(host)
	if n == nil {
		return fmt.Errorf("no host %q", host)
	}
	f, err := conn.File()
	if err != nil {
		return err
	}
	defer f.Close()
	if err := send(n.control, struct{}{}, f, orders); err != nil {
		return fmt.Errorf("host %s has ended: %w", host, os.ErrProcessDone)
	}
	return nil
}

// counters are those of the interfaces that are there.
func (l *Lab) counters() map[string]Counters {
	all := map[string]Counters{}
	for _, h := range l.Topology().Hosts {
		for _, i := range h.Interfaces {
			if c, err := l.Host(h.Name).Link(i.Name).Counters(); err == nil {
				all[h.Name+"."+i.Name] = c
			}
		}
	}
	return all
}
