package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab/internal/hosts"
)

// Lab is a topology that was built.
type Lab struct {
	topology Topology
	switches *namespace
	nodes    map[string]*Node
	made     func(*Node, string) // of UpWatched; may be nil
	packets  int                 // a second from each host by each wire to a switch; 0: any number
	closing  sync.Once

	faults standing

	using  sync.RWMutex // held for reading by what may come while Close does
	closed bool

	delaying sync.Mutex // held while a delay is ended or begins
	mu       sync.Mutex
	delays   map[int]*delayLine // by the port
}

// Node is a host of a Lab. Its methods can be called from several goroutines.
type Node struct {
	name    string
	ns      *namespace
	cables  map[string]cable  // by the interface's name
	sysctls map[string]string // of the topology
	groups  *groupRouter      // nil: it does not forward groups
	sharing *nftables.Conn    // who owns the table of share; nil: there is none
	process *exec.Cmd
	control *net.UnixConn
	gone    chan struct{} // closed when the process and all its commands have ended
	lossy   sync.Map      // by an interface's name, whether it loses frames by Link.Drop

	files    sync.Mutex
	hasNames bool // of its own
	hasFiles bool
}

// Up builds the topology, and returns when every link that is to be up has
// its carrier: the first datagram after it is not lost. Close the Lab when
// done with it. The context ends the waiting, not the Lab.
//
// The error is ErrNotEntered outside a namespace made by Enter.
func Up(ctx context.Context, t Topology) (*Lab, error) { return UpWatched(ctx, t, nil) }

// UpWatched is Up for a caller that captures from the first frame on. made is
// called with each interface that has a wire, when it is made and still switched
// off, also each time that Link.Make makes it again: what is opened then with
// [Node.Do] misses nothing. The lab waits for it.
func UpWatched(ctx context.Context, t Topology, made func(host *Node, name string)) (*Lab, error) {
	return UpPoliced(ctx, t, 0, made)
}

// UpPoliced is UpWatched for hosts that strangers use: each port of a switch takes that
// many frames a second from its host, with as many at once, and drops what is more; 0: any
// number.
func UpPoliced(ctx context.Context, t Topology, packets int, made func(host *Node, name string)) (_ *Lab, err error) {
	if !entered {
		return nil, fmt.Errorf("lab: %w", ErrNotEntered)
	}
	if packets < 0 {
		return nil, fmt.Errorf("lab: %d frames a second: want 0 or more", packets)
	}
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	l := &Lab{topology: t, made: made, packets: packets, nodes: map[string]*Node{}, delays: map[int]*delayLine{}}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if l.switches, err = newNamespace(); err != nil {
		return nil, fmt.Errorf("lab: make a namespace for the switches: %w", err)
	}
	for _, h := range t.Hosts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
		n, err := startHost(h.Name, packets > 0)
		if err != nil {
			return nil, fmt.Errorf("lab: start host %s: %w", h.Name, err)
		}
		l.nodes[h.Name] = n
	}
	if err := l.build(ctx, t); err != nil {
		return nil, err
	}
	return l, nil
}

// Topology is what was built.
func (l *Lab) Topology() Topology { return l.topology }

// Host returns the host of that name, or nil if the topology has none.
func (l *Lab) Host(name string) *Node { return l.nodes[name] }

// Close ends every process in every host, and waits for their end. Sockets
// opened with Node.Do stay open, but their network is gone. The error is
// always nil.
func (l *Lab) Close() error {
	l.closing.Do(func() {
		for _, n := range l.nodes {
			n.control.Close()
		}
		for _, n := range l.nodes {
			<-n.gone
		}
		l.using.Lock()
		defer l.using.Unlock()
		l.closed = true
		for _, n := range l.nodes {
			n.groups.close()
			if n.sharing != nil {
				_ = n.sharing.CloseLasting()
			}
			n.ns.close()
		}
		l.mu.Lock()
		for _, d := range l.delays {
			_ = d.close()
		}
		l.mu.Unlock()
		if l.switches != nil {
			l.switches.close()
		}
	})
	return nil
}

// use keeps the namespaces open until done is called; the error is
// os.ErrClosed after Close. Another terminal can ask for something while the
// lab comes down.
func (l *Lab) use() (done func(), err error) {
	l.using.RLock()
	if l.closed {
		l.using.RUnlock()
		return nil, fmt.Errorf("lab: %w", os.ErrClosed)
	}
	return l.using.RUnlock, nil
}

// startHost makes a process that is a host, with a namespace in which nothing
// is configured. Strangers may be let into it if it is apart.
func startHost(name string, isApart bool) (*Node, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer far.Close()
	cmd, err := startHostProcess(name, isApart, far)
	if err != nil {
		near.Close()
		return nil, err
	}
	n := &Node{name: name, cables: map[string]cable{}, process: cmd, control: near, gone: make(chan struct{})}
	ns, err := openNamespace(fmt.Sprintf("/proc/%d/ns/net", cmd.Process.Pid))
	if err != nil {
		near.Close()
		_ = cmd.Wait()
		return nil, err
	}
	n.ns = ns
	inode, err := ns.file.Stat()
	go func() {
		_ = cmd.Wait()
		if err == nil {
			killAll(inode) // it may have died before it could
		}
		close(n.gone)
	}()
	return n, nil
}

// startHostProcess makes do without surroundings where they are not allowed.
func startHostProcess(name string, isApart bool, control *os.File) (cmd *exec.Cmd, err error) {
	var attempts []*syscall.SysProcAttr
	if isApart {
		for _, who := range identities() {
			a := who.namespaces()
			a.Cloneflags |= ownSurroundings
			attempts = append(attempts, a)
		}
	}
	attempts = append(attempts, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | ownSurroundings}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
	for _, attributes := range attempts {
		cmd = exec.Command(hosts.Program)
		cmd.Args = []string{hostProcess, name}
		if attributes.Cloneflags&unix.CLONE_NEWUSER != 0 {
			cmd.Args = append(cmd.Args, apartArg)
		}
		cmd.Stderr = os.Stderr
		cmd.ExtraFiles = []*os.File{control}
		// A session of its own keeps the terminal's signals from it. It has no
		// Pdeathsig: it sees the lab's end as the end of its socket, and needs a
		// moment more to kill what has left the tree of its children.
		cmd.SysProcAttr = attributes
		cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Pdeathsig = true, 0
		if err = cmd.Start(); err == nil {
			break
		}
	}
	return cmd, err
}
