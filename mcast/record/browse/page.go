package browse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/record"
)

// Bounds of a page.
const (
	PageDatagrams = 4000
	PageBytes     = 4 << 20 // of payload and comments
)

// between is how many packets are read between two looks at whether to go on.
const between = 1024

// Filter chooses datagrams of a capture. The zero Filter chooses all.
type Filter struct {
	Source netip.Addr // that sent them; the zero Addr: any
	To     netip.Addr // the group, or the host, that they were sent to; the zero Addr: any
	Port   uint16     // that they were sent to; 0: any
}

// Has reports whether a datagram between those addresses is chosen.
func (f Filter) Has(from, to netip.AddrPort) bool {
	return (!f.Source.IsValid() || f.Source == from.Addr()) && (!f.To.IsValid() || f.To == to.Addr()) && (f.Port == 0 || f.Port == to.Port())
}

// Datagram is one of a page. Its Data is its own memory, and its IfIndex the number
// of its interface in [Totals], from 1; 0: the capture does not name it.
type Datagram struct {
	record.Packet
	Nth uint64 // of the capture's datagrams, whatever the filter, from 1
}

// Said is what the capture says of a datagram: the way by which it left and why, as
// a Recorder writes it, "eth1: default route", and other notes.
func (d *Datagram) Said() (way string, notes []string) {
	for _, c := range d.Comments {
		if said, ok := strings.CutPrefix(c, "left by "); ok && d.Out && way == "" {
			way = said
		} else {
			notes = append(notes, c)
		}
	}
	return way, notes
}

// Page is a part of a capture, in its order. It is not changed any more.
type Page struct {
	Filter    Filter
	Datagrams []Datagram
	Before    uint64 // datagrams that the filter chooses, and that are before the page
	Ends      bool   // there are none after it
	At        int    // index of the datagram that was asked for; -1: there is none
	Err       error  // why the file could not be read to the end of the page: cut, or broken
}

// Kind is how a [Place] is found.
type Kind uint8

// The kinds of places.
const (
	First Kind = iota
	Last
	Number   // the first datagram whose packet has that number, or a higher one
	Nth      // the first datagram that is the Nth, or after it
	Time     // the first datagram that is as late, or later
	Next     // the first datagram after the Nth that has the text
	Previous // the last datagram before the Nth that has it
)

// Place is a place in a capture.
type Place struct {
	Kind   Kind
	Number int       // of Number
	Nth    uint64    // of Nth, Next and Previous
	Time   time.Time // of Time
	Text   string    // of Next and Previous: in the payload or a comment, in capital or small letters, or in an address
}

// opener opens the capture once more.
type opener func() (*record.Reader, error)

// unopenedError is of a capture that cannot be opened any more.
type unopenedError struct{ error }

// Unwrap is why.
func (e *unopenedError) Unwrap() error { return e.error }

// scan is the function scan for a capture that it opens.
func (o opener) scan(ctx context.Context, f Filter, progress func(*record.Reader), see func(*Datagram) bool) error {
	r, err := o()
	if err != nil {
		return &unopenedError{err}
	}
	defer r.Close()
	return scan(ctx, r, f, progress, see)
}

// scan gives each datagram that the filter chooses to see, until that returns false
// or the capture ends, where the error is nil. Data is valid until see returns.
func scan(ctx context.Context, r *record.Reader, f Filter, progress func(*record.Reader), see func(*Datagram) bool) (err error) {
	names := numbers{}
	d := Datagram{}
	for n := 0; ; n++ {
		if n%between == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(r)
		}
		d.Packet, err = r.Next()
		if err != nil {
			progress(r)
			if err == io.EOF {
				err = nil
			}
			return err
		}
		d.Nth++
		d.IfIndex = names.of(d.Interface)
		if f.Has(d.From, d.To) && !see(&d) {
			return nil
		}
	}
}

// mostInterfaces bounds the names that are numbered: a capture may have 65,536 in
// each of its sections.
const mostInterfaces = 1024

// numbers are the numbers of interfaces, by their names.
type numbers map[string]int

func (n numbers) of(name string) int {
	if name == "" {
		return 0
	}
	known := n[name]
	if known == 0 && len(n) < mostInterfaces {
		known = len(n) + 1
		n[strings.Clone(name)] = known
	}
	return known
}

