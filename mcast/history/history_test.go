package history

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/session"
)

var _ session.History = (*History)(nil)

const here, there = "239.1.2.3:1234", "[ff02::114]:1234"

var then = time.UnixMilli(1700000000000)

func open(t *testing.T, name string) *History {
	t.Helper()
	h, err := Open(name)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func keep(t *testing.T, h *History, conversation string, frames ...string) {
	t.Helper()
	for _, f := range frames {
		if err := h.Append(conversation, then, []byte(f)); err != nil {
			t.Errorf("append %.20q: %v", f, err)
		}
	}
}

func closed(t *testing.T, h *History) {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func kept(t *testing.T, h *History, conversation string) (list []string) {
	t.Helper()
	if err := h.Frames(conversation, func(b []byte) error { list = append(list, string(b)); return nil }); err != nil {
		t.Errorf("frames: %v", err)
	}
	return list
}

func want(t *testing.T, h *History, conversation string, frames ...string) {
	t.Helper()
	if got := kept(t, h, conversation); !slices.Equal(got, frames) {
		t.Errorf("%s has %.200q, want %.200q", conversation, got, frames)
	}
}

func TestFramesAreKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	long := strings.Repeat("\xfeGH1", frame.MaxSize/4)
	h := open(t, name)
	want(t, h, here)
	keep(t, h, here, "one", "\x00", long)
	keep(t, h, there, "elsewhere")
	want(t, h, here, "one", "\x00", long) // what waits, too
	keep(t, h, here, "last")
	if h.Append(here, then, nil) == nil || h.Append(here, then, make([]byte, frame.MaxSize+1)) == nil || h.Append("", then, []byte("x")) == nil {
		t.Error("what is no frame is kept")
	}
	closed(t, h)
	if err := h.Append(here, then, []byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after its end: %v", err)
	}
	info, _ := os.Stat(name)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode())
	}

	h = open(t, name)
	if o := h.Opened(); o.Frames != 5 || o.Cut != 0 || o.Damaged != 0 {
		t.Errorf("%+v", o)
	}
	want(t, h, here, "one", "\x00", long, "last")
	want(t, h, there, "elsewhere")
	stop := errors.New("enough")
	if err := h.Frames(here, func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	h.Frames(there, func(b []byte) error { return h.Append(there, then, b) }) // who is given one may append
}

// A program that is killed leaves a torn end: whatever is left of it, the frames before
// are there, and the file goes on.
func TestTornEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := open(t, name)
	keep(t, h, here, "one", "two")
	closed(t, h)
	whole, _ := os.ReadFile(name)
	second := len(magic) + headSize + len(here) + len("one")
	for n := range len(whole) {
		if err := os.WriteFile(name, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		h := open(t, name)
		var frames []string
		cut := max(0, n-len(magic))
		if n >= second {
			frames, cut = []string{"one"}, n-second
		}
		want(t, h, here, frames...)
		if o := h.Opened(); o.Cut != int64(cut) || o.Damaged != 0 {
			t.Errorf("of %d bytes: %+v, want %d cut", n, o, cut)
		}
		keep(t, h, here, "three")
		closed(t, h)
		h = open(t, name)
		want(t, h, here, append(frames, "three")...)
		closed(t, h)
	}
	os.WriteFile(name, append(whole, make([]byte, 5000)...), 0o600) // as file systems leave it
	h = open(t, name)
	want(t, h, here, "one", "two")
	if o := h.Opened(); o.Cut != 5000 {
		t.Errorf("%+v", o)
	}
}

// Damage in the middle costs the frame that it is in, and no other.
func TestDamage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := open(t, name)
	frames := []string{"first", "second \xfeGH1", "third"}
	keep(t, h, here, frames...)
	closed(t, h)
	whole, _ := os.ReadFile(name)
	first := headSize + len(here) + len(frames[0])
	for at := len(magic) + first; at < len(whole)-headSize-len(here)-len(frames[2]); at++ {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x10
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		h := open(t, name)
		want(t, h, here, "first", "third")
		if o := h.Opened(); o.Cut != 0 || o.Damaged != int64(headSize+len(here)+len(frames[1])) {
			t.Errorf("byte %d: %+v", at, o)
		}
		closed(t, h)
		if got, _ := os.ReadFile(name); !bytes.Equal(got, damaged) {
			t.Error("the file was changed")
		}
	}
}

