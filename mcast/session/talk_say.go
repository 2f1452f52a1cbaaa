package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/members"
)

// errNotSaid is why a line was not said.
var errNotSaid = errors.New("not said")

// say says a line among members: as plain text, unless the room is sealed, and by a
// frame. Lines that come faster than members may speak wait.
func (t *talk) say(ctx context.Context, text string) {
	parts := cut(text)
	for n, part := range parts {
		which := [2]int{}
		if len(parts) > 1 {
			which = [2]int{n + 1, len(parts)}
		}
		if !t.sayPart(ctx, part, which) {
			return
		}
	}
}

// sayPart is say for what one frame holds. It returns false when nothing more can be
// said.
func (t *talk) sayPart(ctx context.Context, text string, part [2]int) bool {
	name, ok := t.queue(ctx, text, part) // holds t.mu if it is
	if !ok {
		return false
	}
	u := t.s.utter(text, &chat.Framed{Name: name, Member: memberOf(t.self(), false), Part: part, Sealed: t.sealed})
	outs, _ := t.conv.Due(time.Now())
	t.dirty = true
	t.tell(nil)
	t.mu.Unlock()
	if !t.sealed {
		u.Err = u.by.Send(u.Data, u.To, u.via)
		t.s.capture.sent(u.Datagram)
	}
	errs := t.send(outs)
	t.mu.Lock()
	t.notSent(time.Now(), outs, errs)
	t.mu.Unlock()
	for n, err := range errs {
		if h, bad := frame.Parse(outs[n].Data); t.sealed && bad == nil && h.Stream == name.Stream && h.Number == name.Number {
			u.Err = err
		}
	}
	t.poke()
	if u.Err != nil {
		t.s.refused(u)
	}
	return true
}

// queue puts a line among those to be said, and returns with t.mu held when it is
// there. It waits while lines come too fast.
func (t *talk) queue(ctx context.Context, text string, part [2]int) (frame.Name, bool) {
	for {
		t.mu.Lock()
		if t.left || t.conv == nil {
			t.mu.Unlock()
			t.s.Problem(fmt.Errorf("%w: %s was left", errNotSaid, t.name))
			return frame.Name{}, false
		}
		name, again, err := t.conv.Say(time.Now(), strings.ToValidUTF8(text, "�"), part[0], part[1])
		if err == nil {
			return name, true
		}
		t.mu.Unlock()
		if again.IsZero() {
			t.s.Problem(fmt.Errorf("%w: %w", errNotSaid, err))
			return frame.Name{}, false
		}
		wait := time.NewTimer(time.Until(again))
		select {
		case <-wait.C:
			continue
		case <-ctx.Done():
		case <-t.over:
		case <-t.s.life.Done():
		}
		wait.Stop()
		t.s.Problem(fmt.Errorf("%w: the talk ended before it was its turn: %s", errNotSaid, text))
		return frame.Name{}, false
	}
}

// cut cuts a text into what fits into frames. Plain text goes out byte by byte as it
// was given, in the same pieces.
func cut(text string) (parts []string) {
	if utf8.ValidString(text) {
		return members.Split(text)
	}
	const most = frame.MaxText / utf8.UTFMax // each byte may become a character of three
	for len(text) > most {
		parts, text = append(parts, text[:most]), text[most:]
	}
	return append(parts, text)
}
