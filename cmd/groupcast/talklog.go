package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// talkLog writes a conversation to a file while it goes on: the objects of
// --json, one a line. What a batch brings is one write, so that a process that
// is killed has lost at most what it was writing. One goroutine writes, from start
// to end.
type talkLog struct {
	file io.WriteCloser
	name string

	printer linePrinter
	waiting objectList // of this batch
	begun   bool       // an object was written
	missing uint64     // objects that could not be written, since the last that was
	lost    uint64     // of all the time
	torn    bool       // the file ends within a line
	err     error      // the first of writing

	batches chan session.Batch // to that goroutine
	stop    func()
	ended   chan struct{} // by it
}

var errNoFile = errors.New("not a regular file")

// openTalkLog opens a file to append to, which is made where there is none; ""
// is no log. A pipe would block, and a device keeps nothing.
func openTalkLog(name string) (*talkLog, error) {
	if name == "" {
		return nil, nil
	}
	file, torn, err := openToAppend(name)
	if err != nil {
		return nil, &mcast.Advised{
			Err:    fmt.Errorf("--log %s: %w", chat.CleanRow(name), cause(err)),
			Advice: "name a file that can be written, or one in a directory that is there",
		}
	}
	return newTalkLog(file, name, torn), nil
}

func openToAppend(name string) (file *os.File, torn bool, err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, false, errNoFile
	}
	torn = endsWithin(name)
	file, err = os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return file, torn, err
}

// endsWithin reports whether a file ends within a line, because its writer was
// killed. One that cannot be read is taken to be whole.
func endsWithin(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	if _, err := f.Seek(-1, io.SeekEnd); err != nil {
		return false
	}
	last := make([]byte, 1)
	n, _ := f.Read(last)
	return n == 1 && last[0] != '\n'
}

// cause is why a call on a file did not work, without the call and the file.
func cause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

func newTalkLog(file io.WriteCloser, name string, torn bool) *talkLog {
	l := &talkLog{file: file, name: name, torn: torn, batches: make(chan session.Batch), ended: make(chan struct{})}
	l.waiting.Writer = io.Discard // nothing but objects is printed
	l.printer = linePrinter{out: &l.waiting, json: true}
	return l
}

// batch writes what a session gave, and what the doctor has found meanwhile. The
// error is the first of writing, once.
func (l *talkLog) batch(b session.Batch, snap session.Snapshot) error {
	if b.Dropped > 0 {
		l.note(fmt.Sprintf("%s missing here: they came faster than they were shown", chat.Count(int(b.Dropped), "line")))
	}
	l.printer.port = snap.Group.Port
	l.printer.batch(b)
	l.printer.findings(snap.Findings)
	return l.write()
}

// objectList keeps what is printed to it.
type objectList struct {
	io.Writer // of what is no object
	list      []object
}

func (l *objectList) writeObject(o object) { l.list = append(l.list, o) }

// note is a line of the log's own.
func (l *talkLog) note(text string) {
	l.printer.batch(session.Batch{Lines: []chat.Line{{At: time.Now(), Kind: chat.Notice, Text: chat.SanitizeString(text)}}})
}

// write writes what waits. What cannot be written is counted, and said in the
// file once it can be written again.
func (l *talkLog) write() error {
	talk := l.waiting.list
	objects := uint64(len(talk))
	if objects == 0 {
		return nil
	}
	defer func() { l.waiting.list = nil }()
	if l.missing > 0 {
		l.waiting.list = nil
		l.note(fmt.Sprintf("%s missing here: %v", chat.Count(int(l.missing), "line"), cause(l.err)))
		l.waiting.list = append(l.waiting.list, talk...)
	}
	var text []byte
	if l.torn {
		text = []byte("\n")
	}
	first := 0 // bytes until the first object is whole
	for i, o := range l.waiting.list {
		text = append(text, objectText(o, !l.begun && i == 0)...)
		if i == 0 {
			first = len(text)
		}
	}
	n, err := l.file.Write(text)
	l.begun = l.begun || n >= first
	if n > 0 {
		l.torn = text[n-1] != '\n'
	}
	if err == nil {
		l.missing = 0
		return nil
	}
	l.missing += objects
	l.lost += objects
	if l.err != nil {
		return nil
	}
	l.err = err
	return fmt.Errorf("--log %s: %w; the talk goes on, and the file lacks what comes until it can be written again", chat.CleanRow(l.name), cause(err))
}

// start begins a session whose talk is written, until end. A nil log is none.
func (l *talkLog) start(ctx context.Context, cfg session.Config) (*session.Session, error) {
	if l == nil {
		return session.Start(ctx, cfg)
	}
	before := cfg.Tap
	cfg.Tap = func(b session.Batch) {
		if before != nil {
			before(b)
		}
		l.batches <- b
	}
	s, err := session.Start(ctx, cfg)
	if err != nil {
		l.file.Close()
		return nil, err
	}
	follow, stop := context.WithCancel(context.Background())
	l.stop = stop
	go l.follow(follow, s)
	return s, nil
}

// follow writes what is said, and what the doctor finds while nobody says
// anything.
func (l *talkLog) follow(ctx context.Context, s *session.Session) {
	defer close(l.ended)
	idle := time.NewTicker(session.RefreshEvery)
	defer idle.Stop()
	for {
		select {
		case b := <-l.batches:
			l.tell(s, b)
		case <-idle.C:
			l.tell(s, session.Batch{})
		case <-ctx.Done():
			return
		}
	}
}

// tell writes a batch, and says in the talk that it could not be written.
func (l *talkLog) tell(s *session.Session, b session.Batch) {
	if err := l.batch(b, s.Snapshot()); err != nil {
		s.Problem(err)
	}
}

// end closes the session, writes what that still has to tell, and closes the
// file. Where the file lacks something it says so, and that is the status of a
// conversation that went well otherwise.
func (l *talkLog) end(s *session.Session, err error, errs io.Writer) error {
	if l == nil {
		return err
	}
	s.Close()
	for {
		if _, err := s.Next(context.Background()); err != nil {
			break
		}
	}
	l.stop()
	<-l.ended
	if e := l.close(); e != nil {
		complain(errs, e)
		err = cmp.Or[error](err, status(exitDoubt))
	}
	return err
}

func (l *talkLog) close() error {
	err := l.file.Close()
	switch {
	case l.lost > 0:
		return fmt.Errorf("--log %s lacks %s: %w", chat.CleanRow(l.name), chat.Count(int(l.lost), "line"), cause(l.err))
	case err != nil:
		return fmt.Errorf("--log %s: %w", chat.CleanRow(l.name), cause(err))
	}
	return nil
}
