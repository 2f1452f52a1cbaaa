package record

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/place"
	"github.com/groupcast/groupcast/mcast/internal/tap"
)

// CaptureOptions say what is captured. Interfaces are those whose frames are; each is
// followed by its name when it is deleted and comes back. Without any they are all
// that are up, also those that come later, but lo and the ports of bridges and bonds.
type CaptureOptions struct {
	Options

	// Groups choose what is sent to them; one without a port, every protocol and port. At
	// most 64. Without any it is UDP to every group. IGMP, MLD, and what ICMP says is
	// unreachable are always captured.
	Groups []mcast.Group
	All    bool  // every frame instead: ARP, unicast, all there is
	Snap   int   // bytes that are kept of each frame; 0: all
	Count  int64 // ends the capture after so many frames; 0: no bound
	Ring   int   // bytes of the kernel's memory for each interface; 0: 4 MiB, less if there are more than 16

	Host string // whose the interfaces are: in the file each is HOST.NAME; "": its name alone
	Live bool   // frames are in the file as soon as the kernel gives them, and not after a second

	// Followed is called when a captured interface is gone (host.Gone), and when one
	// comes or comes back (host.Appeared), by a goroutine that must not call Close.
	Followed func(host.Change)
}

// maxCaptured is how many interfaces are captured at a time. They have 64 MiB of the
// kernel's memory together, unless a Ring is named.
const maxCaptured = 128

// LinkTypesError is of interfaces that cannot be in one file: libpcap, and so tcpdump,
// reads no file with several link types, nor one with several interfaces of raw IP.
type LinkTypesError struct {
	Ethernet, Raw []string // names of interfaces, with Ethernet frames and with IP packets alone
}

func (e *LinkTypesError) Error() string {
	raw := strings.Join(e.Raw, " and ")
	if len(e.Ethernet) == 0 {
		return raw + " have IP packets without frames: of these a file holds one interface"
	}
	return fmt.Sprintf("%s has Ethernet frames, and %s IP packets without any: a file holds one kind", strings.Join(e.Ethernet, " and "), raw)
}

// Capture writes the frames of interfaces to a pcapng file, as the kernel has them.
type Capture struct {
	o      CaptureOptions
	out    *output
	cancel context.CancelFunc
	wake   chan struct{} // holds one: there is something in a ring, or to do
	done   chan struct{} // closed when the goroutine that writes has ended
	others sync.WaitGroup

	mu      sync.Mutex
	arrived []*source       // that the goroutine that writes does not know yet
	taken   map[int]*source // that are captured, by the interface's index
	left    []host.Interface
	stop    bool // no more frames are wanted
	notes   []note
	noted   atomic.Bool // there are notes
	summary Summary
}

// BeginCapture begins to capture, from now on, until ctx ends, Count is reached or
// [Capture.Close]. The interfaces are those of the network namespace of the calling thread.
//
// It needs CAP_NET_RAW, without which the error is fs.ErrPermission, and is
// errors.ErrUnsupported on systems other than Linux. An interface that is not there is
// host.ErrNoInterface. It joins nothing: what a switch keeps back does not come.
func BeginCapture(ctx context.Context, o CaptureOptions) (*Capture, error) {
	c := &Capture{o: o, wake: make(chan struct{}, 1), done: make(chan struct{}), taken: map[int]*source{}}
	if err := c.open(); err != nil {
		c.release()
		return nil, fmt.Errorf("record: capture: %w", err)
	}
	following, err := place.Here()
	if err == nil {
		var list []*described
		for _, s := range c.arrived {
			list = append(list, s.of)
		}
		if c.out, err = newOutput(o.Options, framesComment, list...); err != nil {
			following.Close()
		}
	}
	if err != nil {
		c.release()
		return nil, fmt.Errorf("record: capture: %w", err)
	}
	c.out.tell(&c.summary)
	ctx, c.cancel = context.WithCancel(ctx)
	for _, s := range c.arrived {
		c.listen(s)
	}
	c.others.Go(func() {
		following.Run(func() error { return host.Watch(ctx, c.follow) }, func(error) {}) // without it none is followed
	})
	context.AfterFunc(ctx, c.end)
	go c.write()
	return c, nil
}

// open opens the rings of the interfaces that there are.
func (c *Capture) open() error {
	on := c.o.Interfaces
	if len(on) == 0 {
		list, err := host.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range list {
			if everyones(i) {
				on = append(on, i)
			}
		}
	}
	switch {
	case len(on) == 0:
		return &mcast.Advised{Err: errors.New("no interface but lo is up, and lo is captured only if it is named"), Advice: "bring one up, or name lo: -i lo"}
	case len(on) > maxCaptured:
		return fmt.Errorf("%d interfaces: %d at the most", len(on), maxCaptured)
	case c.o.Count < 0 || c.o.Snap < 0 || c.o.Ring < 0:
		return errors.New("counts and sizes are not negative")
	case c.o.Ring == 0:
		c.o.Ring = tap.UsualBlocks * tap.BlockBytes * min(16, len(on)) / len(on)
	}
	var raw []*source
	var types LinkTypesError
	for _, i := range on {
		s, err := c.look(i)
		if err != nil {
			return fmt.Errorf("%s: %w", i.Name, err)
		}
		if s.of.raw {
			raw = append(raw, s)
			types.Raw = append(types.Raw, i.Name)
		} else {
			types.Ethernet = append(types.Ethernet, i.Name)
		}
	}
	if len(raw) == 0 || len(types.Ethernet) == 0 && len(raw) == 1 {
		return nil
	}
	if len(c.o.Interfaces) > 0 || len(types.Ethernet) == 0 {
		return &types
	}
	for _, s := range raw { // nobody has named it
		c.left = append(c.left, s.on)
		delete(c.taken, s.on.Index)
		s.ring.Close()
	}
	c.arrived = slices.DeleteFunc(c.arrived, func(s *source) bool { return s.of.raw })
	return nil
}

