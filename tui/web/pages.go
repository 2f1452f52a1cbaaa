package web

import (
	"context"
	"sync"

	"github.com/groupcast/groupcast/mcast/class"
)

// Bounds of connections to pages at a time.
const (
	maxPages     = 8  // that show one tab of a seat
	maxFarewells = 64 // that are told only why they are closed
)

// shownAs is what a connection shows to a page: a tab of whose seat. Zero: nothing.
type shownAs struct {
	token class.Token
	tab   string
}

// pages counts the connections to pages.
type pages struct {
	mu   sync.Mutex
	by   map[shownAs]int
	none chan struct{} // closed when there is none; nil: nobody waits for that
}

// enter counts one more, and reports false where there are as many as may be.
func (p *pages) enter(at shownAs, most int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[shownAs]int{}
	}
	if p.by[at] >= most {
		return false
	}
	p.by[at]++
	return true
}

func (p *pages) leave(at shownAs) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[at]--; p.by[at] == 0 {
		delete(p.by, at)
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
