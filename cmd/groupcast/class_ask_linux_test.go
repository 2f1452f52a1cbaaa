package main

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Results that find no room leave no file, and none that is there is written over.
func TestResultsThatFindNoRoom(t *testing.T) { // not in parallel: no file may be written meanwhile
	name := filepath.Join(t.TempDir(), "results.csv")
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	least := before
	least.Cur = 4
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &least); err != nil {
		t.Fatal(err)
	}
	err := writeNew(name, []byte("seat,name\n"))
	if e := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); e != nil {
		t.Fatal(e)
	}
	if _, there := os.Stat(name); !errors.Is(err, syscall.EFBIG) || !errors.Is(there, os.ErrNotExist) {
		t.Errorf("%v, and the file: %v", err, there)
	}
	if err := writeNew(name, []byte("seat,name\n")); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	if err := writeNew(name, nil); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a file that is there: %v", err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "seat,name\n" {
		t.Errorf("it has %q, %v", text, err)
	}
}
