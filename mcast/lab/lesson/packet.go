package lesson

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/tap"
	"github.com/groupcast/groupcast/mcast/lab"
)

// Frame is a frame on a wire that a step packet names: one that the host sent, or
// one that reached it. A frame that is lost on the way in is on the wire all the
// same.
type Frame struct {
	Host, Interface string
	At              time.Time // when the kernel had it
	Out             bool      // the host sent it
	Data            []byte    // from its Ethernet header on, 2048 bytes at the most
	Size            int       // bytes of the whole frame
}

// Packet is the frame that a step packet waited for.
type Packet struct {
	Frame
	Headers []headers.Header
}

// packetStep waits for a frame on a wire.
type packetStep struct {
	host, name string
	want       pattern
}

// packet parses "HOST.INTERFACE: PATTERN".
func (p *parser) packet(text string) (action, error) {
	at, text, ok := strings.Cut(text, ":")
	name, iface, dot := strings.Cut(strings.TrimSpace(at), ".")
	if !ok || !dot {
		return nil, errors.New("want packet HOST.INTERFACE: TEXT")
	}
	if err := p.host(name); err != nil {
		return nil, err
	}
	if p.switchOf(name+"."+iface) == "" {
		return nil, fmt.Errorf("packet: %s has no interface %q with a wire in the topology", name, iface)
	}
	want, err := parsePattern(text)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	if !p.acted() {
		return nil, errors.New("packet: no step before it does anything")
	}
	return packetStep{name, iface, want}, nil
}

// acted reports whether a step acts before the one that is being parsed.
func (p *parser) acted() bool {
	l := &p.lesson
	var list []*Step
	if e := l.Exercise; e != nil {
		if p.section == inCheck {
			list = e.Check // a check stands by itself
			return anyActs(list)
		}
		list = append(list, e.Setup...)
	}
	for _, parts := range [][]Part{l.Parts, l.ByHand} {
		for _, part := range parts {
			list = append(list, part.Step)
		}
	}
	return anyActs(list)
}

func anyActs(list []*Step) bool {
	for _, s := range list {
		if s != nil && s.Acts() {
			return true
		}
	}
	return false
}

func (packetStep) checks() {}

func (s packetStep) expected() string {
	return fmt.Sprintf("a packet on %s.%s: %s", s.host, s.name, s.want)
}

func (s packetStep) do(ctx context.Context, r *runner) ([]string, error) {
	w := r.packets.wire(s.host, s.name)
	if w == nil {
		return nil, fmt.Errorf("packet: nothing is captured on %s.%s: the lab did not make it", s.host, s.name)
	}
	var lines []string
	r.packet = nil
	_, err := waitFor(ctx, r.wait, func() (bool, error) {
		frames, err := w.since(r.packets.mark)
		if err != nil {
			return false, fmt.Errorf("packet: %s.%s cannot be captured: %w", s.host, s.name, err)
		}
		for ; len(lines) < len(frames); lines = append(lines, "") {
			f := frames[len(lines)]
			list := headers.Decode(headers.Ethernet, f.Data)
			if line := headers.Line(list); s.want.matches(line) {
				lines = append(lines, line)
				r.packet = &Packet{f, list}
				return true, nil
			}
		}
		return false, nil
	})
	switch {
	case err != nil:
		return nil, err
	case r.packet == nil:
		frames, _ := w.since(r.packets.mark)
		seen := lastFrames(frames)
		if w.hasLost() {
			seen = append(seen, "frames were lost before they could be looked at")
		}
		return seen, unmet("the packet")
	}
	return lines[len(lines)-1:], nil
}

func (w *tapped) hasLost() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

func lastFrames(list []Frame) (lines []string) {
	for _, f := range list[max(0, len(list)-mostSeen):] {
		lines = append(lines, headers.Line(headers.Decode(headers.Ethernet, f.Data)))
	}
	return lines
}

// Packet is the wire, such as A.eth0, on which the step waits for a packet; "": it waits
// for none.
func (s *Step) Packet() (wire string) {
	if p, ok := s.action.(packetStep); ok {
		return p.host + "." + p.name
	}
	return ""
}

// Shows reports whether these are the headers of a packet that the step waits for.
func (s *Step) Shows(list []headers.Header) bool {
	p, ok := s.action.(packetStep)
	return ok && p.want.matches(headers.Line(list))
}

// packetSteps are the steps packet among steps.
func packetSteps(steps []*Step) (list []packetStep) {
	for _, s := range steps {
		if p, ok := s.action.(packetStep); ok {
			list = append(list, p)
		}
	}
	return list
}

// Steps are all steps of the lesson: its own, those that are done by hand, the proofs,
// and those of the exercise.
func (l Lesson) Steps() (list []*Step) {
	list = stepsOf(l.Parts)
	for _, q := range l.Questions {
		list = append(list, q.Proof...)
	}
	list = append(list, stepsOf(l.ByHand)...)
	if l.Exercise != nil {
		list = append(list, l.Exercise.steps()...)
	}
	return list
}

func (e *Exercise) steps() []*Step {
	return slices.Concat(e.Setup, e.Check, stepsOf(e.Cure), stepsOf(e.Wrong))
}

func stepsOf(parts []Part) (list []*Step) {
	for _, p := range parts {
		if p.Step != nil {
			list = append(list, p.Step)
		}
	}
	return list
}

// What is kept of the frames of a wire. The oldest go first.
const (
	snapBytes = 2048
	wireBytes = 1 << 20 // about; also for each frame without data
	perFrame  = 128
)

