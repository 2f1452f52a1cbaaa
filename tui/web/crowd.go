package web

import (
	"context"
	"sync"
)

// crowd counts connections by what they are for.
type crowd struct {
	mu   sync.Mutex
	by   map[string]int
	none chan struct{} // closed when there is none; nil: nobody waits for that
}

// enter counts one more for each of some purposes, and reports false where one of them has
// as many as may be. leave is called once.
func (c *crowd) enter(most map[string]int) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for what, n := range most {
		if c.by[what] >= n {
			return nil, false
		}
	}
	if c.by == nil {
		c.by = map[string]int{}
	}
	for what := range most {
		c.by[what]++
	}
	return sync.OnceFunc(func() { c.leave(most) }), true
}

func (c *crowd) leave(most map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for what := range most {
		if c.by[what]--; c.by[what] == 0 {
			delete(c.by, what)
		}
	}
	if len(c.by) == 0 && c.none != nil {
		close(c.none)
		c.none = nil
	}
}

// wait returns when there is none.
func (c *crowd) wait(ctx context.Context) error {
	c.mu.Lock()
	if len(c.by) == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.none == nil {
		c.none = make(chan struct{})
	}
	none := c.none
	c.mu.Unlock()
	select {
	case <-none:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
