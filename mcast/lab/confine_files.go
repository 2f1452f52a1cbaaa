package lab

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// maxConfinedFiles bounds the files of a Confinement, in bytes.
const maxConfinedFiles = 32 << 10

// checkFiles reports whether the files are few, and in Home.
func (c Confinement) checkFiles() error {
	size := 0
	for name, text := range c.Files {
		if name == "." || !fs.ValidPath(name) {
			return errors.New("the name of a file is none in Home")
		}
		size += len(name) + len(text)
	}
	if size > maxConfinedFiles {
		return errors.New("its files have more than 32 KiB")
	}
	return nil
}

// writeFiles writes them, in the root that the command has of its own.
func (c Confinement) writeFiles() error {
	for name, text := range c.Files {
		path := filepath.Join(Home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