// What is no history is refused, and left as it is.
func TestNoHistory(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"hello\n", "{}", "groupcast history 2\n", strings.ToUpper(magic), "\x00"} {
		name := filepath.Join(dir, "file")
		os.WriteFile(name, []byte(text), 0o600)
		if _, err := Open(name); !errors.Is(err, ErrNoHistory) {
			t.Errorf("%q: %v, want ErrNoHistory", text, err)
		}
		if got, _ := os.ReadFile(name); string(got) != text {
			t.Errorf("%q is %q now", text, got)
		}
	}
	for name, want := range map[string]error{dir: ErrNotRegular, os.DevNull: ErrNotRegular, filepath.Join(dir, "no", "file"): os.ErrNotExist} {
		if _, err := Open(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	large := filepath.Join(dir, "large")
	os.WriteFile(large, []byte(magic), 0o600)
	os.Truncate(large, 2*MaxSize+1)
	if _, err := Open(large); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large: %v", err)
	}
}

func TestOneProgramAtATime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := open(t, name)
	if err := h.opened.Unlocked; err != nil {
		t.Skip(err)
	}
	if _, err := Open(name); !errors.Is(err, ErrInUse) {
		t.Errorf("%v, want ErrInUse", err)
	}
	closed(t, h)
	closed(t, open(t, name))
}

// The bound keeps the newer half, and another program is still refused.
func TestBound(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := open(t, name)
	if runtime.GOOS == "windows" {
		t.Skip("a full file takes no more")
	}
	h.max = 10000
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("frame %03d%s", i, strings.Repeat(".", i%100)))
		keep(t, h, here, all[i])
		if i%20 == 0 {
			h.mu.Lock()
			h.write()
			h.mu.Unlock()
		}
		if info, err := os.Stat(name); err != nil || info.Size() > h.max {
			t.Fatalf("%d bytes, %v", info.Size(), err)
		}
	}
	got := kept(t, h, here)
	if n := len(got); n < 40 || n > 120 || !slices.Equal(got, all[len(all)-n:]) {
		t.Errorf("%d frames, from %.20q to %.20q: want those of the newer half at least", n, got[0], got[n-1])
	}
	if _, err := Open(name); !errors.Is(err, ErrInUse) && h.opened.Unlocked == nil {
		t.Errorf("another program: %v, want ErrInUse", err)
	}
	closed(t, h)
	h = open(t, name)
	want(t, h, here, got...)
	if list, _ := os.ReadDir(filepath.Dir(name)); len(list) != 1 {
		t.Errorf("files are left: %v", list)
	}
}

// The newest of many are given.
func TestNewest(t *testing.T) {
	h := open(t, filepath.Join(t.TempDir(), "history"))
	for i := range Newest + 10 {
		keep(t, h, here, fmt.Sprint(i))
	}
	if got := kept(t, h, here); len(got) != Newest || got[0] != "10" || got[Newest-1] != fmt.Sprint(Newest+9) {
		t.Errorf("%d frames from %s", len(got), got[0])
	}
}

// fullDisk has room for some bytes.
type fullDisk struct {
	file
	mu     sync.Mutex
	room   int
	writes int
}

// diskOf puts a history on a disk with so much room.
func diskOf(h *History, room int) *fullDisk {
	h.mu.Lock()
	defer h.mu.Unlock()
	disk := &fullDisk{file: h.file, room: room}
	h.file = disk
	return disk
}

func (f *fullDisk) written() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

func (f *fullDisk) setRoom(room int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = room
}

