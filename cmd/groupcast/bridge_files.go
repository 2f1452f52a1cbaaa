package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// config is how natslink reaches the hub. The files are looked at first: an error about
// them names the flag.
func (h *hubFlags) config() (natslink.Config, error) {
	if !h.isURL() {
		file, err := natslink.ReadFile(h.at)
		switch err = plainFileError(err); {
		case errors.Is(err, natslink.ErrReadable):
			return natslink.Config{}, &mcast.Advised{Err: fmt.Errorf("--hub: %w", err), Advice: "whoever has read it can speak for its site: groupcast hub --remove NAME, where the hub runs, takes its key back"}
		case errors.Is(err, fs.ErrPermission):
			return natslink.Config{}, notMine("hub", h.at, err)
		case errors.Is(err, fs.ErrNotExist) && strings.Contains(h.at, "@"): // perhaps a URL with a secret
			return natslink.Config{}, &mcast.Advised{Err: errors.New("--hub: there is no such file"), Advice: "the hub is a hub file, or tls://HOST:" + natsPort + " with --creds FILE"}
		case errors.Is(err, fs.ErrNotExist) && isAddress(h.at):
			return natslink.Config{}, &mcast.Advised{
				Err:    fmt.Errorf("--hub: %w", err),
				Advice: "a hub is named by its file, which groupcast hub --site NAME writes; a NATS server by --hub tls://" + withPort(h.at),
			}
		case errors.Is(err, fs.ErrNotExist):
			return natslink.Config{}, &mcast.Advised{Err: fmt.Errorf("--hub: %w", err), Advice: "groupcast hub --site NAME writes it, where the hub runs"}
		case err != nil:
			return natslink.Config{}, fmt.Errorf("--hub: %w", err)
		}
		return natslink.Config{File: file}, nil
	}
	for _, f := range []struct{ name, path string }{{"creds", h.creds}, {"tls-ca", h.ca}} {
		if f.path == "" {
			continue
		}
		switch err := plainFileError(openable(f.path)); {
		case errors.Is(err, fs.ErrPermission):
			return natslink.Config{}, notMine(f.name, f.path, err)
		case err != nil:
			return natslink.Config{}, fmt.Errorf("--%s: %w", f.name, err)
		}
	}
	return natslink.Config{URL: strings.TrimSuffix(h.at, "/"), Site: h.site, Creds: h.creds, CA: h.ca, Domain: h.domain}, nil
}

// isAddress reports a name that is rather a host than a file: an address, or letters, digits
// and dots with a port or a dot.
func isAddress(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	host, port, err := net.SplitHostPort(name)
	if err != nil {
		host = name
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return false
	}
	if _, e := netip.ParseAddr(host); e == nil {
		return true
	}
	plain := strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == ""
	return plain && host != "" && (err == nil || strings.Contains(strings.Trim(host, "."), ".") && !strings.HasSuffix(host, ".hub"))
}

// withPort is HOST:PORT of a name that isAddress.
func withPort(name string) string {
	if _, _, err := net.SplitHostPort(name); err == nil {
		return name
	}
	return net.JoinHostPort(strings.Trim(name, "[]"), natsPort)
}

// openable is the error of a file that cannot be read.
func openable(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // to open a pipe would wait for its other end
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// notMine is the error of a file of a flag that this user may not read.
func notMine(flag, path string, err error) error {
	name := "USER"
	if u, e := user.Current(); e == nil && u.Username != "" {
		name = shellWord(u.Username)
	}
	return &mcast.Advised{
		Err:    fmt.Errorf("--%s: %w", flag, err),
		Advice: fmt.Sprintf("the file has to belong to the user who runs the bridge: chown %s %s", name, shellWord(path)),
	}
}

// plainFileError is an error about a file without the call that failed.
func plainFileError(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}
