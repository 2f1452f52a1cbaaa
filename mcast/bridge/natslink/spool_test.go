package natslink

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// A frame that is never acknowledged, while those after it are, does not make the spool grow.
func TestSpoolBehindOne(t *testing.T) {
	var s spool
	now := time.Now()
	add := func(n uint64) {
		w := &waiting{data: make([]byte, 1000), since: now}
		binary.BigEndian.PutUint64(w.id[:], n)
		s.add(w)
	}
	add(0)
	s.take(now, time.Time{})
	const many = 3 * spoolBytes / spoolFrame
	longest := 0
	for n := range uint64(many) {
		add(n + 1)
		if _, number := s.take(now, time.Time{}); number > 0 {
			s.acknowledged(number, true)
		}
		longest = max(longest, len(s.list))
	}
	if longest > spoolBytes/spoolFrame {
		t.Errorf("%d frames were in the list", longest)
	}
	if got, want := s.keeping(), (bridge.Keeping{Kept: many, Dropped: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