func (f *fullDisk) WriteAt(b []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	if len(b) > f.room {
		n, _ := f.file.WriteAt(b[:f.room], at)
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.file.WriteAt(b, at)
}

// A full disk is told once. Frames wait for room, and what does not fit is counted.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "history")
		h := open(t, name)
		keep(t, h, here, "before")
		time.Sleep(2 * writeAfter)
		disk := diskOf(h, 30)
		keep(t, h, here, "one")
		time.Sleep(2 * writeAfter)
		if err := h.Append(here, then, []byte("two")); !errors.Is(err, syscall.ENOSPC) || err.Error() != syscall.ENOSPC.Error() {
			t.Errorf("%v, want ENOSPC alone: who tells it says of what it is", err)
		}
		big := strings.Repeat("x", frame.MaxSize)
		for range 2000 {
			keep(t, h, here, big) // and no error: it was told
		}
		if n := disk.written(); n > 2 {
			t.Errorf("%d writes to a full disk, at once", n)
		}
		time.Sleep(10 * time.Second)
		if n := disk.written(); n > 15 {
			t.Errorf("%d writes to a full disk in 10 s", n)
		}
		disk.setRoom(1 << 30)
		time.Sleep(2 * againAfter)
		keep(t, h, here, "after")
		got := kept(t, h, here)
		n := len(got)
		if n < 800 || n > 900 || got[0] != "before" || got[1] != "one" || got[2] != "two" || got[3] != big || got[n-1] != "after" {
			t.Errorf("%d frames", n)
		}
		disk.setRoom(0)
		keep(t, h, here, "lost")
		err := h.Close()
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), fmt.Sprintf("%d frames are not in it", 2002-(n-2)+1)) {
			t.Errorf("close: %v, after %d of 2,002", err, n-2)
		}
		h = open(t, name)
		if o := h.Opened(); o.Frames != int64(n) || o.Cut != 0 || o.Damaged != 0 {
			t.Errorf("%+v, want %d frames", o, n)
		}
		h.Close()
	})
}

// Frames that come together are written together, and soon.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, filepath.Join(t.TempDir(), "history"))
		disk := diskOf(h, 1<<30)
		for range 50 {
			keep(t, h, here, "x")
		}
		time.Sleep(2 * writeAfter)
		if n := disk.written(); n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
		h.Close()
	})
}

func TestAppendsOfSeveral(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	h := open(t, name)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				keep(t, h, here, "x")
				h.Frames(there, func([]byte) error { return nil })
			}
		})
	}
	wait.Wait()
	closed(t, h)
	if n := open(t, name).Opened().Frames; n != 400 {
		t.Errorf("%d frames", n)
	}
}

// Whatever bytes a history has: it opens, gives what is whole, and goes on.
func FuzzOpen(f *testing.F) {
	good := appendRecord(appendRecord(nil, 1, here, []byte("one")), 2, there, []byte("two"))
	f.Add(good)
	f.Add(append(good[:50:50], good...))
	f.Add([]byte(marker + marker))
	name := filepath.Join(f.TempDir(), "history")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(name, append([]byte(magic), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		before := kept(t, h, here)
		keep(t, h, here, "last")
		o := h.Opened()
		if o.Cut < 0 || o.Damaged < 0 || o.Cut+o.Damaged > int64(len(text)) || h.Close() != nil {
			t.Errorf("%+v of %d bytes", o, len(text))
		}
		h, err = Open(name)
		if err != nil || h.Opened().Cut != 0 || h.Opened().Frames != o.Frames+1 || h.Opened().Damaged != o.Damaged {
			t.Errorf("%v, %+v after %+v", err, h.Opened(), o)
		}
		want(t, h, here, append(before, "last")...)
		h.Close()
	})
}

// What is read from any bytes are whole records, in order, and every byte is counted.
func FuzzScan(f *testing.F) {
	f.Add(appendRecord(appendRecord(nil, 1, here, []byte("one")), 2, there, []byte("two")))
	f.Add([]byte(strings.Repeat(marker, 1000)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var good int64
		s, err := scan(bytes.NewReader(text), func(at int64, size int, r record) error {
			good += int64(size)
			b := text[at-int64(len(magic)):][:size]
			if !bytes.Equal(b, appendRecord(nil, r.at, string(r.conversation), r.datagram)) {
				t.Errorf("a record at %d is not what is there", at)
			}
			return nil
		})
		if err != nil || int64(len(magic))+good+s.damaged != s.end || s.end > int64(len(magic)+len(text)) {
			t.Errorf("%+v, %d bytes of records, of %d, %v", s, good, len(text), err)
		}
	})
}
