package desk

import (
	"context"
	"encoding/json"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// follow tells the state with what the last check found, and again when either changes.
func (x *Desk) follow(ctx context.Context, tell func(News) error) error {
	for {
		last, changed := x.Attempt.Last()
		s := x.Attempt.State()
		if err := tell(News{State: &s, Expectations: fitting(last)}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// mostSeen is how many bytes of JSON expectations may be in one message.
const mostSeen = 64 << 10

// fitting leaves so many lines of what each expectation has seen that they fit in a
// message together: students fill them.
func fitting(list []lesson.Expectation) []lesson.Expectation {
	for most := 64; ; most /= 2 {
		for i, e := range list {
			list[i].Seen = e.Seen[:min(len(e.Seen), most)]
		}
		if b, err := json.Marshal(list); err != nil || len(b) <= mostSeen || most == 0 {
			return list
		}
	}
}

// Follow tells the state of an exercise of another process, with what the last check found,
// and again whenever either changes. heard is called with News that have State and
// Expectations, and with the latest when it was slow; of one that blocks for longer than ten
// seconds the exercise may hang up. Follow returns when ctx ends, with its error, and with
// [lab.ErrNotRunning] when the exercise has ended.
func Follow(ctx context.Context, r *lab.Remote, heard func(News)) error {
	return r.Order(ctx, []string{FollowOrder}, func(b json.RawMessage) {
		var n News
		if json.Unmarshal(b, &n) == nil && n.State != nil {
			heard(n)
		}
	})
}
