package session

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/ping"
)

// read carries one socket's datagrams into the room until it closes.
func (s *Session) read(conn *mcast.Conn) {
	defer s.recoverPanic()
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := conn.Read(s.life, batch)
		if errors.Is(err, net.ErrClosed) {
			return // its last group was left
		}
		if err != nil {
			s.fail(err)
			return
		}
		s.receive(batch[:n], conn.LocalAddr().Port())
	}
}

// receive takes in what was read from the socket of that port.
func (s *Session) receive(batch []mcast.Datagram, port uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stir(time.Now())
	for _, d := range batch {
		line, came := s.room.Receive(d)
		if s.capture != nil { // or it would be copied for nobody
			s.capture.received(Datagram{
				At:        d.At,
				From:      d.From,
				To:        netip.AddrPortFrom(d.To, port),
				Interface: s.room.InterfaceName(d.IfIndex),
				IfIndex:   d.IfIndex,
				Hops:      d.Hops,
				Data:      d.Data,
				Truncated: d.Truncated,
				Arrival:   came,
			})
		}
		s.observe(d, line, came)
		if line.ID == 0 {
			continue
		}
		if line.Kind == chat.Heard && line.To == s.group.Addr && !line.Local {
			s.heard[d.IfIndex]++
		}
		if line.Kind == chat.Heard && ping.IsRequest(d.Data) {
			continue // nobody said that
		}
		s.ring.Put(line)
	}
}

// observe notes what a datagram is evidence of; line is what the room made of
// it. The caller holds s.mu.
func (s *Session) observe(d mcast.Datagram, line chat.Line, came chat.Arrival) {
	switch {
	case line.Kind == chat.Own:
		noteOutcome(s.evidence, line, nil)
	case came.OwnCopy:
	case came.Stray && s.allGroups:
		s.evidence.HearStray(d.To, d.At)
	case !came.Stray && d.To == s.group.Addr:
		noteHeard(s.evidence, d, came)
	}
}

// watch keeps the memberships in line with the interfaces, and says in the talk
// what was lost and joined again.
func (s *Session) watch() {
	defer s.recoverPanic()
	if err := host.Watch(s.life, s.follow); err != nil {
		s.Problem(err)
	}
}

func (s *Session) follow(ch host.Change) {
	s.followAll(ch)
	select {
	case s.changed <- struct{}{}:
	default: // it is known already
	}
}

func (s *Session) followAll(ch host.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep.Follow(ch)
	s.rename(ch)
}

// rename keeps the interfaces that the user chose, and what was heard by one,
// when it is made again, with another index, or gets another name. The caller
// holds s.mu.
func (s *Session) rename(ch host.Change) {
	same := func(i host.Interface) bool {
		return ch.Kind == host.Appeared && i.Name == ch.Interface.Name || ch.Kind == host.Renamed && i.Index == ch.Interface.Index
	}
	if same(s.send) {
		s.send = ch.Interface
	}
	if old, err := host.Find(s.facts.Interfaces, ch.Interface.Name); err == nil && old.Index != ch.Interface.Index {
		s.heard[ch.Interface.Index] += s.heard[old.Index]
		delete(s.heard, old.Index)
	}
	for n := range s.byUser {
		if same(s.byUser[n]) {
			s.byUser[n] = ch.Interface
		}
	}
}

// fail ends the session for a reason other than being closed.
func (s *Session) fail(err error) {
	if s.life.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.ring.Close()
}

// recoverPanic turns a panic of one of our goroutines into the session's
// error, so that the screen can give the terminal back before it is reported.
func (s *Session) recoverPanic() {
	if r := recover(); r != nil {
		s.fail(Recovered(r))
	}
}

// Next waits until something has happened, and returns it, at most 20 times a
// second. The error is io.EOF for a session that was closed, what ended it, or
// that of ctx. Calls wait for one another.
func (s *Session) Next(ctx context.Context) (Batch, error) {
	s.taking.Lock()
	defer s.taking.Unlock()
	if wait := framePace - time.Since(s.paced); wait > 0 {
		pause := time.NewTimer(wait)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		}
	}
	lines, dropped, err := s.ring.Next(ctx)
	s.paced = time.Now()
	if errors.Is(err, io.EOF) {
		s.mu.Lock()
		if s.err != nil {
			err = s.err
		}
		s.mu.Unlock()
	}
	batch := Batch{Lines: lines, Dropped: dropped}
	s.capture.into(&batch)
	if s.cfg.Tap != nil {
		s.cfg.Tap(batch)
	}
	return batch, err
}
