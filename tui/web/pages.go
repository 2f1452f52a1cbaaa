package web

import (
	"context"
	"sync"

	"github.com/groupcast/groupcast/mcast/class"
)

// Bounds of connections to pages at a time.
const (
	maxPages     = 8  // that show one seat
	maxFarewells = 64 // that are told only why they are closed
)

// pages counts the connections to pages, by the token of their seat.
type pages struct {
	mu   sync.Mutex
	by   map[class.Token]int
	none chan struct{} // closed when there is none; nil: nobody waits for that
}

// enter counts one more, and reports false where there are as many as may be.
func (p *pages) enter(t class.Token, most int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[class.Token]int{}
	}
	if p.by[t] >= most {
		return false
	}
	p.by[t]++
	return true
}

func (p *pages) leave(t class.Token) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[t]--; p.by[t] == 0 {
		delete(p.by, t)
	}
	if len(p.by) == 0 && p.none != nil {
		close(p.none)
		p.none = nil
	}
}

func (p *pages) wait(ctx context.Context) error {
	p.mu.Lock()
	if len(p.by) == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.none == nil {
		p.none = make(chan struct{})
	}
	none := p.none
	p.mu.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
