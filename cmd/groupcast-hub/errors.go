package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge/hub"
	"github.com/groupcast/groupcast/mcast/chat"
)

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// hints are what to do about errors; the first that fits is said.
var hints = []struct {
	is     error
	advice string
}{
	{hub.ErrRunning, "groupcast-hub --site NAME adds a site to it, --remove NAME removes one, --sites lists them; for a second hub: --dir DIR --listen :PORT"},
	{hub.ErrNone, "groupcast-hub --site NAME starts one; if it is elsewhere: --dir DIR"},
	{hub.ErrNoSite, "groupcast-hub --sites lists them"},
	{hub.ErrWritable, "make it yours alone (chown, chmod 700), or name another: --dir DIR"},
	{hub.ErrReadable, "others may have read it: remove it, and give each site a new file; or, if they have not: chmod 600"},
	{syscall.EADDRINUSE, "another program listens there (ss -ltnp shows which); choose another port: --listen :4223"},
	{syscall.EADDRNOTAVAIL, "name an address of this host, or none for all: --listen :4222; what sites connect to is --url HOST"},
	{syscall.EACCES, "see the rights of the directory (ls -ld), or name another: --dir DIR, --out DIR; a port below 1024 is root's"},
	{fs.ErrPermission, "see the rights of the directory (ls -ld), or name another: --dir DIR, --out DIR"},
	{syscall.ENOSPC, "make room (df -h), or name a directory on another disk: --dir DIR, --out DIR"},
	{fs.ErrNotExist, "make the directory first, or name another"},
}

func hint(err error) string {
	if a, ok := errors.AsType[*mcast.Advised](err); ok {
		return a.Advice
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			return h.advice
		}
	}
	return ""
}

// complain writes an error as groupcast does: one line, and one with what to do.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "groupcast-hub: %s\n", chat.CleanRow(mcast.Plain(err)))
	if advice := hint(err); advice != "" {
		fmt.Fprintf(w, "  hint: %s\n", chat.CleanRow(advice))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(w, "  usage: %s; groupcast-hub --help says more\n", usage)
	}
}
