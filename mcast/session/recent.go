package session

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/groupcast/groupcast/mcast"
)

const (
	maxRecent     = 20
	maxRecentFile = 64 << 10 // bytes of it that are read
)

// recentGroups are the groups that the user joined, the latest first, in this
// run and in earlier ones. They are kept in a file, which is a convenience: whatever is wrong with it is passed over in silence.
type recentGroups struct {
	file string // "": they are not kept

	writing sync.Mutex // held while the file is written, which may take its time
	mu      sync.Mutex
	list    []mcast.Group
}

// RecentFile is where groupcast remembers groups: in the user's cache. "" if there
// is no such place.
func RecentFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "groupcast", "recent-groups")
}

// loadRecent reads the file.
func loadRecent(file string) *recentGroups {
	r := &recentGroups{file: file}
	if file != "" {
		r.list = readRecent(file)
	}
	return r
}

func readRecent(file string) []mcast.Group {
	if at, err := os.Stat(file); err != nil || !at.Mode().IsRegular() {
		return nil // to open a pipe would wait for its other end
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	return parseRecent(f)
}

// parseRecent reads a group a line, and passes over what is none.
func parseRecent(r io.Reader) []mcast.Group {
	var list []mcast.Group
	for lines := bufio.NewScanner(io.LimitReader(r, maxRecentFile)); lines.Scan() && len(list) < maxRecent; {
		if g, err := mcast.ParseGroup(lines.Text()); err == nil && !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

// all lists them.
func (r *recentGroups) all() []mcast.Group {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// add puts a group first.
func (r *recentGroups) add(g mcast.Group) {
	r.writing.Lock()
	defer r.writing.Unlock()
	list := r.first(g)
	if r.file != "" {
		writeRecent(r.file, list)
	}
}

func (r *recentGroups) first(g mcast.Group) []mcast.Group {
	r.mu.Lock()
	defer r.mu.Unlock()
	others := slices.DeleteFunc(slices.Clone(r.list), func(other mcast.Group) bool { return other == g })
	r.list = append([]mcast.Group{g}, others[:min(len(others), maxRecent-1)]...)
	return slices.Clone(r.list)
}

// writeRecent replaces the file as a whole: another groupcast may read it now.
func writeRecent(file string, list []mcast.Group) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	for _, g := range list {
		if _, e := fmt.Fprintln(f, g); err == nil {
			err = e
		}
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
