package session

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/ends"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// bothEnds is a talk's part in looking at both ends; talk.mu guards it.
type bothEnds struct {
	answerer ends.Answerer
	question *ends.Question // nil: nobody is asked
	asked    frame.Ref      // who is
	came     *frame.Frame   // an ASK or FACTS that take is about to look at
	reading  bool           // facts for an answer are being read
	read     time.Time
	told     map[[32]byte]bool
	refused  error // by the kernel, of the last frame that was to leave for the group as what is said does
}

// readEvery is how often facts are read for answers, whoever asks: on a host with many
// sockets that takes a while.
const readEvery = time.Second / 2

// maxTold bounds the members that it was told of once that they have facts.
const maxTold = 64

// mostUnicast is how many questions go to the address of a member's HELLO: nothing
// proves that it is there.
const mostUnicast = 20

// begin is called before the conversation begins. What the user said in others holds
// in it, too.
func (e *bothEnds) begin(cfg *MembersConfig, agreed map[[32]byte]bool, c *members.Config) {
	e.answerer.Share, e.answerer.Asks = cfg.ShareFacts, cfg.AskUser
	for key, yes := range agreed {
		e.answerer.Say(key, yes)
	}
	e.told = map[[32]byte]bool{}
	if e.answerer.Answers() {
		c.Bits |= frame.BitFacts
	}
	others := c.Frames
	c.Frames = func(now time.Time, f *frame.Frame, d members.Datagram) {
		switch f.Body.(type) {
		case *frame.Ask, *frame.Facts:
			e.came = f
		}
		if others != nil {
			others(now, f, d)
		}
	}
}

// sent takes in what became of frames; the caller holds talk.mu.
func (e *bothEnds) sent(outs []members.Out, errs []error) {
	for n, out := range outs {
		if !out.To.IsValid() && out.IfIndex == 0 {
			e.refused = errs[n]
		}
	}
}

// direct looks at a question or an answer that was just received; the caller holds
// t.mu.
func (t *talk) direct(now time.Time, d *mcast.Datagram) {
	f := t.ends.came
	if f == nil {
		return
	}
	t.ends.came = nil
	alone := !d.To.IsMulticast()
	switch body := f.Body.(type) {
	case *frame.Facts:
		if q := t.ends.question; q != nil && q.Take(now, f, alone) {
			t.poke()
		}
	case *frame.Ask:
		t.askedBy(now, f, body, d, alone)
	}
}

// askedBy is called with a question, for whomever it is; the caller holds t.mu.
func (t *talk) askedBy(now time.Time, f *frame.Frame, ask *frame.Ask, d *mcast.Datagram, alone bool) {
	ref := f.Stream.Ref()
	other, ok := t.conv.Other(now, ref)
	if !ok {
		return
	}
	who := ends.Asker{Stream: f.Stream, Key: other.Key, From: d.From, Bridge: other.Bits&frame.BitBridge != 0 || other.Afar, Known: t.sealed || other.Verified}
	me := t.conv.Stream()
	e := &t.ends
	switch e.answerer.Take(now, who, ask, me, alone) {
	case ends.Prompt:
		hint := fmt.Sprintf("to let it have them (or no instead of yes): /facts yes %s", nameOf(other.Who))
		if !other.Lately { // no list has it
			hint = "it is not heard in the group; to share facts with every member that may have them: /facts on"
		}
		t.tellAsked(now, fmt.Sprintf("%s, with the key %s, asks for facts of this host: interfaces, addresses, routes, memberships, whether the firewall drops",
			nameOf(other.Who), other.Fingerprint), hint)
	case ends.Unknown:
		t.tellAsked(now, fmt.Sprintf("%s asks for facts of this host, and gets none: its key %s is not verified", nameOf(other.Who), other.Fingerprint),
			fmt.Sprintf("ask that person by another way which key it has: /verify %s", nameOf(other.Who)))
	case ends.Tell:
		if !e.told[who.Key] && len(e.told) < maxTold {
			e.told[who.Key] = true
			why, end := "you share them", "to end that: /facts off"
			if e.answerer.Agreed(who.Key) { // which /facts off leaves as it is
				why, end = "you agreed", "to end that: /facts no "+nameOf(other.Who)
			}
			t.tellAsked(now, nameOf(other.Who)+" gets facts of this host: it asked, and "+why, end)
		}
		if !e.answerer.Fresh(now, who.Key, ask.Part) {
			t.answer(now, who, ask, d.From, d.IfIndex, alone, nil)
			return
		}
		if e.reading || now.Sub(e.read) < readEvery {
			return // it asks again
		}
		e.reading, e.read = true, now
		question, from, ifIndex := *ask, d.From, d.IfIndex
		t.s.done.Go(func() {
			defer t.s.recoverPanic()
			end := t.s.end(t, ref)
			t.mu.Lock()
			defer t.mu.Unlock()
			e.reading = false
			if end != nil && !t.left {
				end.Seen.Asked = e.answerer.Count(who.Key)
				t.answer(time.Now(), who, &question, from, ifIndex, alone, end)
				t.poke()
			}
		})
	}
}

