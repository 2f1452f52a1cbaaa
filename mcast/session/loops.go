package session

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/ping"
)

// purpose is what a socket is for.
type purpose uint8

const (
	forText    purpose = iota // the group's port
	forFrames                 // the port of frames
	forSenders                // what is sent leaves from it, and unicast comes back
)

// readAs carries one socket's datagrams into the room until it closes.
func (s *Session) readAs(conn *mcast.Conn, as purpose) {
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
		s.receive(batch[:n], conn.LocalAddr().Port(), as)
	}
}

// receive takes in what was read from the socket of that port.
func (s *Session) receive(batch []mcast.Datagram, port uint16, as purpose) {
	fates := s.fates(batch, port, as)
	answers := s.takeIn(batch, fates, port)
	s.answer(answers)
}

// takeIn puts in the talk what was read, and returns the pings that are to be
// answered.
func (s *Session) takeIn(batch []mcast.Datagram, fates []fate, port uint16) (answers []*mcast.Datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fates == nil || slices.ContainsFunc(fates, func(f fate) bool { return f.what == isText }) {
		s.stir(time.Now()) // signs of life are no news
	}
	for n, d := range batch {
		var f fate // of one who knows no members
		if fates != nil {
			f = fates[n]
		}
		line, came := s.accept(d, f)
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
		if f.what == isText && !f.means.Aside {
			s.observe(d, line, came)
		}
		if heard := line.Kind == chat.Heard || came.Twin || came.Held; heard && !f.means.Aside && d.To == s.group.Addr && !came.Local {
			s.heard[d.IfIndex]++
		}
		if line.ID == 0 {
			continue
		}
		if line.Kind == chat.Heard && ping.IsRequest(d.Data) {
			if f.answer && s.answers(&batch[n]) {
				answers = append(answers, &batch[n])
			}
			continue // nobody said that
		}
		s.ring.Put(line)
	}
	return answers
}

// accept gives the room a datagram.
func (s *Session) accept(d mcast.Datagram, f fate) (chat.Line, chat.Arrival) {
	switch f.what {
	case isTheirs:
		s.room.Frame(d)
		return chat.Line{}, chat.Arrival{}
	case isOwn:
		line := s.room.FrameBack(d, f.name)
		if line.ID != 0 {
			noteOutcome(s.evidence, line, nil)
		}
		return line, chat.Arrival{OwnCopy: true}
	case isNothing:
		s.room.Ignore(d)
		return chat.Line{}, chat.Arrival{}
	}
	if !f.among {
		return s.room.Receive(d)
	}
	return s.room.ReceiveAmong(d, f.means)
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
	s.align()
	select {
	case s.changed <- struct{}{}:
	default: // it is known already
	}
}

func (s *Session) followAll(ch host.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep.Follow(ch)
	for _, conn := range s.frames {
		conn.Follow(ch) // what it tells, the keeper tells as well
	}
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
	batch := Batch{Lines: lines, Dropped: dropped}
	s.mu.Lock()
	if errors.Is(err, io.EOF) && s.err != nil {
		err = s.err
	}
	batch.Events, batch.Unnoted = s.happened.take()
	s.mu.Unlock()
	s.capture.into(&batch)
	if s.cfg.Tap != nil {
		s.cfg.Tap(batch)
	}
	return batch, err
}
