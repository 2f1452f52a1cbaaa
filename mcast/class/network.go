package class

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// laboratory is what a class needs of a lab.
type laboratory interface {
	start(l launch, out shower) (runner, error)
	now() (lab.Now, error)
	fault(words []string) error
	ended() <-chan struct{}
	close() // ends every program; start fails from then on
}

// exercising is what it needs of one where somebody is at an exercise.
type exercising interface {
	order(ctx context.Context, order string) error
	follow(ctx context.Context, heard func(lesson.State, []lesson.Expectation)) error // until ctx or the lab ends
}

// launch is a program that starts in a host.
type launch struct {
	host  string
	name  string // of the student
	plain bool   // it has lines and no screen
	size  Size
	files map[string][]byte
	tells func(report) // takes what the program tells of what it hears
}

// network is the shared LAN of a class, or that of one student.
type network struct {
	class    *Class
	owner    string // the seat; "": it is shared
	topology lab.Topology
	exercise *Exercise // that is done in it; nil: none
	stop     context.CancelFunc
	gone     chan struct{} // closed when nothing is left of it
	anew     chan struct{} // has an element when it is to be built anew
	faulting sync.Mutex    // held while a fault is made and logged; before mu
	working  sync.WaitGroup

	mu    sync.Mutex    // the last but that of changes
	now   standing      // of what known is closed for
	known chan struct{} // closed when it is there, or it is known why not
	is    bool          // known is closed
	round int           // counts networks, one after the other
	view  view
}

// standing is a network as it stands: its lab, or why there is none.
type standing struct {
	lab   laboratory
	err   error
	round int
}

// newNetwork is one that is there already, or is built in the background.
func (c *Class) newNetwork(owner string, there laboratory, x *Exercise) *network {
	ctx, stop := context.WithCancel(context.Background())
	n := &network{
		class: c, owner: owner, topology: c.cfg.Topology, exercise: x, stop: stop,
		gone: make(chan struct{}), anew: make(chan struct{}, 1), known: make(chan struct{}),
	}
	if x != nil {
		x.network = n
	}
	if there != nil {
		n.settle(there, nil)
	}
	go func() {
		defer close(n.gone)
		if there != nil {
			<-ctx.Done() // the end of its lab is that of the class
			n.settle(nil, ErrOver)
			there.close()
		} else {
			n.run(ctx)
		}
		n.working.Wait()
	}()
	return n
}

// What is said where a network is not there.
var (
	errEnded = errors.New("the network has ended")
	errGone  = errors.New("nobody sits there any more")
)

// run builds the network of one student, and again when it is asked to, until it is
// stopped.
func (n *network) run(ctx context.Context) {
	for again := false; ; again = true {
		l, err := n.class.buildSlowly(ctx)
		if ctx.Err() != nil {
			n.settle(nil, errGone)
			if err == nil {
				l.close()
			}
			return
		}
		n.settle(l, err)
		following, hang := context.WithCancel(ctx)
		var ended <-chan struct{}
		if err != nil {
			n.tell("network-failed", harmlessAll(err.Error()))
		} else {
			ended = l.ended()
			n.follow(following, l)
			if again {
				n.renewed()
			}
		}
		more := n.stands(ctx, ended)
		hang()
		if err == nil {
			l.close()
		}
		if !more {
			return
		}
	}
}

// stands waits until a network is to be built anew. It is false when there is to be none.
func (n *network) stands(ctx context.Context, ended <-chan struct{}) (more bool) {
	for {
		select {
		case <-ctx.Done():
			n.settle(nil, errGone)
			return false
		case <-n.anew:
			n.unsettle()
			return true
		case <-ended:
			ended = nil
			n.settle(nil, errEnded)
			n.tell("network-ended", "")
		}
	}
}

func (n *network) tell(kind, text string) {
	e := Event{Kind: kind, Host: n.owner, Text: text}
	if s := n.seat(); s != nil {
		e.Name = s.name
	}
	n.class.tell(e)
}

// seat is that of its student; nil: there is none any more.
func (n *network) seat() *Seat {
	if s := n.class.seatAt(n.owner); s != nil && s.network == n {
		return s
	}
	return nil
}

// settle says that it is there, or why not.
func (n *network) settle(l laboratory, err error) {
	n.mu.Lock()
	if l != nil {
		n.round++
	}
	n.now = standing{l, err, n.round}
	n.view.state = nil
	if !n.is {
		n.is = true
		close(n.known)
	}
	n.mu.Unlock()
	n.changed(err)
}

// unsettle says that it is being built.
func (n *network) unsettle() {
	n.mu.Lock()
	n.now, n.is, n.known, n.view.state = standing{}, false, make(chan struct{}), nil
	n.mu.Unlock()
	n.changed(nil)
}

// changed lets pages say how it stands.
func (n *network) changed(err error) {
	n.class.changes.wake()
	if x := n.exercise; x != nil {
		x.change(func() {
			if x.said = ""; err != nil {
				x.said = "There is no network now: tell your teacher. Reset builds another one."
			}
		})
	}
}

// stand is how it stands; known is false while it is being built.
func (n *network) stand() (s standing, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now, n.is
}

// wait waits while it is being built.
func (n *network) wait(ctx context.Context) (standing, error) {
	for {
		n.mu.Lock()
		s, is, known := n.now, n.is, n.known
		n.mu.Unlock()
		if is {
			return s, s.err
		}
		select {
		case <-known:
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

// rebuild lets it be built anew, in the background.
func (n *network) rebuild() {
	select {
	case n.anew <- struct{}{}:
	default: // it is going to be
	}
}

// renewed lets programs start again whose hosts are others now: with this network, or
// because its own process has built it anew.
func (n *network) renewed() {
	if s := n.seat(); s != nil {
		n.class.log.void(n.owner)
		s.renew(builtAnew)
	}
}

// turned is renewed, of a network that its own process has built anew.
func (n *network) turned() {
	n.mu.Lock()
	n.round++
	n.now.round = n.round
	n.view.state = nil
	n.mu.Unlock()
	n.class.changes.wake()
	n.renewed()
}

// followAgain is how soon an exercise is followed again that did not answer.
const followAgain = time.Second

// follow tells the exercise how it stands, until ctx ends.
func (n *network) follow(ctx context.Context, l laboratory) {
	x, ok := l.(exercising)
	if n.exercise == nil || !ok {
		return
	}
	n.exercise.begins()
	n.working.Go(func() {
		for ctx.Err() == nil {
			_ = x.follow(ctx, n.exercise.heard)
			select {
			case <-ctx.Done():
			case <-l.ended():
				return
			case <-time.After(followAgain):
			}
		}
	})
}

// mostBuilds is how many networks are built at once: each takes a processor while it is.
const mostBuilds = 2

// buildSlowly builds a network of one student when its turn comes.
func (c *Class) buildSlowly(ctx context.Context) (laboratory, error) {
	done, err := take(ctx, c.builds)
	if err != nil {
		return nil, err
	}
	defer done()
	return c.build(ctx)
}

// take takes one of what there are some of, until done is called.
func take(ctx context.Context, from chan struct{}) (done func(), err error) {
	select {
	case from <- struct{}{}:
		return func() { <-from }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
