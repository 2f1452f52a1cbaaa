package web

import (
	"slices"
	"sync"

	"github.com/groupcast/groupcast/mcast/class"
)

// fitting is which page of a seat its screen fits: the one that was resized or typed at
// last, and when that goes, the one before it.
type fitting struct {
	mu sync.Mutex
	by map[class.Token][]sized // the last is the one
}

// sized is a page, and the size that it told.
type sized struct {
	page *page
	size class.Input
}

// put passes on what a page tells a seat. If it is a key, the screen is to fit that page
// first; may says whether it may be drawn anew now.
func (f *fitting) put(t class.Token, p *page, s seat, in class.Input, may func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.by[t]
	n := slices.IndexFunc(list, func(other sized) bool { return other.page == p })
	switch {
	case in.Size != (class.Size{}):
		f.last(t, n, sized{p, class.Input{Size: in.Size, Light: in.Light}})
	case (in.Text != "" || in.Paste != "" || in.Key.Name != "") && n >= 0 && n < len(list)-1 && may():
		s.Input(list[n].size)
		f.last(t, n, list[n])
	}
	s.Input(in)
}

// last makes a page, which was the nth or -1, the last. The caller holds f.mu.
func (f *fitting) last(t class.Token, n int, page sized) {
	if f.by == nil {
		f.by = map[class.Token][]sized{}
	}
	if n >= 0 {
		f.by[t] = slices.Delete(f.by[t], n, n+1)
	}
	f.by[t] = append(f.by[t], page)
}

// leave forgets a page.
func (f *fitting) leave(t class.Token, p *page, s seat) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.by[t]
	n := slices.IndexFunc(list, func(other sized) bool { return other.page == p })
	if n < 0 {
		return
	}
	fits := n == len(list)-1
	if list = slices.Delete(list, n, n+1); len(list) == 0 {
		delete(f.by, t)
		return
	}
	f.by[t] = list
	if fits {
		s.Input(list[len(list)-1].size)
	}
}
