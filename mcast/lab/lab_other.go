//go:build !linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"
)

var errNeedsLinux = fmt.Errorf("the lab needs Linux: %w", errors.ErrUnsupported)

// Enter needs Linux.
func Enter() error { return errNeedsLinux }

// InHost reports false.
func InHost() (host string, ok bool) { return "", false }

// Lab is a topology that was built, which needs Linux.
type Lab struct{}

// Up needs Linux.
func Up(context.Context, Topology) (*Lab, error) { return nil, errNeedsLinux }

// UpWatched needs Linux.
func UpWatched(context.Context, Topology, func(*Node, string)) (*Lab, error) {
	return nil, errNeedsLinux
}

// UpPoliced needs Linux.
func UpPoliced(context.Context, Topology, int, func(*Node, string)) (*Lab, error) {
	return nil, errNeedsLinux
}

// Topology is empty.
func (l *Lab) Topology() Topology { return Topology{} }

// Apply needs Linux.
func (l *Lab) Apply(Fault) error { return errNeedsLinux }

// Now needs Linux.
func (l *Lab) Now() (Now, error) { return Now{}, errNeedsLinux }

// Inside is empty.
func (n *Node) Inside() []string { return nil }

// Host returns nil.
func (l *Lab) Host(string) *Node { return nil }

// Close has nothing to do.
func (l *Lab) Close() error { return nil }

// Node is a host of a Lab, which needs Linux.
type Node struct{ name string }

// Name is the host's name in the topology.
func (n *Node) Name() string { return n.name }

// Pid is 0.
func (n *Node) Pid() int { return 0 }

// Do needs Linux.
func (n *Node) Do(func() error) error { return errNeedsLinux }

// Sysctl needs Linux.
func (n *Node) Sysctl(string, string) error { return errNeedsLinux }

// OwnFiles is the folder that is a host's own.
const OwnFiles = "/srv"

// AddName needs Linux.
func (n *Node) AddName(string, ...netip.Addr) error { return errNeedsLinux }

// SetNameServer needs Linux.
func (n *Node) SetNameServer(netip.Addr) error { return errNeedsLinux }

// WriteFile needs Linux.
func (n *Node) WriteFile(path, text string) error { return errNeedsLinux }

// Firewall needs Linux.
func (n *Node) Firewall(in, out bool) error { return errNeedsLinux }

// Filter needs Linux.
func (n *Node) Filter(what string) error { return errNeedsLinux }

// Kill needs Linux.
func (n *Node) Kill() error { return errNeedsLinux }

// AddRoute needs Linux.
func (n *Node) AddRoute(Route) error { return errNeedsLinux }

// DelRoute needs Linux.
func (n *Node) DelRoute(Route) error { return errNeedsLinux }

// AddRule needs Linux.
func (n *Node) AddRule(Rule) error { return errNeedsLinux }

// DelRule needs Linux.
func (n *Node) DelRule(Rule) error { return errNeedsLinux }

// AddBridge needs Linux.
func (n *Node) AddBridge(string, ...string) error { return errNeedsLinux }

// AddMacvlan needs Linux.
func (n *Node) AddMacvlan(string, string, *Node) error { return errNeedsLinux }

// Link is an interface of a host, which needs Linux.
type Link struct{}

// Link returns a Link whose methods fail.
func (n *Node) Link(string) *Link { return &Link{} }

// SetUp needs Linux.
func (l *Link) SetUp() error { return errNeedsLinux }

// SetDown needs Linux.
func (l *Link) SetDown() error { return errNeedsLinux }

// Delete needs Linux.
func (l *Link) Delete() error { return errNeedsLinux }

// Make needs Linux.
func (l *Link) Make() error { return errNeedsLinux }

// AddAddr needs Linux.
func (l *Link) AddAddr(netip.Prefix) error { return errNeedsLinux }

// DelAddr needs Linux.
func (l *Link) DelAddr(netip.Prefix) error { return errNeedsLinux }

