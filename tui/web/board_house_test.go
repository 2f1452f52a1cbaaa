package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

const (
	teachersKey = "teachers-key-of-128-bits"
	aKey        = "Authorization: Bearer " + teachersKey
)

// podium is a class whose board is what a test says.
type podium struct {
	topology lab.Topology

	mu      sync.Mutex
	board   class.Board
	nets    map[string]class.Net
	changed chan struct{}
	done    chan struct{}
	acts    []string
	fails   error
	tabs    map[string]*lookedTab
}

func newPodium(hosts int) *podium {
	t, err := lab.FindTopology("classroom", hosts)
	if err != nil {
		panic(err)
	}
	p := &podium{topology: t, changed: make(chan struct{}), done: make(chan struct{}), tabs: map[string]*lookedTab{}, nets: map[string]class.Net{}}
	net := class.Net{Heard: []class.NetHeard{}}
	for _, h := range t.Hosts {
		p.board.Seats = append(p.board.Seats, class.BoardSeat{Seat: h.Name})
		net.Hosts = append(net.Hosts, class.NetHost{Name: h.Name})
		for _, i := range h.Interfaces {
			net.Wires = append(net.Wires, class.NetWire{Name: h.Name + "." + i.Name, Up: true, Whole: true})
		}
	}
	p.nets[""] = net
	return p
}

// set changes something, and says so.
func (p *podium) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// wire changes a wire of a network, whose pages keep what they have.
func (p *podium) wire(net, name string, change func(*class.NetWire)) {
	p.set(func() {
		n := p.nets[net]
		n.Wires = slices.Clone(n.Wires)
		for i := range n.Wires {
			if n.Wires[i].Name == name {
				change(&n.Wires[i])
			}
		}
		p.nets[net] = n
	})
}

func (p *podium) act(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acts = append(p.acts, text)
	return p.fails
}

// acted is what was done, which it forgets.
func (p *podium) acted() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.acts = nil }()
	return strings.Join(p.acts, "; ")
}

func (p *podium) Topology() lab.Topology { return p.topology }
func (p *podium) Board() class.Board     { p.mu.Lock(); defer p.mu.Unlock(); return p.board }
func (p *podium) Done() <-chan struct{}  { return p.done }
func (p *podium) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *podium) Net(seat string) (class.Net, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.nets[seat]
	if !ok {
		return n, class.ErrSeat
	}
	return n, nil
}

func (p *podium) Fault(seat string, words []string) error {
	return p.act(fmt.Sprintf("fault %q %q", seat, words))
}
func (p *podium) Undo(n int64) error      { return p.act(fmt.Sprintf("undo %d", n)) }
func (p *podium) Reset(seat string) error { return p.act(fmt.Sprintf("reset %q", seat)) }
func (p *podium) Free(seat string) error  { return p.act(fmt.Sprintf("free %q", seat)) }
func (p *podium) Lock(locked bool) {
	_ = p.act(fmt.Sprintf("lock %v", locked))
	p.set(func() { p.board.Locked = locked })
}

func (p *podium) Look(seat, tab string) (looked, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tabs[seat+" "+tab]; t != nil {
		return t, nil
	}
	return nil, class.ErrSeat
}

// lookedTab is a tab of a seat, of which it is counted who looks on.
type lookedTab struct {
	*desk
	mu  sync.Mutex
	ons int
}

func (t *lookedTab) LookOn() func() {
	t.count(1)
	return sync.OnceFunc(func() { t.count(-1) })
}

func (t *lookedTab) count(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ons += n
}

func (t *lookedTab) lookers() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ons
}

// openBoard is a house with a board.
func openBoard(t *testing.T, p *podium) *house {
	h := open(t, &room{}, Options{Key: teachersKey})
	h.handler.board(p)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		select {
		case <-p.done:
		default:
			close(p.done)
		}
	})
	return h
}

// boardEvent is an event of a board.
type boardEvent struct{ kind, data string }

// watch asks for a board's events; the answer comes where there are none.
func (h *house) watch(t *testing.T, query string, header ...string) (next func() boardEvent, leave func(), answer *http.Response) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:8080/board/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range header {
		if key, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(key, value)
		}
	}
	answer, err = h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); answer.Body.Close() })
	lines := bufio.NewReader(answer.Body)
	next = func() (e boardEvent) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return boardEvent{"", err.Error()}
			}
			line = strings.TrimSuffix(line, "\n")
			switch {
			case line == "" && e.kind != "":
				return e
			case strings.HasPrefix(line, "event: "):
				e.kind = line[7:]
			case strings.HasPrefix(line, "data: "):
				e.data += line[6:]
			case line != "" && line != ":":
				t.Fatalf("a line of events is %q", line)
			}
		}
	}
	return next, func() { cancel(); answer.Body.Close() }, answer
}

// shownOf is an event "board".
func shownOf(t *testing.T, e boardEvent) (s shownBoard) {
	t.Helper()
	if e.kind != "board" {
		t.Fatalf("an event is %+v", e)
	}
	if err := json.Unmarshal([]byte(e.data), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
