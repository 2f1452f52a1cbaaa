package hub

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast/bridge"
)

// sites are the public keys of sites by their names.
type sites map[string]string

const (
	sitesFile    = "sites"
	maxSitesFile = 1 << 20 // bytes; 1,024 lines have 92 KiB
)

func (s sites) names() []string { return slices.Sorted(maps.Keys(s)) }

// with is s, in which sites have those keys; "": a site is gone. known are those of them
// that have a key in s.
func (s sites) with(keys map[string]string) (next sites, known []string, err error) {
	next = maps.Clone(s)
	for site, key := range keys {
		if _, ok := s[site]; ok {
			known = append(known, site)
		} else if key == "" {
			return nil, nil, fmt.Errorf("%q: %w", site, ErrNoSite)
		}
		if next[site] = key; key == "" {
			delete(next, site)
		}
	}
	if len(next) > MaxSites {
		return nil, nil, ErrTooMany
	}
	return next, known, nil
}

// readSites reads the file of a directory: a site and its public key on each line. None is
// no error.
func readSites(dir string) (sites, error) {
	f, err := os.Open(filepath.Join(dir, sitesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return sites{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, lines := sites{}, bufio.NewScanner(io.LimitReader(f, maxSitesFile))
	for n := 1; lines.Scan(); n++ {
		name, key, _ := strings.Cut(lines.Text(), " ")
		if err := bridge.CheckSite(name); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", f.Name(), n, err)
		}
		if !nkeys.IsValidPublicUserKey(key) {
			return nil, fmt.Errorf("%s, line %d: no public key of a user", f.Name(), n)
		}
		if s[name] = key; len(s) > MaxSites {
			return nil, fmt.Errorf("%s, line %d: %w", f.Name(), n, ErrTooMany)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return s, nil
}

func (s sites) write(dir string) error {
	var b strings.Builder
	for _, name := range s.names() {
		fmt.Fprintf(&b, "%s %s\n", name, s[name])
	}
	return replaceFile(filepath.Join(dir, sitesFile), b.String())
}

// replaceFile writes a file that only its owner can read. Whoever reads it meanwhile, and
// a host that loses its power, has the old one or the new one whole.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
