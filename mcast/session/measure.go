package session

import (
	crand "crypto/rand"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/mesh"
)

// measurement is a talk's part in a measurement of who hears whom; talk.mu guards it.
type measurement struct {
	engine *mesh.Engine  // nil: nothing is measured here
	over   chan struct{} // closed when all is told
	closed bool
}

// begin is called before the conversation begins, and use after.
func (m *measurement) begin(t *talk, c *members.Config) {
	cfg := t.s.cfg.Members.Mesh
	if cfg == nil || t.at != conversation(t.s.cfg.Group) {
		return
	}
	own, seed := *cfg, [32]byte{}
	crand.Read(seed[:])
	own.Group, own.Sealed = t.at, t.sealed
	own.Random = rand.New(rand.NewChaCha8(seed))
	own.OnLink = func(a netip.Addr, ifIndex int) bool { return t.s.own.Load().OnLink(a, ifIndex) }
	own.Clean = chat.CleanRow
	m.engine = mesh.New(own, time.Now())
	m.over = t.s.meshOver
	c.Bits |= frame.BitMesh
	others := c.Frames
	c.Frames = func(now time.Time, f *frame.Frame, d members.Datagram) {
		m.engine.Frame(now, f, d)
		if others != nil {
			others(now, f, d)
		}
	}
}

func (m *measurement) use(c *members.Conversation) {
	if m.engine != nil {
		m.engine.Use(c)
	}
}

// due returns the numbered datagrams that are to be sent, and when to ask again.
func (m *measurement) due(now time.Time) ([]members.Out, time.Time) {
	if m.engine == nil {
		return nil, now.Add(time.Hour)
	}
	outs, due := m.engine.Due(now)
	if m.engine.Over() && !m.closed {
		m.closed = true
		close(m.over)
	}
	return outs, due
}

// sendNumbered sends numbered datagrams of a measurement. The caller does not hold t.mu.
func (t *talk) sendNumbered(outs []members.Out) {
	failed := 0
	for _, err := range t.send(outs) {
		if err != nil {
			failed++
		}
	}
	if failed > 0 {
		t.mu.Lock()
		t.measured.engine.NotSent(failed)
		t.mu.Unlock()
	}
}

// count gives the measurement what came to the port of frames and is no frame.
func (t *talk) count(d *mcast.Datagram) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.measured.engine == nil || t.conv == nil || t.left {
		return
	}
	now := time.Now()
	var age time.Duration
	if !d.At.IsZero() {
		age = now.Sub(d.At)
	}
	t.measured.engine.Receive(now, mesh.Datagram{Data: d.Data, Size: d.Size, From: d.From, IfIndex: d.IfIndex, TTL: d.Hops, Age: age})
}

// peerErrors is what a socket that sends calls with errors about unicast; nil: nobody
// wants to know.
func (s *Session) peerErrors() func(mcast.PeerError) {
	if s.cfg.Members == nil || s.cfg.Members.Mesh == nil || runtime.GOOS != "linux" {
		return nil
	}
	return func(e mcast.PeerError) {
		if e.Local() || e.To.Port() == 0 {
			return
		}
		s.measuring(func(t *talk, m *mesh.Engine) { m.Refused(time.Now(), e.To) })
	}
}

// measuring does something with the measurement; false: there is none yet.
func (s *Session) measuring(do func(*talk, *mesh.Engine)) bool {
	b := s.board.Load()
	if b == nil {
		return false
	}
	for _, t := range b.talks {
		t.mu.Lock()
		found := t.measured.engine != nil && t.conv != nil
		if found {
			do(t, t.measured.engine)
		}
		t.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}

// Mesh is what is known of the measurement of [MembersConfig.Mesh]; false: it has not
// begun, since members are off. Timelines are in it when lines says so.
func (s *Session) Mesh(lines bool) (r mesh.Report, ok bool) {
	ok = s.measuring(func(_ *talk, m *mesh.Engine) { r = m.Report(time.Now(), lines) })
	return r, ok
}

// EndMesh ends the measurement: this member's report goes to the others, and theirs are
// waited for. MeshOver says when that is done.
func (s *Session) EndMesh() {
	s.measuring(func(t *talk, m *mesh.Engine) {
		m.End(time.Now())
		t.poke()
	})
}

// MeshOver is closed when the reports of all who are here came after EndMesh, or the time
// for that was over: 100 ms for each member, and 10 s.
func (s *Session) MeshOver() <-chan struct{} { return s.meshOver }
