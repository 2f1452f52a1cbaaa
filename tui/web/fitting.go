package web

import (
	"slices"
	"sync"

	"github.com/groupcast/groupcast/mcast/class"
)

// fitting is which page of a tab its screen fits: the one that was resized or typed at
// last, and when that goes, the one before it.
type fitting struct {
	mu sync.Mutex
	by map[shownAs][]sized // the last is the one
}

// sized is a page, and the size that it told.
type sized struct {
	page *page
	size class.Input
}

// put passes on what a page tells a tab. If it is a key, the screen is to fit that page
// first; may says whether it may be drawn anew now.
func (f *fitting) put(at shownAs, p *page, s seatTab, in class.Input, may func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.by[at]
	n := slices.IndexFunc(list, func(other sized) bool { return other.page == p })
	switch {
	case in.Size != (class.Size{}):
		f.last(at, n, sized{p, class.Input{Size: in.Size, Light: in.Light}})
	case (in.Text != "" || in.Paste != "" || in.Key.Name != "") && n >= 0 && n < len(list)-1 && may():
		s.Input(list[n].size)
		f.last(at, n, list[n])
	}
	s.Input(in)
}

// last makes a page, which was the nth or -1, the last. The caller holds f.mu.
func (f *fitting) last(at shownAs, n int, page sized) {
	if f.by == nil {
		f.by = map[shownAs][]sized{}
	}
	if n >= 0 {
		f.by[at] = slices.Delete(f.by[at], n, n+1)
	}
	f.by[at] = append(f.by[at], page)
}

// leave forgets a page.
func (f *fitting) leave(at shownAs, p *page, s seatTab) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.by[at]
	n := slices.IndexFunc(list, func(other sized) bool { return other.page == p })
	if n < 0 {
		return
	}
	fits := n == len(list)-1
	if list = slices.Delete(list, n, n+1); len(list) == 0 {
		delete(f.by, at)
		return
	}
	f.by[at] = list
	if fits {
		s.Input(list[len(list)-1].size)
	}
}
