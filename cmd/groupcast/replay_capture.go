package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
)

var (
	errPipeTooLong = errors.New("it has more than 1 GiB")
	errTyped       = errors.New("it is a terminal")
)

// capture is a recording that is read several times, or a stream that is read
// once.
type capture struct {
	name   string // "-": standard input
	in     io.Reader
	file   *os.File      // standard input where that is a file, or what it is copied to; nil: a file of that name
	begin  int64         // where it begins in file
	stream bool          // it is read as it comes,
	ahead  *packetStream // by a goroutine
	copied bool          // file is a copy
}

// title is its name as it is shown.
func (c *capture) title() string {
	if c.name == "-" {
		return "standard input"
	}
	return c.name
}

// about is an error that says which capture it is about.
func (c *capture) about(err error) error {
	return fmt.Errorf("replay: %s: %w", chat.Clean(c.title()), err)
}

// notOpened is the error of package record that it could not be opened, without
// that package's words. Where it has the name of a file, the error says it.
func (c *capture) notOpened(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	path, ok := errors.AsType[*fs.PathError](err)
	switch {
	case ok && errors.Is(path.Err, fs.ErrPermission):
		return &mcast.Advised{Err: c.about(path.Err), Advice: "only the owner of a recording can read it, whom this shows: ls -l " + shellWord(c.name)}
	case ok:
		return c.about(path.Err)
	case c.name == "-":
		return c.about(err)
	}
	err = fmt.Errorf("replay: %w", err)
	if info, e := os.Stat(c.name); e == nil && errors.Is(err, record.ErrNotFile) && info.Mode()&fs.ModeNamedPipe != 0 {
		err = &mcast.Advised{Err: err, Advice: "standard input can be a pipe: groupcast replay - GROUP <" + shellWord(c.name)}
	}
	return err
}

// open finds out what it is, and reports whether it is a pipe. A pipe is a stream
// if that is enough, and else copied.
func (c *capture) open(in io.Reader, enough bool) (pipe bool, err error) {
	c.in = in
	f, isFile := in.(*os.File)
	switch {
	case c.name != "-":
		r, err := record.Open(c.name)
		if err != nil {
			return false, c.notOpened(err)
		}
		return false, r.Close()
	case isTerminal(in):
		return false, c.about(errTyped)
	case isFile:
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			c.file = f
			if c.begin, err = f.Seek(0, io.SeekCurrent); err != nil {
				return false, c.about(err)
			}
			return false, nil
		}
	}
	c.stream = enough
	return true, nil
}

// copy copies a pipe to a file that nobody else sees.
func (c *capture) copy(ctx context.Context) error {
	const most = record.DefaultMax
	to, err := os.CreateTemp("", "groupcast-replay-*")
	if err != nil {
		return c.about(err)
	}
	c.file, c.copied = to, true
	os.Remove(to.Name()) // a system that removes no open file does so in close
	n, err := leaveBehind(ctx, func() (int64, error) { return io.Copy(to, io.LimitReader(c.in, most+1)) })
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return c.about(err)
	case n > most:
		return c.about(errPipeTooLong)
	}
	return nil
}

func (c *capture) close() {
	if c.copied {
		c.file.Close()
		os.Remove(c.file.Name())
	}
}

// leaveBehind runs what may take for ever. When ctx ends it is left behind, as a
// read in eachLine: nothing can wake it, and the program is about to end.
func leaveBehind[T any](ctx context.Context, run func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := run()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case r := <-done:
		return r.value, r.err
	}
}

// reader reads it from its beginning.
func (c *capture) reader() (r *record.Reader, err error) {
	switch {
	case c.stream:
		r, err = record.NewReader(c.in)
	case c.file != nil:
		if _, err = c.file.Seek(c.begin, io.SeekStart); err == nil {
			r, err = record.NewReader(c.file)
		}
	default:
		r, err = record.Open(c.name)
	}
	if err != nil {
		return nil, c.notOpened(err)
	}
	return r, nil
}

// account is what was read of a capture.
type account struct {
	chosen, others int              // datagrams to what was chosen, and to others
	elsewhere      []netip.AddrPort // the first of those others, maxElsewhere and one more at the most
	copies         int              // datagrams to what was chosen that are there a second time: own sends that came back
	skipped        []record.Skipped // packets
	links          []string         // of those that were skipped for their link type
	broken         error            // why the capture ends before its end: io.ErrUnexpectedEOF, it is cut there
}