// turn reads the page around a place. The error is that of ctx, or why the file
// could not be opened.
func (o opener) turn(ctx context.Context, f Filter, at Place, progress func(*record.Reader)) (Page, error) {
	target, from, found, err := o.find(ctx, f, at, progress)
	if err != nil {
		return Page{}, err
	}
	p := Page{Filter: f, Before: from, At: -1, Ends: true}
	if !found && (at.Kind == Next || at.Kind == Previous) {
		return p, nil
	}
	index, size := uint64(0), 0
	p.Err = o.scan(ctx, f, progress, func(d *Datagram) bool {
		index++
		if index <= from {
			return true
		}
		if size += sizeOf(d); len(p.Datagrams) == PageDatagrams || size > PageBytes && len(p.Datagrams) > 0 && index-1 > target {
			p.Ends = false
			return false
		}
		if index-1 == target {
			p.At = len(p.Datagrams)
		}
		kept := *d
		kept.Data = bytes.Clone(d.Data)
		kept.Comments = slices.Clone(d.Comments)
		p.Datagrams = append(p.Datagrams, kept)
		return true
	})
	if ctx.Err() != nil {
		return Page{}, ctx.Err()
	}
	return p, nil
}

// find finds a place: the index of its datagram among those that the filter chooses,
// and that of the first one of its page.
func (o opener) find(ctx context.Context, f Filter, at Place, progress func(*record.Reader)) (target, from uint64, found bool, err error) {
	if at.Kind == First {
		return 0, 0, true, nil
	}
	w, text := want{at, newSearch(at.Text)}, backlog{}
	index := uint64(0)
	err = o.scan(ctx, f, progress, func(d *Datagram) bool {
		text.add(index, sizeOf(d))
		is, more := w.look(d)
		if is || !found && (at.Kind == Number || at.Kind == Nth || at.Kind == Time) {
			target, from = index, text.first // or the last that there is
		}
		found = found || is
		index++
		return more
	})
	_, unopened := errors.AsType[*unopenedError](err)
	switch {
	case ctx.Err() != nil:
		return 0, 0, false, ctx.Err()
	case unopened:
		return 0, 0, false, err
	case at.Kind == Last && index > 0:
		target, from, found = index-1, text.first, true
	}
	return target, from, found, nil
}

// want says of one datagram after the other whether it is the one.
type want struct {
	Place
	search search // for Text
}

func (w want) look(d *Datagram) (is, more bool) {
	switch w.Kind {
	case Number:
		is = d.Number >= w.Number
	case Nth:
		is = d.Nth >= w.Nth
	case Time:
		is = !d.At.Before(w.Time)
	case Next:
		is = d.Nth > w.Nth && w.search.in(d)
	case Previous:
		return d.Nth < w.Nth && w.search.in(d), d.Nth < w.Nth
	}
	return is, !is
}

// Has reports whether a datagram has a text, as a search looks for it.
func (d *Datagram) Has(text string) bool { return newSearch(text).in(d) }

// search looks for a text, in capital or small letters.
type search struct {
	lower   string
	ascii   bool // it has no other letters
	address bool // it can be a part of one
}

func newSearch(text string) search {
	s := search{lower: strings.ToLower(text), ascii: true, address: true}
	for i := range len(s.lower) {
		c := s.lower[i]
		s.ascii = s.ascii && c < utf8.RuneSelf
		s.address = s.address && strings.IndexByte("0123456789abcdef.:[]", c) >= 0
	}
	return s
}

func (s search) in(d *Datagram) bool {
	if s.inBytes(d.Data) {
		return true
	}
	for _, c := range d.Comments {
		if strings.Contains(strings.ToLower(c), s.lower) {
			return true
		}
	}
	return s.address && (strings.Contains(d.From.String(), s.lower) || strings.Contains(d.To.String(), s.lower))
}

// inBytes is a search without an allocation, of which a large file needs millions.
func (s search) inBytes(data []byte) bool {
	if !s.ascii {
		return bytes.Contains(bytes.ToLower(data), []byte(s.lower))
	}
	n := len(s.lower)
	if n == 0 {
		return true
	}
	first := s.lower[0]
	for i := 0; i+n <= len(data); i++ {
		if small(data[i]) != first {
			continue
		}
		k := 1
		for k < n && small(data[i+k]) == s.lower[k] {
			k++
		}
		if k == n {
			return true
		}
	}
	return false
}

func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// sizeOf is how many bytes of a page a datagram takes.
func sizeOf(d *Datagram) int {
	n := len(d.Data)
	for _, c := range d.Comments {
		n += len(c)
	}
	return n
}

// backlog knows where a page begins that has its target in the middle: at the most
// half of its datagrams and bytes are before it.
type backlog struct {
	sizes [PageDatagrams / 2]int // of the datagrams from first on, by their index
	first uint64
	bytes int
}

func (b *backlog) add(index uint64, size int) {
	for b.first < index && (index-b.first >= uint64(len(b.sizes)) || b.bytes+size > PageBytes/2) {
		b.bytes -= b.sizes[b.first%uint64(len(b.sizes))]
		b.first++
	}
	b.sizes[index%uint64(len(b.sizes))] = size
	b.bytes += size
}
