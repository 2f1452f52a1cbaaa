package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

var errExist = fs.ErrExist

// held is an output that takes nothing while it is held.
type held struct {
	mu         sync.Mutex
	b          bytes.Buffer
	hold       atomic.Bool
	begin, go_ chan struct{}
}

func (h *held) Write(p []byte) (int, error) {
	if h.hold.Load() {
		h.begin <- struct{}{}
		<-h.go_
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *held) Bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.b.Bytes())
}

func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatal("it does not happen in 20 s")
		}
	}
}

func checkMode(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%s has mode %o", name, got)
	}
}

// An output that is never read does not hold the program.
func TestStuckOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &held{begin: make(chan struct{}), go_: make(chan struct{})}
		r, err := record.Create(record.Options{File: "-", Output: out, Interfaces: []host.Interface{eth0}})
		if err != nil {
			t.Fatal(err)
		}
		out.hold.Store(true)
		r.Received(heard("held"))
		<-out.begin
		r.Received(heard("behind it"))
		s, err := r.Close()
		if !errors.Is(err, record.ErrStuck) || s.Recorded != 0 || s.After != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		out.hold.Store(false)
		close(out.go_) // its reader is gone
	})
}

// What was recorded a second ago is in the file, whatever comes later.
func TestFlushedEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "talk.pcapng")
		r, err := record.Create(record.Options{File: name, Interfaces: []host.Interface{eth0}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			r.Received(heard(fmt.Sprint("datagram ", i)))
			time.Sleep(time.Second)
			synctest.Wait()
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := readAll(t, file); len(got) != i+1 {
				t.Errorf("after %d s the file has %d datagrams", i+1, len(got))
			}
		}
		if _, err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A disk that is full ends the recording after its last whole datagram, which is
// told once; the program goes on.
func TestFullDisk(t *testing.T) {
	name := 0
	dir := t.TempDir()
	var sawSome bool
	for bytes := int64(700); bytes < 1400; bytes += 13 {
		name++
		file := filepath.Join(dir, fmt.Sprint(name))
		var told []error
		r, err := record.Create(record.Failing(record.Options{File: file, Interfaces: []host.Interface{eth0}, Stopped: func(err error) { told = append(told, err) }},
			bytes, syscall.ENOSPC))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			r.Received(heard(fmt.Sprint("datagram ", i)))
		}
		s, err := r.Close()
		if !errors.Is(err, syscall.ENOSPC) || !errors.Is(s.Stopped, syscall.ENOSPC) || s.Recorded+s.After != 20 || len(told) != 1 {
			t.Fatalf("a disk of %d bytes: %+v, %v, told %v", bytes, s, err, told)
		}
		r.Received(heard("late")) // no crash
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := readAll(t, b) // the file ends with a whole block
		if int64(len(got)) != s.Recorded || s.Bytes != int64(len(b)) || s.Interfaces["eth0"] != s.Recorded {
			t.Fatalf("a disk of %d bytes has %d datagrams in %d bytes: %+v", bytes, len(got), len(b), s)
		}
		sawSome = sawSome || len(got) > 2
	}
	if !sawSome {
		t.Error("no disk had room for more than 2 datagrams")
	}
}