// everyones reports whether an interface is captured that nobody has named. What a
// port has is seen on its bridge or bond.
func everyones(i host.Interface) bool { return i.Up() && !i.Loopback() && i.Master == 0 }

// look opens the ring of an interface. The caller holds c.mu, or is alone.
func (c *Capture) look(i host.Interface) (*source, error) {
	filter := tap.FrameFilter{All: c.o.All, Snap: c.o.Snap}
	for _, g := range c.o.Groups {
		filter.Groups = append(filter.Groups, tap.FrameGroup{Addr: g.Addr.Unmap().WithZone(""), Port: g.Port, Source: g.Source.Unmap().WithZone("")})
	}
	ring, err := tap.OpenRing(i.Index, filter, max(c.o.Ring/tap.BlockBytes, tap.LeastBlocks))
	switch {
	case errors.Is(err, tap.ErrNoInterface):
		return nil, fmt.Errorf("%w: %w", host.ErrNoInterface, err)
	case err != nil:
		return nil, err
	}
	name := i.Name
	if c.o.Host != "" {
		name = c.o.Host + "." + name
	}
	s := &source{ring: ring, on: i, of: &described{index: i.Index, name: name, raw: !ring.Ethernet(), comment: framesComment}}
	c.taken[i.Index] = s
	c.arrived = append(c.arrived, s)
	return s, nil
}

// release closes the rings of a capture that did not begin.
func (c *Capture) release() {
	for _, s := range c.taken {
		s.ring.Close()
	}
}

// listen lets the goroutine that writes know when there is something in a ring.
func (c *Capture) listen(s *source) {
	c.others.Go(func() {
		for s.ring.Wait(c.signal) == nil {
		}
	})
}

func (c *Capture) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// follow goes with the interfaces. It runs in their namespace.
func (c *Capture) follow(ch host.Change) {
	c.mu.Lock()
	s, told := c.taken[ch.Interface.Index], host.ChangeKind("")
	switch {
	case c.stop:
	case ch.Kind == host.Gone && s != nil:
		s.gone.Store(true)
		delete(c.taken, ch.Interface.Index)
		told = host.Gone
	case ch.Kind != host.Gone && s == nil && len(c.taken) < maxCaptured && c.wants(ch.Interface):
		s, err := c.look(ch.Interface)
		if err != nil {
			break // it is gone again
		}
		c.listen(s)
		told = host.Appeared
	}
	c.mu.Unlock()
	if told == "" {
		return
	}
	c.signal()
	if c.o.Followed != nil {
		ch.Kind = told
		c.o.Followed(ch)
	}
}

func (c *Capture) wants(i host.Interface) bool {
	if len(c.o.Interfaces) == 0 {
		return everyones(i) && !slices.ContainsFunc(c.left, func(l host.Interface) bool { return l.Index == i.Index })
	}
	return slices.ContainsFunc(c.o.Interfaces, func(named host.Interface) bool { return named.Name == i.Name })
}

// Interfaces are those that are captured now.
func (c *Capture) Interfaces() []host.Interface {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []host.Interface
	for _, index := range slices.Sorted(maps.Keys(c.taken)) {
		list = append(list, c.taken[index].on)
	}
	return list
}

// LeftOut are interfaces that nobody named, and whose packets have no frames as
// the others' have.
func (c *Capture) LeftOut() []host.Interface {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.left)
}

// Done is closed when the capture has ended: everything is in the file.
func (c *Capture) Done() <-chan struct{} { return c.done }

// Summary is what is captured until now.
func (c *Capture) Summary() Summary {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.summary
	s.Interfaces, s.Files = maps.Clone(s.Interfaces), slices.Clone(s.Files)
	return s
}

func (c *Capture) end() {
	c.mu.Lock()
	c.stop = true
	c.mu.Unlock()
	c.signal()
}

// Close ends the capture, and writes what the kernel has by now. Its error is why the
// capture ended early, if it did; see [Recorder.Close].
func (c *Capture) Close() (Summary, error) {
	c.end()
	if !c.out.await(c.done) {
		c.mu.Lock()
		if c.summary.Stopped == nil {
			c.summary.Stopped = ErrStuck
		}
		c.mu.Unlock()
	}
	s := c.Summary()
	if s.Stopped != nil {
		return s, fmt.Errorf("record: %w", s.Stopped)
	}
	return s, nil
}

var clock = time.Now()

// monotonic is a time in nanoseconds that never goes back.
func monotonic() int64 { return int64(time.Since(clock)) }
