package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/groupcast/groupcast/mcast/internal/lockfile"
)

// makeDir makes the directory for its owner alone, or checks the one that is there.
func makeDir(dir string) error {
	if dir == "" {
		return errors.New("a hub needs a directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return checkDir(dir, foreign)
}

// checkDir is the error of a directory in which other users could make keys.
func checkDir(dir string, foreign func(fs.FileInfo) bool) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is no directory")}
	}
	if foreign(info) {
		return &fs.PathError{Op: "open", Path: dir, Err: ErrOwner}
	}
	if othersMay(info, 0o022) {
		return &fs.PathError{Op: "open", Path: dir, Err: ErrWritable}
	}
	return nil
}

// lockDir holds a directory for this hub. The error is ErrRunning if another has it.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockfile.Try(f)
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		return f, nil
	}
	f.Close()
	if errors.Is(err, lockfile.ErrHeld) {
		err = fmt.Errorf("%s: %w", dir, ErrRunning)
	}
	return nil, err
}