// A recording has a bound of its own.
func TestLimit(t *testing.T) {
	var told error
	file, s := func() ([]byte, record.Summary) {
		name := filepath.Join(t.TempDir(), "talk.pcapng")
		r, err := record.Create(record.Options{File: name, Max: 2000, Interfaces: []host.Interface{eth0}, Stopped: func(err error) { told = err }})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			r.Received(heard("datagram"))
		}
		s, err := r.Close()
		if !errors.Is(err, record.ErrLimit) {
			t.Errorf("closed with %v", err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b, s
	}()
	got, _ := readAll(t, file)
	if told != record.ErrLimit || len(file) > 2000 || len(file) < 1800 || int64(len(got)) != s.Recorded || s.Recorded+s.After != 100 {
		t.Errorf("told %v; %d bytes, %d datagrams, %+v", told, len(file), len(got), s)
	}
}

// Each rotated file can be read alone. Only files of this recording are deleted.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "talk-00000.pcapng")
	if err := os.WriteFile(other, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := record.Create(record.Options{File: filepath.Join(dir, "talk.pcapng"), Rotate: 2000, Keep: 3, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	const many = 200
	for i := range many {
		d := heard(fmt.Sprint("datagram ", i))
		d.IfIndex = []int{2, 1}[i%2] // the second is described when it is seen, in each file again
		r.Received(d)
	}
	s, err := r.Close()
	if err != nil || s.Recorded != many || s.Interfaces["eth0"] != many/2 || len(s.Files) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	last, bytes := 0, 0
	for _, name := range s.Files {
		checkMode(t, name)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := readAll(t, b)
		if len(b) > 2000 || len(got) == 0 || len(got) < 5 && name != s.Files[2] {
			t.Errorf("%s has %d bytes and %d datagrams", name, len(b), len(got))
		}
		for _, p := range got {
			var n int
			if fmt.Sscanf(string(p.Data), "datagram %d", &n); last != 0 && n != last+1 || (p.Interface == "eth0") != (n%2 == 0) {
				t.Errorf("%s: %d by %s after %d", name, n, p.Interface, last)
			}
			last = n
		}
		bytes += len(b)
	}
	if last != many-1 || s.Bytes != int64(bytes) {
		t.Errorf("the last is %d; %d bytes, %+v", last, bytes, s)
	}
	there, _ := filepath.Glob(filepath.Join(dir, "*"))
	if want := append([]string{other}, s.Files...); !slices.Equal(there, want) {
		t.Errorf("there are %q, want %q", there, want)
	}
}

// A file that somebody has put where the next one goes is left alone: the
// recording ends, and what it has is whole.
func TestRotationOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	next := filepath.Join(dir, "talk-00002.pcapng")
	if err := os.WriteFile(next, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := record.Create(record.Options{File: filepath.Join(dir, "talk.pcapng"), Rotate: 2000, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		r.Received(heard("datagram"))
	}
	s, err := r.Close()
	if !errors.Is(err, fs.ErrExist) || len(s.Files) != 1 || s.Recorded+s.After != 100 || s.Recorded < 5 {
		t.Fatalf("%+v, %v", s, err)
	}
	b, err := os.ReadFile(s.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := readAll(t, b); int64(len(got)) != s.Recorded {
		t.Errorf("the file has %d datagrams: %+v", len(got), s)
	}
	if b, err := os.ReadFile(next); string(b) != "somebody's" {
		t.Errorf("the next file has %q, %v", b, err)
	}
}

// A file that was moved away, and another put in its place, is not deleted.
func TestKeepDeletesOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	r, err := record.Create(record.Options{File: filepath.Join(dir, "talk.pcapng"), Rotate: 2000, Keep: 1, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "talk-00001.pcapng")
	if err := errors.Join(os.Rename(first, filepath.Join(dir, "mine.pcapng")), os.WriteFile(first, []byte("another"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		r.Received(heard("datagram"))
	}
	if s, err := r.Close(); err != nil || len(s.Files) != 1 || s.Recorded != 100 {
		t.Fatalf("%+v, %v", s, err)
	}
	if b, err := os.ReadFile(first); string(b) != "another" {
		t.Errorf("the file in its place has %q, %v", b, err)
	}
	if there, _ := filepath.Glob(filepath.Join(dir, "*")); len(there) != 3 {
		t.Errorf("there are %q", there)
	}
}

func TestOptionsThatContradict(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x")
	for _, o := range []record.Options{{}, {File: "-", Rotate: 1000}, {File: file, Keep: 2}, {File: file, Rotate: -1}, {File: file, Rotate: 100, Keep: -1},
		{File: filepath.Join(file, "no", "such", "directory")}} {
		if r, err := record.Create(o); err == nil {
			r.Close()
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
}

// A recording that nothing is to be kept of leaves no file, and deletes nobody
// else's.
func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	for _, o := range []record.Options{{}, {Rotate: 2000}} {
		o.File = filepath.Join(dir, "talk.pcapng")
		r, err := record.Create(o)
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			r.Received(heard("datagram"))
		}
		if err := r.Discard(); err != nil {
			t.Error(err)
		}
		if there, _ := filepath.Glob(filepath.Join(dir, "*")); len(there) > 0 {
			t.Errorf("there are %q", there)
		}
	}
	file := filepath.Join(dir, "talk.pcapng")
	r, err := record.Create(record.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(file, file+".mine"), os.WriteFile(file, []byte("another"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := r.Discard(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(file); string(b) != "another" {
		t.Errorf("the file in its place has %q, %v", b, err)
	}
}

// What was sent is told of when its answer may be there: the file has them in the
// order of their times.
func TestOrder(t *testing.T) {
	file, _ := recorded(t, record.Options{}, func(r *record.Recorder) {
		at := func(ms int, text string) record.Datagram {
			d := heard(text)
			d.At = noon.Add(time.Duration(ms) * time.Millisecond)
			return d
		}
		r.Received(at(2, "the answer"))
		r.Sent(at(1, "the request"), "")
		r.Received(at(2, "and its copy"))
	})
	got, _ := readAll(t, file)
	var texts []string
	for _, p := range got {
		texts = append(texts, string(p.Data))
	}
	if want := []string{"the request", "the answer", "and its copy"}; !slices.Equal(texts, want) {
		t.Errorf("the file has %q", texts)
	}
}

// The file says of a datagram that was sent and left by no interface that it stayed.
func TestStayed(t *testing.T) {
	var out bytes.Buffer
	r, err := record.Create(record.Options{File: "-", Output: &out, Interfaces: []host.Interface{eth0}})
	if err != nil {
		t.Fatal(err)
	}
	r.Stayed(heard("for this host"), "TTL 0")
	if _, err := r.Close(); err != nil {
		t.Fatal(err)
	}
	got, _ := readAll(t, out.Bytes())
	if len(got) != 1 || !got[0].Out || !slices.Equal(got[0].Comments, []string{"stayed on this host, given to eth0: TTL 0"}) {
		t.Errorf("%+v", got)
	}
}