// answer queues an answer: to the group by the interface that the question came by, or
// to the asker alone if the question came so; the caller holds t.mu.
func (t *talk) answer(now time.Time, who ends.Asker, ask *frame.Ask, from netip.AddrPort, ifIndex int, alone bool, end *ends.End) {
	facts, err := t.ends.answerer.Facts(now, who, ask, t.conv.Stream(), end)
	if err != nil {
		return // of a key that nothing can be encrypted for
	}
	if !alone {
		from, ifIndex = netip.AddrPort{}, t.conv.WayOf(ifIndex)
	}
	t.conv.Direct(now, facts, from, ifIndex) //nolint:errcheck // what cannot be said is not
	t.poke()
}

// tellAsked says something about a question, unless too much is said.
func (t *talk) tellAsked(now time.Time, text, hint string) {
	if _, ok := t.news.may(now); ok {
		t.s.mu.Lock()
		defer t.s.mu.Unlock()
		t.put(text, hint)
	}
}

// ask queues the next question, and returns when to look again; the caller holds t.mu.
func (t *talk) ask(now time.Time) time.Time {
	q := t.ends.question
	if q == nil || t.conv == nil {
		return now.Add(time.Hour)
	}
	n := q.Asked()
	ask, next := q.Due(now)
	if ask == nil {
		return next
	}
	other, ok := t.conv.Other(now, t.ends.asked)
	if !ok {
		return next
	}
	alone := func() {
		if other.From.IsValid() && n < mostUnicast {
			t.conv.Direct(now, ask, other.From, other.IfIndex) //nolint:errcheck // it is asked again
		}
	}
	group := func(by int) { t.conv.Direct(now, ask, netip.AddrPort{}, by) } //nolint:errcheck // it is asked again
	by := t.conv.WayOf(other.IfIndex)
	switch heard := q.Heard(); {
	case other.Presence != members.Live: // what does not come there by the group is counted there, perhaps
		alone()
		group(0)
	case n%3 == 1 && by != 0:
		group(by)
	case n%3 == 2 || heard.Alone > heard.Group:
		alone()
	default:
		group(0)
	}
	return next
}

// end is this host for the other end, and nil where that is not known. It reads
// the facts anew; the caller holds no lock.
func (s *Session) end(t *talk, ref frame.Ref) *ends.End {
	s.mu.Lock()
	s.stir(time.Now())
	s.mu.Unlock()
	s.refresh()
	t.mu.Lock()
	defer t.mu.Unlock()
	other, ok := t.conv.Other(time.Now(), ref)
	s.mu.Lock()
	defer s.mu.Unlock()
	if conversation(s.group) != t.at || s.facts.Interfaces == nil {
		return nil // the facts are about another group
	}
	e := &ends.End{Facts: s.facts, Intent: s.intent(time.Now()), Findings: slices.Clone(doctor.Seen(s.findings))}
	if s.out.IfIndex != 0 && s.out.Err == nil {
		e.Intent.Send = s.out.IfIndex
	}
	e.Refused = t.ends.refused
	e.FirewallIn = slices.ContainsFunc(s.facts.Firewall, func(c doctor.FirewallChain) bool { return c.In })
	if !ok {
		e.Seen = ends.Seen{LostIn: -1, LostOut: -1}
		return e
	}
	e.Seen = ends.Seen{
		Here: other.Lately, From: other.From.Addr().Unmap().WithZone(""), IfIndex: other.IfIndex,
		LostIn: other.LostIn, LostOut: other.LostOut,
		Hears: other.Presence == members.Live, Deaf: other.Presence == members.OneWay,
	}
	for _, index := range other.HearsBy {
		if index == 0 || index == s.out.IfIndex {
			e.Seen.Chosen = true
		} else {
			e.Seen.Others = append(e.Seen.Others, index)
		}
	}
	if s.own.Load().Ours(e.Seen.From) { // it hears every interface of this host
		e.Seen.Chosen = e.Seen.Chosen || e.Seen.Hears
	}
	return e
}

