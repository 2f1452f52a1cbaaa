package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
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
	{hub.ErrRunning, called + " --site NAME adds a site to it, --remove NAME removes one, --sites lists them; for a second hub: --dir DIR --listen :PORT"},
	{hub.ErrNone, called + " --site NAME starts one; if it is elsewhere: --dir DIR"},
	{hub.ErrNoSite, called + " --sites lists them"},
	{hub.ErrOwner, "if a service has it: start the service, then the same command as root; else --dir DIR: one that is yours alone"},
	{hub.ErrWritable, "--dir DIR: one that is yours alone; it is made if it is not there"},
	{hub.ErrReadable, "others may have read it: remove it, and give each site a new file; or, if they have not: chmod 600"},
	{syscall.EADDRNOTAVAIL, "name an address of this host, or none for all: --listen :4222; what sites connect to is --url HOST"},
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

// notListening is the error of a hub that could not listen at an address.
func notListening(listen string, err error) error {
	if e, ok := errors.AsType[*net.OpError](err); !ok || e.Op != "listen" || e.Net != "tcp" {
		return err
	}
	host, port, _ := net.SplitHostPort(listen)
	at := "port " + port
	if host != "" {
		at += " of " + host
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &mcast.Advised{
			Err:    fmt.Errorf("%s is in use", at),
			Advice: "perhaps by a hub of another directory (ss -ltnp shows by what); another port: --listen :4223",
		}
	case errors.Is(err, fs.ErrPermission):
		return &mcast.Advised{
			Err:    fmt.Errorf("%s: this user may not listen there", at),
			Advice: "ports below 1024 are root's: --listen :4222; a service of systemd may with AmbientCapabilities=CAP_NET_BIND_SERVICE",
		}
	}
	return err
}

// complain writes an error as groupcast does: one line, and one with what to do.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "groupcast-hub: %s\n", chat.CleanRow(mcast.Plain(err)))
	if advice := hint(err); advice != "" {
		fmt.Fprintf(w, "  hint: %s\n", chat.CleanRow(advice))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(w, "  usage: %s; %s --help says more\n", called+usage, called)
	}
}
