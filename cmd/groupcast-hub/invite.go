package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/chat"
)

// inviter is a hub that runs, in this process or another.
type inviter interface {
	Key(site string) (string, error)
	Certificate() (string, error)
	InviteAll(sites []string) ([]natslink.File, error)
}

// invite writes a hub file for each site that has none. Nothing is changed before all
// files that are there were looked at. url is the hub's; "": it is not known. It returns
// how many files it wrote.
func (set *settings) invite(h inviter, url string, remarks io.Writer) (int, error) {
	var fresh, replaced, kept []string
	for _, site := range set.sites {
		key, err := h.Key(site)
		if err != nil {
			return 0, err
		}
		path := set.hubFile(site)
		_, err = os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fresh = append(fresh, site)
			if key != "" {
				replaced = append(replaced, site)
			}
			continue
		case err != nil:
			return 0, err
		}
		at, err := set.keptFile(h, site, key)
		if err != nil {
			return 0, err
		}
		kept = append(kept, site)
		if url != "" && at != url {
			fmt.Fprintf(remarks, "%s names another address, %s: if sites do not reach the hub there, edit its url line\n", chat.CleanRow(path), chat.CleanRow(at))
		}
	}
	if len(fresh) == 0 {
		set.told(remarks, nil, nil, kept)
		return 0, nil
	}
	if err := mayWrite(set.out); err != nil {
		return 0, err
	}
	var wrote []string
	files, err := h.InviteAll(fresh)
	for _, f := range files { // also of a hub that made some, and no more
		path := set.hubFile(f.Site)
		if e := natslink.WriteFile(path, f); e != nil {
			return 0, e
		}
		wrote = append(wrote, path)
	}
	if err != nil {
		return 0, err
	}
	set.told(remarks, wrote, replaced, kept)
	return len(wrote), nil
}

func (set *settings) told(remarks io.Writer, wrote, replaced, kept []string) {
	for _, site := range replaced {
		fmt.Fprintf(remarks, "%s has a new key: its older hub file opens nothing any more\n", site)
	}
	if len(kept) > 0 {
		for i, site := range kept {
			kept[i] = set.hubFile(site)
		}
		are := "is"
		if len(kept) > 1 {
			are = "are"
		}
		fmt.Fprintf(remarks, "%s %s there already, and still valid: kept\n", chat.CleanRow(strings.Join(kept, ", ")), are)
	}
	names := chat.CleanRow(strings.Join(wrote, ", "))
	switch len(wrote) {
	case 0:
	case 1:
		fmt.Fprintf(remarks, "wrote %s: give it to its site; whoever has it can speak into every bridged LAN\n", names)
	default:
		fmt.Fprintf(remarks, "wrote %s: give each to its site; whoever has one can speak into every bridged LAN\n", names)
	}
}

func (set *settings) hubFile(site string) string { return filepath.Join(set.out, site+".hub") }

// keptFile looks at a hub file that is there: it must have the key that the hub knows. It
// returns the address in it.
func (set *settings) keptFile(h inviter, site, key string) (url string, err error) {
	path := set.hubFile(site)
	f, public, err := readHubFile(path)
	if err != nil {
		return "", err
	}
	if key != "" && public == key && f.Site == site {
		return f.URL, nil
	}
	certificate, err := h.Certificate()
	switch {
	case err != nil:
		return "", err
	case strings.TrimSpace(f.Certificate) != strings.TrimSpace(certificate):
		return "", &mcast.Advised{
			Err:    fmt.Errorf("%s is there already, and is of another hub", path),
			Advice: "name another directory for the new one: --out DIR; or, if that hub is gone: rm " + path + ", then the same command again",
		}
	case f.Site != site:
		return "", &mcast.Advised{
			Err:    fmt.Errorf("%s is there already, and is the hub file of %s", path, f.Site),
			Advice: "rename it, then the same command again; or --out DIR",
		}
	case key != "":
		return "", &mcast.Advised{
			Err:    fmt.Errorf("%s opens nothing any more: %s has a newer key", path, site),
			Advice: "its newer hub file is elsewhere; if it is lost: rm " + path + ", then the same command again",
		}
	}
	return "", &mcast.Advised{
		Err:    fmt.Errorf("%s opens nothing any more: its key was taken back", path),
		Advice: "rm " + path + ", then the same command again",
	}
}

// readHubFile reads a hub file, and returns the public key of its site.
func readHubFile(path string) (f natslink.File, public string, err error) {
	if f, err = natslink.ReadFile(path); err != nil {
		return f, "", err
	}
	pair, err := nkeys.FromSeed([]byte(f.Seed))
	if err == nil {
		defer pair.Wipe()
		public, err = pair.PublicKey()
	}
	if err != nil {
		return f, "", fmt.Errorf("%s: no seed of a key", path)
	}
	return f, public, nil
}

// mayWrite is the error of a directory in which no file can be made: better now than
// when a site has a new key that is written nowhere.
func mayWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".groupcast-hub-*")
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return fmt.Errorf("--out %s: %w", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