// ErrNoEnd is that nobody was asked, or that the group is another one now.
var ErrNoEnd = errors.New("nobody is asked")

// AskFacts asks a member of the current group for facts about its host, again and
// again, until [Session.Ends] has them.
func (s *Session) AskFacts(ref frame.Ref) error {
	s.mu.Lock()
	t := s.current()
	s.mu.Unlock()
	if t == nil {
		return ErrNoMembers
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conv == nil || t.left {
		return ErrNoMembers
	}
	other, ok := t.conv.Other(time.Now(), ref)
	if !ok {
		return ErrNobody
	}
	if other.Afar {
		return ErrBeyond
	}
	t.ends.question, t.ends.asked = ends.NewQuestion(t.conv.Stream(), other.Stream, other.Key), ref
	t.poke()
	return nil
}

// BothEnds is what is known of this host, and of one that was asked.
type BothEnds struct {
	Here  *ends.End
	There *ends.End // nil: it has not answered, or not all of it
	Err   error     // its answer cannot be read
	Asked int
}

// Ends reads the facts of this host anew, and returns them with those of the member that
// was asked. The error is ErrNoEnd.
func (s *Session) Ends(ref frame.Ref) (b BothEnds, err error) {
	s.mu.Lock()
	t := s.current()
	s.mu.Unlock()
	if t == nil {
		return b, ErrNoEnd
	}
	if b.Here = s.end(t, ref); b.Here == nil {
		return b, ErrNoEnd
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := t.ends.question; q != nil && t.ends.asked == ref {
		b.There, b.Err = q.End()
		b.Asked = q.Asked()
		b.Here.Seen.Asked = q.Heard()
	}
	return b, nil
}

// Answered reports whether the member that is asked has answered all, quickly.
func (s *Session) Answered() bool {
	s.mu.Lock()
	t := s.current()
	s.mu.Unlock()
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ends.question != nil && t.ends.question.Done()
}

// shareFacts says whether members are told what this host is like.
func (s *Session) shareFacts(on bool) error {
	if s.cfg.Members == nil {
		return &mcast.Advised{Err: fmt.Errorf("facts: %w", ErrNoMembers), Advice: "start without --plain-only"}
	}
	now := time.Now()
	s.mu.Lock()
	s.cfg.Members.ShareFacts = on
	s.mu.Unlock()
	s.eachTalk(func(t *talk) {
		t.ends.answerer.Share = on
		t.conv.SetBits(now, frame.BitFacts, t.ends.answerer.Answers())
	})
	text := "members that ask get facts of this host: those that you verified, and in a sealed room all"
	if !on {
		text = "nobody gets facts of this host, but for members that you named"
	}
	s.notice(text, "")
	return nil
}

// agree is the user's word about one who asked.
func (s *Session) agree(name string, yes bool) error {
	found, err := s.memberNamed("facts", name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.agreed[found.Key] = yes
	s.mu.Unlock()
	s.eachTalk(func(t *talk) { t.ends.answerer.Say(found.Key, yes) })
	who := nameOf(found.Who)
	switch {
	case !yes:
		s.notice(who+" gets no facts of this host", "")
	case !found.Verified && !s.membersNow().Sealed:
		s.notice(who+" gets facts of this host when it asks, once its key is verified", "ask that person by another way which key it has: /verify "+who)
	default:
		s.notice(who+" gets facts of this host when it asks", "")
	}
	return nil
}
