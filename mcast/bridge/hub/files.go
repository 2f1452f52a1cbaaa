package hub

import (
	"errors"
	"io/fs"
)

// Stopped is what a hub that does not run has kept in its directory.
type Stopped struct{ dir string }

// OpenStopped returns what is in a directory. It is ErrNone if no hub was there.
func OpenStopped(dir string) (*Stopped, error) {
	if err := checkDir(dir, foreignNotToRoot); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	} else if err != nil {
		return nil, err
	}
	return &Stopped{dir}, nil
}

// Sites are the names of the sites, sorted.
func (s *Stopped) Sites() ([]string, error) {
	known, err := readSites(s.dir)
	return known.names(), err
}

// Key is the public key of a site; "": there is no such site.
func (s *Stopped) Key(site string) (string, error) {
	known, err := readSites(s.dir)
	return known[site], err
}

// Remove takes a site's key back. The error is ErrNoSite, ErrRunning, ErrOwner, or one of
// the directory.
func (s *Stopped) Remove(site string) error {
	if err := checkDir(s.dir, foreign); err != nil { // its owner could not read what root writes
		return err
	}
	lock, err := lockDir(s.dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	known, err := readSites(s.dir)
	if err != nil {
		return err
	}
	if known, _, err = known.with(map[string]string{site: ""}); err != nil {
		return err
	}
	return known.write(s.dir)
}
