//go:build unix && !solaris && !aix

package identity

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func fifo(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
