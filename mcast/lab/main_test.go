package lab_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// programs are what the test binary does instead of testing when the
// environment names one of them in programEnv: commands for hosts, and whole
// labs for tests that kill them.
var programs = map[string]func() error{}

const programEnv = "LAB_TEST_PROGRAM"

// foreignEnv names a directory that belongs to another user.
const foreignEnv = "LAB_TEST_FOREIGN"

func TestMain(m *testing.M) {
	if name := os.Getenv(programEnv); name != "" {
		if err := programs[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if testing.CoverMode() != "" && os.Getenv("GOCOVERDIR") == "" {
			syscall.Exit(0) // a confined one has no folder for what it reached, and would say so
		}
		os.Exit(0)
	}
	if os.Getenv(foreignEnv) == "" {
		dir, err := foreignDir()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Setenv(foreignEnv, dir)
	}
	os.Exit(labtest.RunTests(runner{m}))
}

// foreignDir is made before the tests enter their namespace, where there is no
// other user to give it to. To who is not root, the root directory is one.
func foreignDir() (string, error) {
	if os.Geteuid() != 0 {
		return "/", nil
	}
	parent, err := os.MkdirTemp("", "lab-test-*")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(parent, "foreign")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	const nobody = 65534
	return dir, os.Chown(dir, nobody, nobody)
}

// foreign is the directory of foreignEnv, for the tests.
var foreign string

// runner removes what foreignDir has made. A process that a test begins as the test binary gets
// another one's name, or its end would take the directory from the tests that follow.
type runner struct{ *testing.M }

func (r runner) Run() int {
	foreign = os.Getenv(foreignEnv)
	os.Setenv(foreignEnv, "/")
	status := r.M.Run()
	if foreign != "/" {
		os.RemoveAll(filepath.Dir(foreign))
	}
	return status
}
