package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// One open file has it, another has not, until the first is closed.
func TestOneHasIt(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if err := Try(first); err != nil {
		t.Skip(err)
	}
	if err := Try(second); !errors.Is(err, ErrHeld) {
		t.Errorf("the second: %v, want ErrHeld", err)
	}
	if err := Wait(second, 20*time.Millisecond); !errors.Is(err, ErrHeld) {
		t.Errorf("the second, after waiting: %v, want ErrHeld", err)
	}
	got := make(chan error, 1)
	go func() { got <- Wait(second, time.Minute) }()
	first.Close()
	if err := <-got; err != nil {
		t.Errorf("the second, after the first: %v", err)
	}
}
