package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/tui"
)

// runLines is the conversation without a terminal: it sends each line of in,
// prints what arrives, and ends at the end of in, when no own copy is awaited
// any more. Lines that start with a slash are the commands of the screen when a
// person types them.
func runLines(ctx context.Context, s *session.Session, in io.Reader, p *linePrinter) error {
	input := make(chan error, 1)
	go func() {
		input <- eachLine(ctx, in, func(text string, err error) error {
			switch {
			case err != nil:
				s.Problem(err)
			case p.person:
				return command(ctx, s, text, p)
			default:
				return s.Do(ctx, session.Say{Text: text})
			}
			return nil
		})
	}()
	type result struct {
		session.Batch
		err error
	}
	batches := make(chan result)
	next, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for {
			b, err := s.Next(next)
			select {
			case batches <- result{b, err}:
			case <-next.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()

	idle := time.NewTicker(session.RefreshEvery)
	defer idle.Stop()
	ended := false
	var readErr error
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case readErr = <-input:
			if errors.Is(readErr, errQuit) {
				readErr = nil
			}
			ended = true
		case <-idle.C: // findings come without anything being said
		case b := <-batches:
			p.batch(b.Batch)
			if errors.Is(b.err, io.EOF) {
				return p.end(s, readErr)
			}
			if b.err != nil {
				return b.err
			}
		}
		p.findings(s.Snapshot().Findings)
		if ended && s.Snapshot().Room.Pending == 0 {
			s.Close() // what is left comes by Next, and then io.EOF
			ended = false
		}
	}
}

// errQuit ends the line mode.
var errQuit = errors.New("quit")

// command carries out a line that a person typed.
func command(ctx context.Context, s *session.Session, line string, p *linePrinter) error {
	a, text, quits, err := tui.Command(line, s.Snapshot())
	if err != nil {
		p.warn(chat.Clean(mcast.Plain(err)), chat.SanitizeString(tui.Hint(err)))
		return nil
	}
	for _, row := range text {
		fmt.Fprintln(p.errs, row)
	}
	if quits {
		return errQuit
	}
	if a == nil {
		return nil
	}
	return s.Do(ctx, a)
}

// eachLine calls fn with each line of in, or with what is wrong with it, until
// the input or ctx ends. A read that blocks is left behind: nothing can wake
// it, and the program is about to end.
func eachLine(ctx context.Context, in io.Reader, fn func(text string, err error) error) error {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line)
	go func() {
		defer close(lines)
		for r := newLineReader(in); ; {
			text, err := r.next()
			if errors.Is(err, io.EOF) {
				return
			}
			select {
			case lines <- line{text, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, mcast.ErrTooLong) {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l, ok := <-lines:
			switch {
			case !ok:
				return nil
			case l.err != nil && !errors.Is(l.err, mcast.ErrTooLong):
				return fmt.Errorf("read standard input: %w", l.err)
			}
			if err := fn(l.text, l.err); err != nil {
				return err
			}
		}
	}
}

// lineReader cuts its input into lines of at most mcast.MaxPayload bytes.
type lineReader struct {
	r      *bufio.Reader
	number int
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(in, mcast.MaxPayload+2)} // the line, "\r\n" or "\n"
}

// next returns the next line without its line end. A line that is too long is
// passed over, with mcast.ErrTooLong. io.EOF comes alone.
func (l *lineReader) next() (string, error) {
	line, err := l.r.ReadSlice('\n')
	l.number++
	size := len(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		var more []byte
		more, err = l.r.ReadSlice('\n')
		size += len(more)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if size == 0 {
		return "", io.EOF
	}
	if size <= mcast.MaxPayload+2 {
		line = trimLineEnd(line)
		size = len(line)
	}
	if size > mcast.MaxPayload {
		return "", fmt.Errorf("line %d, %d bytes: %w: %d bytes fit", l.number, size, mcast.ErrTooLong, mcast.MaxPayload)
	}
	return string(line), nil
}

func trimLineEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
	}
	return line
}

// end says what became of everything that was sent, and gives the exit status.
func (p *linePrinter) end(s *session.Session, readErr error) error {
	if readErr != nil {
		complain(p.errs, readErr)
		p.problems++
	}
	snap := s.Snapshot()
	c := snap.Room.Counters
	if !p.json && !p.quiet && c.Sent+c.Failed > 0 {
		p.remark(sentText(c, snap))
	}
	switch {
	case c.Failed+p.problems > 0 && c.Sent == 0:
		return status(exitNot)
	case c.Failed+p.problems > 0, c.Missing > 0, p.dropped > 0, len(snap.Findings) > 0:
		return status(exitDoubt)
	}
	return nil
}

func sentText(c chat.Counters, snap session.Snapshot) string {
	if c.Sent == 0 {
		return "sent nothing: " + chat.Count(int(c.Failed), "line") + " could not be sent"
	}
	lines := chat.Count(int(c.Sent), "line")
	if c.Failed > 0 {
		lines = fmt.Sprintf("%d of %s", c.Sent, chat.Count(int(c.Sent+c.Failed), "line"))
	}
	text := fmt.Sprintf("sent %s to %s by %s", lines, snap.Group, snap.Sends.Interface)
	switch {
	case !snap.Loopback:
		return text + "; own copies are off"
	case c.Missing > 0:
		return text + "; no own copy of " + chat.Count(int(c.Missing), "line")
	}
	return text + fmt.Sprintf("; own copies back: %d, which only shows that this host hears itself", c.Sent-c.Missing)
}
