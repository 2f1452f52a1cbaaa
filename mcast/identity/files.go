package identity

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/lockfile"
)

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("too large to be one")
)

// readFile reads a regular file of at most that many bytes. To open a pipe would wait
// for its other end.
func readFile(name string, most int64) (text []byte, mode os.FileMode, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &os.PathError{Op: "read", Path: name, Err: errNotRegular}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = &os.PathError{Op: "read", Path: name, Err: errTooLarge}
	}
	return text, info.Mode(), err
}

// openToOthers is the remark about a secret that others of this host can read.
func openToOthers(what, name string, mode os.FileMode) []Remark {
	if runtime.GOOS == "windows" || !mode.IsRegular() || mode.Perm()&0o077 == 0 {
		return nil // Windows has lists of who may read, which the mode does not show
	}
	return []Remark{{fmt.Sprintf("%s in %s is open to other users of this host (mode %04o)", what, name, mode.Perm()), "chmod 600 " + quoted(name)}}
}

// writeFile makes a new file beside another one, with its text on the disk.
func writeFile(beside string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(beside), filepath.Base(beside)+"-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncDir puts on the disk that a file has a name.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync() // best effort: not every system can
		d.Close()
	}
}

// lockWait is how long another program may have the folder: it writes two small files.
const lockWait = 2 * time.Second

// lock keeps other programs from writing in the folder, until unlock. Where that is not
// possible, or one of them is stuck, it does not.
func lock(dir string) (unlock func()) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() {}
	}
	_ = lockfile.Wait(f, lockWait) // what is done under it is atomic besides
	return func() { f.Close() }
}

// quoted is a file's name as a shell takes it.
func quoted(name string) string {
	plain := name != ""
	for _, c := range name {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '/' || c == '.' || c == '-' || c == '_'
		plain = plain && ok
	}
	if plain && name[0] != '-' {
		return name
	}
	out := []rune("'")
	for _, c := range name {
		if c == '\'' {
			out = append(out, []rune(`'\'`)...)
		}
		out = append(out, c)
	}
	return string(append(out, '\''))
}
