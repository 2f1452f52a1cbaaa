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
	Invite(site string) (natslink.File, error)
}

// invite writes a hub file for each site that has none. Nothing is changed before all
// files that are there were looked at. url is the hub's; "": it is not known.
func (set *settings) invite(h inviter, url string, remarks io.Writer) error {
	var fresh, replaced, kept []string
	for _, site := range set.sites {
		key, err := h.Key(site)
		if err != nil {
			return err
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
			return err
		}
		at, err := keptFile(path, site, key)
		if err != nil {
			return err
		}
		kept = append(kept, site)
		if url != "" && at != url {
			fmt.Fprintf(remarks, "%s names another address, %s: if sites do not reach the hub there, edit its url line\n", chat.CleanRow(path), chat.CleanRow(at))
		}
	}
	if len(fresh) > 0 {
		if err := mayWrite(set.out); err != nil {
			return err
		}
	}
	var wrote []string
	for _, site := range fresh {
		f, err := h.Invite(site)
		if err == nil {
			err = natslink.WriteFile(set.hubFile(site), f)
		}
		if err != nil {
			return err
		}
		wrote = append(wrote, set.hubFile(site))
	}
	set.told(remarks, wrote, replaced, kept)
	return nil
}

func (set *settings) told(remarks io.Writer, wrote, replaced, kept []string) {
	for _, site := range replaced {
		fmt.Fprintf(remarks, "%s has a new key: its older hub file opens nothing any more\n", site)
	}
	if len(kept) > 0 {
		for i, site := range kept {
			kept[i] = set.hubFile(site)
		}
		fmt.Fprintf(remarks, "kept %s\n", chat.CleanRow(strings.Join(kept, ", ")))
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
func keptFile(path, site, key string) (url string, err error) {
	f, err := natslink.ReadFile(path)
	if err != nil {
		return "", err
	}
	pair, err := nkeys.FromSeed([]byte(f.Seed))
	if err != nil {
		return "", fmt.Errorf("%s: no seed of a key", path)
	}
	defer pair.Wipe()
	public, err := pair.PublicKey()
	if err != nil {
		return "", fmt.Errorf("%s: no seed of a key", path)
	}
	if key == "" || public != key || f.Site != site {
		return "", &mcast.Advised{
			Err:    fmt.Errorf("%s is there already, and its key is none that this hub knows for %s", path, site),
			Advice: "it may be of another hub: move it away, or name another directory for the new one: --out DIR",
		}
	}
	return f.URL, nil
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
