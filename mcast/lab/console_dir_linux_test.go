package lab_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// someUser is the number of a user who has no runtime directory.
const someUser = 54321

func init() {
	programs["listen among others"] = listenAmongOthers
}

// listenAmongOthers is a program of someUser's whose directory of labs is
// another user's. It takes two names, one in each of two ways to be taken from.
func listenAmongOthers() error {
	usual := filepath.Join(os.TempDir(), fmt.Sprintf("groupcast-%d", someUser))
	if err := os.Mkdir(usual, 0o700); err != nil {
		return err
	}
	if err := unix.Mount(os.Getenv(foreignEnv), usual, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", os.Getenv(foreignEnv), err)
	}
	if names, err := lab.Running(); err != nil || len(names) != 0 {
		return fmt.Errorf("at first there run %q, %v", names, err)
	}
	for _, name := range []string{"one", "two"} {
		c, err := lab.Listen(name)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := lab.Listen(name); !errors.Is(err, lab.ErrRunning) {
			return fmt.Errorf("%s a second time: %v", name, err)
		}
	}
	names, err := lab.Running()
	dirs, e := filepath.Glob(usual + "-*")
	if !slices.Equal(names, []string{"one", "two"}) || len(dirs) != 1 {
		return fmt.Errorf("there run %q in %q, %v", names, dirs, errors.Join(err, e))
	}
	if info, err := os.Stat(dirs[0]); err != nil || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s has mode %v, %v", dirs[0], info.Mode(), err)
	}
	return nil
}

// Who takes the name of another user's directory among the temporary files
// does not keep them from having labs, nor from finding them.
func TestConsoleDirectoryOfAnotherUser(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), programEnv+"=listen among others", foreignEnv+"="+foreign, "XDG_RUNTIME_DIR=", "TMPDIR="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: someUser, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: someUser, HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN}, // to mount
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// A lab whose socket somebody removed can be found again.
func TestConsoleIsMadeAgain(t *testing.T) {
	socket, _ := serve(t, "ours")
	dir := filepath.Dir(socket)
	for _, loss := range []struct {
		of   string
		lose func() error
	}{
		{"the socket", func() error { return os.Remove(socket) }},
		{"the directory", func() error { return os.RemoveAll(dir) }},
		{"the directory's name", func() error { return os.Rename(dir, dir+"-old") }},
	} {
		if err := loss.lose(); err != nil {
			t.Fatal(err)
		}
		labtest.Eventually(t, "the lab is found after the loss of "+loss.of, func() bool {
			_, err := lab.Dial("ours")
			return err == nil
		})
	}
}

// The end of a lab leaves the socket of another that took its name since.
func TestConsoleLeavesAnothersSocket(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	first, err := lab.Listen("ours")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "groupcast", "ours")); err != nil {
		t.Fatal(err)
	}
	second, err := lab.Listen("ours")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	first.Close()
	if names, err := lab.Running(); err != nil || strings.Join(names, " ") != "ours" {
		t.Errorf("after the end of the first there run %q, %v; want ours", names, err)
	}
}
