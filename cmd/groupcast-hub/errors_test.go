package main

import (
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/bridge/hub"
)

// What the scripts, which are root's, do not meet.
func TestHints(t *testing.T) {
	denied := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EACCES)}
	for _, c := range []struct {
		err        error
		says, hint string
	}{
		{notListening(":443", denied), "port 443: this user may not listen there", "ports below 1024 are root's: --listen :4222"},
		{notListening("[::1]:443", denied), "port 443 of ::1: ", "CAP_NET_BIND_SERVICE"},
		{notListening(":443", &fs.PathError{Op: "open", Path: "hub.pem", Err: syscall.EACCES}), "open hub.pem: permission denied", "rights of the directory"},
		{&fs.PathError{Op: "open", Path: "/var/lib/x", Err: hub.ErrOwner}, "open /var/lib/x: another user owns it", "start the service"},
	} {
		if got := c.err.Error(); !strings.HasPrefix(got, c.says) || !strings.Contains(hint(c.err), c.hint) {
			t.Errorf("%s\n  hint: %s", got, hint(c.err))
		}
	}
}
