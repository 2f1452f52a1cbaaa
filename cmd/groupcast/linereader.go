package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/groupcast/groupcast/mcast"
)

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