// Cut needs Linux.
func (l *Link) Cut() error { return errNeedsLinux }

// Heal needs Linux.
func (l *Link) Heal() error { return errNeedsLinux }

// Counters needs Linux.
func (l *Link) Counters() (Counters, error) { return Counters{}, errNeedsLinux }

// Delay needs Linux.
func (l *Link) Delay(time.Duration) error { return errNeedsLinux }

// Drop needs Linux.
func (l *Link) Drop(int) error { return errNeedsLinux }

// Swallow needs Linux.
func (l *Link) Swallow(bool) error { return errNeedsLinux }

// Queue needs Linux.
func (l *Link) Queue(uint64) error { return errNeedsLinux }

type process struct {
	pid   int
	lacks []string
}

func (n *Node) start(context.Context, request, [3]*os.File) (*process, error) {
	return nil, errNeedsLinux
}

func (p *process) wait() (ended, error)   { return ended{}, errNeedsLinux }
func (p *process) signal(os.Signal) error { return errNeedsLinux }

// Serve needs Linux.
func (l *Lab) Serve(context.Context, *Console) error { return errNeedsLinux }

// Serve needs Linux.
func Serve(context.Context, *Console, Service) error { return errNeedsLinux }

// Console is the name of a running lab, which needs Linux.
type Console struct{}

// Listen needs Linux.
func Listen(string) (*Console, error) { return nil, errNeedsLinux }

// Close has nothing to do.
func (c *Console) Close() error { return nil }

// Remote is a lab that another process runs, which needs Linux.
type Remote struct{}

// Dial needs Linux.
func Dial(string) (*Remote, error) { return nil, errNeedsLinux }

// Running returns none.
func Running() ([]string, error) { return nil, errNeedsLinux }

// Name is "".
func (r *Remote) Name() string { return "" }

// Kind is "".
func (r *Remote) Kind() string { return "" }

// MaxOrder is how many bytes the words of an order may have together.
const MaxOrder = 4 << 10

// Order needs Linux.
func (r *Remote) Order(context.Context, []string, func(json.RawMessage)) error { return errNeedsLinux }

// Topology is empty.
func (r *Remote) Topology() Topology { return Topology{} }

// Counters needs Linux.
func (r *Remote) Counters() (map[string]Counters, error) { return nil, errNeedsLinux }

// Now needs Linux.
func (r *Remote) Now() (Now, error) { return Now{}, errNeedsLinux }

// Fault needs Linux.
func (r *Remote) Fault([]string) error { return errNeedsLinux }

// Down needs Linux.
func (r *Remote) Down() error { return errNeedsLinux }

// Command returns a Cmd that needs Linux.
func (r *Remote) Command(ctx context.Context, host, name string, args ...string) *Cmd {
	return command(ctx, &Node{name: host}, name, args)
}

// ConfinedCommand returns a Cmd that needs Linux.
func (r *Remote) ConfinedCommand(ctx context.Context, host string, c Confinement, path string, args ...string) *Cmd {
	return confinedCommand(ctx, &Node{name: host}, c, path, args)
}

// Confines needs Linux.
func Confines() error { return errNeedsLinux }

// LandlockABI is 0.
func LandlockABI() int { return 0 }

// Apart is a lab in a process of its own, which needs Linux.
type Apart struct{ *Remote }

// UpApart needs Linux.
func UpApart(context.Context, Topology, int) (*Apart, error) { return nil, errNeedsLinux }

// StartApart needs Linux.
func StartApart(context.Context, string, any) (*Apart, error) { return nil, errNeedsLinux }

// ServeApart does nothing: no process is started that could call it.
func ServeApart(func(context.Context, json.RawMessage) (Service, error)) {}

// Ended is closed.
func (a *Apart) Ended() <-chan struct{} {
	ended := make(chan struct{})
	close(ended)
	return ended
}

// Close has nothing to do.
func (a *Apart) Close() error { return nil }
