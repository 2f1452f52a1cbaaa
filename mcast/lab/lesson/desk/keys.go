package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// Keys is what somebody at a screen does with an exercise. Each method may be called
// while another is at work, which it then leaves alone.
type Keys struct {
	attempt *lesson.Attempt
	work    sync.WaitGroup

	mu    sync.Mutex // guards what follows
	busy  string     // what is at work
	said  string     // by a key
	asked time.Time  // when a reset was asked for once
}

// NewKeys are those of an exercise; said is shown until the first key.
func NewKeys(a *lesson.Attempt, said string) *Keys { return &Keys{attempt: a, said: said} }

// Said is what is at work, and what the last key has said; "": nothing.
func (k *Keys) Said() (busy, said string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.busy, k.said
}

// Wait waits until nothing is at work.
func (k *Keys) Wait() { k.work.Wait() }

// doing is false while another key is at work.
func (k *Keys) doing(what string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy != "" {
		return false
	}
	k.busy, k.said, k.asked = what, "", time.Time{}
	k.work.Add(1)
	return true
}

func (k *Keys) done(said string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.busy, k.said = "", said
	k.work.Done()
}

// Check sees whether the exercise is solved.
func (k *Keys) Check(ctx context.Context) {
	if !k.doing("checking ...") {
		return
	}
	_, err := k.attempt.Examine(ctx, nil)
	said := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		said = "the check could not be run: " + err.Error() + "; r builds the network anew"
	}
	k.done(said)
}

// Hint takes the next hint.
func (k *Keys) Hint() {
	_, _, err := k.attempt.Hint()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.said = time.Time{}, "" // the panel has the hint
	switch {
	case errors.Is(err, lesson.ErrSolved):
		k.said = "It is solved: no hint is needed."
	case err != nil:
		k.said = err.Error()
	}
}

// resetAgain is how long a first r waits for the second.
const resetAgain = 10 * time.Second

// Reset builds the network anew when it is called a second time within ten seconds.
func (k *Keys) Reset(ctx context.Context) {
	k.mu.Lock()
	sure := !k.asked.IsZero() && time.Since(k.asked) < resetAgain
	if !sure {
		k.asked, k.said = time.Now(), "r once more builds the network anew and ends every program in it."
	}
	k.mu.Unlock()
	if !sure || !k.doing("building the network anew ...") {
		return
	}
	said := "The network was built anew, with the fault."
	if err := k.attempt.Reset(ctx); err != nil {
		said = err.Error()
	}
	k.done(said)
}
