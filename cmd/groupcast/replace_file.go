package main

import (
	"errors"
	"os"
	"path/filepath"
)

// replaceFile gives a file a new content, which only the user can read: all of it or, where
// there is an error or the computer fails, what it had before. A symbolic link of that name
// is replaced, and not followed.
func replaceFile(name string, text []byte) error {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".groupcast-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if d, err := os.Open(dir); err == nil { // some file systems cannot, and have renamed it all the same
		_ = d.Sync()
		d.Close()
	}
	return nil
}