// packets are the frames of the wires that steps name.
type packets struct {
	wires []*tapped // nil: the lesson has no step packet
	mark  time.Time // of the last step that acted
}

// watchPackets is about the wires that steps name. It begins nothing yet: see made.
func watchPackets(steps []*Step, told func(Frame)) *packets {
	p := &packets{}
	for _, s := range packetSteps(steps) {
		if p.wire(s.host, s.name) == nil {
			p.wires = append(p.wires, &tapped{host: s.host, name: s.name, told: told})
		}
	}
	return p
}

func (p *packets) wire(host, name string) *tapped {
	for _, w := range p.wires {
		if w.host == host && w.name == name {
			return w
		}
	}
	return nil
}

// made is for [lab.UpWatched]: before and is called, the wire is captured, if a step names it.
func (p *packets) made(and func(*lab.Node, string)) func(*lab.Node, string) {
	if len(p.wires) == 0 {
		return and
	}
	return func(n *lab.Node, name string) {
		if w := p.wire(n.Name(), name); w != nil {
			w.begin(n)
		}
		if and != nil {
			and(n, name)
		}
	}
}

// end ends all captures, and has told all frames when it returns.
func (p *packets) end() {
	for _, w := range p.wires {
		w.mu.Lock()
		taps := w.taps
		w.mu.Unlock()
		for _, t := range taps {
			t.end()
		}
		for _, t := range taps {
			<-t.ended
		}
	}
}

// tapped is a wire that is captured.
type tapped struct {
	host, name string
	told       func(Frame) // nil: nobody asks

	mu     sync.Mutex
	taps   []*wireTap // one more each time that the interface is made
	frames []Frame
	bytes  int
	lost   bool // frames, as too many were kept
	err    error
}

// begin captures the interface, which has just been made.
func (w *tapped) begin(n *lab.Node) {
	var t *wireTap
	err := n.Do(func() (err error) {
		list, err := host.Interfaces()
		if err != nil {
			return err
		}
		i, err := host.Find(list, w.name)
		if err != nil {
			return err
		}
		t, err = openTap(i.Index, w.add)
		return err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, before := range w.taps {
		before.end() // its interface is gone
	}
	if w.err = err; err == nil {
		w.taps = append(w.taps, t)
	}
}

// add takes a frame, whose data is copied.
func (w *tapped) add(f *tap.Frame) {
	frame := Frame{Host: w.host, Interface: w.name, At: f.At, Out: f.To == tap.ItselfSends, Data: append([]byte(nil), f.Data...), Size: f.Size}
	w.mu.Lock()
	w.lost = w.lost || f.Lost > 0
	w.frames = append(w.frames, frame)
	w.bytes += len(frame.Data) + perFrame
	for w.bytes > wireBytes {
		w.bytes -= len(w.frames[0].Data) + perFrame
		w.frames[0].Data = nil
		w.frames, w.lost = w.frames[1:], true
	}
	w.mu.Unlock()
	if w.told != nil {
		w.told(frame)
	}
}

// since are the frames that the kernel had at a time or later.
func (w *tapped) since(mark time.Time) ([]Frame, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	for i, f := range w.frames {
		if !f.At.Before(mark) {
			return w.frames[i:len(w.frames):len(w.frames)], nil
		}
	}
	return nil, nil
}

// wireTap is the capture of one interface, until it is deleted.
type wireTap struct {
	ring  *tap.Ring
	add   func(*tap.Frame)
	wake  chan struct{} // holds one
	quit  chan struct{} // closed by end
	once  sync.Once
	ended chan struct{} // closed when every frame has been added
}

// wireBlocks let a busy host read late.
const wireBlocks = 4 * tap.LeastBlocks

func openTap(index int, add func(*tap.Frame)) (*wireTap, error) {
	ring, err := tap.OpenRing(index, tap.FrameFilter{All: true, Snap: snapBytes}, wireBlocks)
	if err != nil {
		return nil, err
	}
	if !ring.Ethernet() {
		ring.Close()
		return nil, errors.New("it has no Ethernet frames")
	}
	t := &wireTap{ring: ring, add: add, wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go t.run()
	return t, nil
}

func (t *wireTap) end() { t.once.Do(func() { close(t.quit) }) }

// tailWait is longer than the kernel keeps a block that it fills.
const tailWait = 4 * tap.Retire

// run is the goroutine that reads the ring.
func (t *wireTap) run() {
	defer close(t.ended)
	var waiter sync.WaitGroup
	waiter.Go(func() {
		for t.ring.Wait(t.signal) == nil {
		}
	})
	var over <-chan time.Time // of the wait for the last block
	quit := t.quit
	look := time.NewTicker(tailWait) // should the kernel once wake nobody
	defer look.Stop()
	for waits := true; waits; {
		select {
		case <-t.wake:
		case <-look.C:
		case <-quit:
			quit = nil
			t.ring.Stop()
			timer := time.NewTimer(tailWait)
			defer timer.Stop()
			over = timer.C
		case <-over:
			waits = false
		}
		t.drain()
		if quit == nil && !t.ring.Filling() {
			waits = false
		}
	}
	t.drain()
	t.ring.Close()
	waiter.Wait()
}

func (t *wireTap) signal() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *wireTap) drain() {
	t.ring.Mark(0)
	for {
		if _, _, ok := t.ring.Peek(); !ok {
			return
		}
		f := t.ring.Frame()
		t.add(&f)
		t.ring.Advance()
	}
}