// maxElsewhere are named of the destinations that were not asked for.
const maxElsewhere = 3

// destinations tells where its datagrams went. Without any the error is
// record.ErrNoDatagram.
func (c *capture) destinations(ctx context.Context) ([]record.Destination, error) {
	return leaveBehind(ctx, func() ([]record.Destination, error) {
		r, err := c.reader()
		if err != nil {
			return nil, err
		}
		defer r.Close()
		list, err := r.Destinations()
		if len(list) == 0 {
			return nil, c.none(r.Skipped(), r.OtherLinks(), err)
		}
		return list, nil // what is before the cut is replayed, and then the cut is told
	})
}

// none is the error of a capture without a datagram.
func (c *capture) none(skipped []record.Skipped, links []string, broken error) error {
	err := record.ErrNoDatagram
	if text := skippedText(skipped, links); text != "" {
		err = fmt.Errorf("%w; skipped: %s", err, text)
	}
	if broken != nil && broken != io.EOF {
		err = fmt.Errorf("%w; %s", err, brokenText(broken))
	}
	return c.about(err)
}

// each reads it and calls fn with each datagram that went there, of an own send and
// its copy with one, and idle where the next packet of a stream is still to come. The
// error is that of fn, idle or ctx.
func (c *capture) each(ctx context.Context, to netip.AddrPort, fn func(record.Packet) error, idle func() error) (a account, err error) {
	next, skipped, end, err := c.packets(ctx)
	if err != nil {
		return a, err
	}
	defer end()
	defer func() { a.skipped, a.links = skipped() }()
	var copies record.Copies
	for {
		if c.stream && len(c.ahead.packets) == 0 {
			if err := idle(); err != nil {
				return a, err
			}
		}
		p, err := next()
		switch {
		case ctx.Err() != nil:
			return a, ctx.Err()
		case err == io.EOF:
			return a, nil
		case err != nil:
			a.broken = err
			return a, nil
		case p.To != to:
			a.others++
			if len(a.elsewhere) <= maxElsewhere && !slices.Contains(a.elsewhere, p.To) {
				a.elsewhere = append(a.elsewhere, p.To)
			}
			continue
		}
		a.chosen++
		if copies.Again(p) {
			a.copies++
			continue
		}
		if err := fn(p); err != nil {
			return a, err
		}
	}
}

// packets begins to read. What waits for a pipe is left behind when ctx ends.
func (c *capture) packets(ctx context.Context) (next func() (record.Packet, error), skipped func() ([]record.Skipped, []string), end func() error, err error) {
	if !c.stream {
		r, err := c.reader()
		if err != nil {
			return nil, nil, nil, err
		}
		return r.Next, func() ([]record.Skipped, []string) { return r.Skipped(), r.OtherLinks() }, r.Close, nil
	}
	s := &packetStream{packets: make(chan record.Packet, 1024)}
	c.ahead = s
	begun, err := leaveBehind(ctx, c.reader)
	if err != nil {
		return nil, nil, nil, err
	}
	go s.read(ctx, begun)
	return func() (record.Packet, error) { return s.next(ctx) }, s.skippedThen, begun.Close, nil
}

// packetStream is what a goroutine reads of a pipe.
type packetStream struct {
	packets chan record.Packet
	skipped []record.Skipped // these three when packets is closed
	links   []string
	err     error
	ended   bool // that was seen
}

func (s *packetStream) next(ctx context.Context) (record.Packet, error) {
	select {
	case p, ok := <-s.packets:
		if !ok {
			s.ended = true
			return p, s.err
		}
		return p, nil
	case <-ctx.Done():
		return record.Packet{}, ctx.Err()
	}
}

// skippedThen is what was skipped, if it has ended.
func (s *packetStream) skippedThen() ([]record.Skipped, []string) {
	if !s.ended {
		return nil, nil
	}
	return s.skipped, s.links
}

func (s *packetStream) read(ctx context.Context, r *record.Reader) {
	defer close(s.packets)
	for {
		p, err := r.Next()
		if err != nil {
			s.skipped, s.links, s.err = r.Skipped(), r.OtherLinks(), err
			return
		}
		p.Data = append([]byte(nil), p.Data...)
		select {
		case s.packets <- p:
		case <-ctx.Done():
			s.err = ctx.Err()
			return
		}
	}
}
