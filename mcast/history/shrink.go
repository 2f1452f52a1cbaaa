package history

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/groupcast/groupcast/mcast/internal/lockfile"
)

// shrink keeps the newer half of a file that would grow over its bound. The new file is
// locked before it has the name. The caller holds h.mu.
func (h *History) shrink() error {
	if h.size+int64(len(h.waiting)) <= h.max {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(h.name), filepath.Base(h.name)+"-*") // mode 0600
	if err != nil {
		return err
	}
	size, err := h.copyNewer(f)
	if e := lockfile.Try(f); e != nil && errors.Is(e, lockfile.ErrHeld) {
		err = errors.Join(err, e)
	}
	if err == nil {
		err = f.Chmod(h.opened.Mode.Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = replace(f, h.file, h.name)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return err
	}
	h.file.Close()
	h.file, h.size = f, size
	return nil
}

// copyNewer copies the records of the newer half.
func (h *History) copyNewer(to io.Writer) (size int64, err error) {
	out := bufio.NewWriterSize(to, readBuffer)
	out.WriteString(magic)
	size = int64(len(magic))
	var again []byte
	_, err = scan(h.records(), func(at int64, n int, r record) error {
		if at+int64(n) <= h.size-h.max/2 {
			return nil
		}
		again = appendRecord(again[:0], r.at, string(r.conversation), r.datagram)
		size += int64(len(again))
		_, err := out.Write(again)
		return err
	})
	return size, errors.Join(err, out.Flush())
}
