package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/session"
)

// broken is a stream that panics, so that the main goroutine does.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("a mistake \x1b[2J") }

func TestCrashOfTheMainGoroutine(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TERM", "xterm-test")
	t.Setenv("GROUPCAST_SECRET", "hush")
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, strings.NewReader(""), broken{}, &errs); code != exitNot {
		t.Errorf("exit status %d, want %d", code, exitNot)
	}
	checkCrash(t, dir, errs.String(), `groupcast: internal error: a mistake ␛[2J`, "crash_test.go")
}

// A panic of one of the session's goroutines comes as an error.
func TestCrashOfAnotherGoroutine(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TERM", "xterm-test")
	p := &session.PanicError{Value: errors.New("another mistake"), Stack: []byte("goroutine 7 [running]:\nsomewhere.go")}
	var errs bytes.Buffer
	reportCrash(&errs, p)
	checkCrash(t, dir, errs.String(), "groupcast: internal error: another mistake", "somewhere.go")
}

func checkCrash(t *testing.T, dir, errs, says, stack string) {
	t.Helper()
	m := regexp.MustCompile(`^(.*)\n  hint: the report is in (.*); please open an issue with it\n$`).FindStringSubmatch(errs)
	if m == nil || m[1] != says {
		t.Fatalf("standard error %q, want %q and where the report is", errs, says)
	}
	if ok, _ := filepath.Match(filepath.Join(dir, "groupcast-crash-*.txt"), m[2]); !ok {
		t.Errorf("the report is in %s, want it in %s", m[2], dir)
	}
	b, err := os.ReadFile(m[2])
	if err != nil {
		t.Fatal(err)
	}
	report := string(b)
	_, value, _ := strings.Cut(says, "error: ")
	for _, want := range []string{"groupcast ", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, "TERM=xterm-test", "panic: " + value, stack} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no %q:\n%s", want, report)
		}
	}
	for _, secret := range []string{"hush", "--help", "\x1b"} {
		if strings.Contains(report, secret) {
			t.Errorf("the report has %q:\n%s", secret, report)
		}
	}
}

// Without a place for the report it is on standard error.
func TestCrashWithoutAFile(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	var errs bytes.Buffer
	reportCrash(&errs, &session.PanicError{Value: "a mistake", Stack: []byte("somewhere.go")})
	for _, want := range []string{"groupcast: internal error: a mistake\n", "it could not be written to a file", "panic: a mistake", "somewhere.go"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("standard error has no %q:\n%s", want, errs.String())
		}
	}
}

// Whoever returns it, and however wrapped, the exit status is the same.
func TestStatusOfACrash(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var errs bytes.Buffer
	err := fmt.Errorf("the screen: %w", &session.PanicError{Value: "a mistake"})
	if code := exitStatus(t.Context(), newRoot(), err, &errs); code != exitNot || !strings.Contains(errs.String(), "internal error: a mistake\n  hint: the report is in ") {
		t.Errorf("exit status %d, standard error %q", code, errs.String())
	}
}
