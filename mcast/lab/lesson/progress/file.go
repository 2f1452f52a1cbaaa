package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is where the events of a user are. Nothing is opened between two calls.
type File struct{ path string }

// Open is the file in a directory, which the first Append makes, as it does the file.
func Open(dir string) File { return File{filepath.Join(dir, "exercises.jsonl")} }

// Dir is XDG_STATE_HOME/groupcast, or ~/.local/state/groupcast.
func Dir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "groupcast"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "groupcast"), nil
}

// Name is the path of the file.
func (f File) Name() string { return f.path }

// Append writes an event at the end, in one piece. The file has mode 0600. When it
// would have more than [MaxSize] bytes, the oldest runs are dropped first.
func (f File) Append(e Event) error {
	for len(e.Text) > mostText {
		e.Text = strings.ToValidUTF8(e.Text[:mostText-4], "") + "..."
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if len(line) > mostLine {
		return fmt.Errorf("an event of %d bytes: at most %d", len(line), mostLine)
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	file, size, err := f.locked()
	if err != nil {
		return err
	}
	if size+int64(len(line)) > MaxSize {
		err := f.compact(file)
		file.Close()
		if err != nil {
			return err
		}
		if file, size, err = f.locked(); err != nil {
			return err
		}
	}
	defer file.Close()
	if cut, err := endsWithin(file, size); err == nil && cut { // a full disk, or a line by hand
		line = append([]byte{'\n'}, line...)
	}
	_, err = file.Write(line)
	return err
}

// endsWithin reports whether the file ends within a line.
func endsWithin(file *os.File, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var b [1]byte
	_, err := file.ReadAt(b[:], size-1)
	return b[0] != '\n', err
}

// locked opens the file of that name for this process alone. Another process may have
// put a new one there meanwhile.
func (f File) locked() (*os.File, int64, error) {
	for {
		file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND|noFollow, 0o600)
		if err != nil {
			return nil, 0, err
		}
		info, err := regular(file)
		if err == nil {
			err = lock(file)
		}
		if err == nil {
			info, err = file.Stat()
		}
		if err != nil {
			file.Close()
			return nil, 0, err
		}
		if now, err := os.Stat(f.path); err == nil && os.SameFile(info, now) {
			return file, info.Size(), nil
		}
		file.Close()
	}
}

func regular(file *os.File) (fs.FileInfo, error) {
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", file.Name())
	}
	return info, err
}

// compact leaves out the oldest runs, so that half of the room is free. The caller has
// the file locked.
func (f File) compact(file *os.File) error {
	list, _, err := Parse(io.NewSectionReader(file, 0, 4*MaxSize))
	if err != nil {
		return err
	}
	var lines [][]byte
	total := 0
	for _, e := range list {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		lines = append(lines, append(line, '\n'))
		total += len(line) + 1
	}
	drop := map[string]bool{}
	of := map[string]int{}
	for i, e := range list {
		of[e.Run] += len(lines[i])
	}
	for _, e := range list {
		if total <= MaxSize/2 {
			break
		}
		if !drop[e.Run] {
			drop[e.Run] = true
			total -= of[e.Run]
		}
	}
	var kept bytes.Buffer
	for i, e := range list {
		if !drop[e.Run] {
			kept.Write(lines[i])
		}
	}
	next, err := os.CreateTemp(filepath.Dir(f.path), ".exercises-*") // 0600
	if err != nil {
		return err
	}
	_, err = next.Write(kept.Bytes())
	err = errors.Join(err, next.Close())
	if err == nil {
		err = os.Rename(next.Name(), f.path)
	}
	if err != nil {
		os.Remove(next.Name())
	}
	return err
}

// Read reads the events that are there. skipped counts lines that are no events. A
// file that is not there has none.
func (f File) Read() (list []Event, skipped int, err error) {
	file, err := os.OpenFile(f.path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	if _, err := regular(file); err != nil {
		return nil, 0, err
	}
	return Parse(io.LimitReader(file, 4*MaxSize))
}
