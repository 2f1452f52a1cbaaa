package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/confine"
)

// seatProcess is os.Args[0] of the process that confines itself and then becomes the
// command.
const seatProcess = "groupcast-lab-seat"

// LandlockABI is the version of Landlock that the kernel has; 0: none. A [Confinement]
// needs 1, and 6 (Linux 6.12) keeps signals in it by two means instead of one.
func LandlockABI() int { return confine.LandlockABI() }

// startConfined starts a request's command so that it confines itself.
func startConfined(r request, files []*os.File) (*exec.Cmd, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer near.Close()
	defer far.Close()
	attributes := confine.Attributes()
	attributes.Setpgid, attributes.Setsid, attributes.Setctty = !r.TTY, r.TTY, r.TTY
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{seatProcess}, Env: []string{}, Dir: "/", ExtraFiles: []*os.File{far},
		Stdin: files[0], Stdout: files[1], Stderr: files[2], SysProcAttr: attributes,
	}
	if err := cmd.Start(); err != nil {
		return nil, forbidden(err, readSetting)
	}
	far.Close()
	err = send(near, r)
	if err == nil {
		err = becomes(near)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	go watchMemory(cmd.Process.Pid, *r.Confine)
	return cmd, nil
}

// becomes waits until a seat's process has become the command, which closes its end.
func becomes(near *net.UnixConn) error {
	_ = near.SetReadDeadline(time.Now().Add(messageTimeout))
	var s started
	_, err := receive(near, &s)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New(s.Error)
}

// runSeat is what a seat's process does.
func runSeat() {
	conn, err := unixConn(os.NewFile(3, "control"))
	if err != nil {
		os.Stderr.WriteString(seatProcess + ": started by hand: " + err.Error() + "\n")
		os.Exit(2)
	}
	var r request
	if _, err = receive(conn, &r); err == nil {
		err = become(r)
	}
	_ = send(conn, started{Error: err.Error()})
	syscall.Exit(1)
}

// become returns when it fails.
func become(r request) error {
	if r.Confine == nil {
		return errors.New("no limits")
	}
	c := *r.Confine
	err := confine.Enter(confine.Limits{Processes: c.Processes, Data: c.Data, Disk: c.Disk}, c.Program)
	if err != nil {
		return err
	}
	if err := os.Chdir(string(r.Dir)); err != nil {
		return err
	}
	if err := unix.Exec(string(r.Path), texts(r.Args), texts(r.Env)); err != nil {
		return fmt.Errorf("execute %s: %w", r.Path, err)
	}
	return nil
}

// memoryInterval is how often the memory of a confined command is looked at.
const memoryInterval = time.Second

// watchMemory kills a confined command, and so all that it started, when they use more
// memory than they may, or are more processes: real root is not bound by the limit of
// the kernel.
func watchMemory(pid int, c Confinement) {
	proc := fmt.Sprintf("/proc/%d/root/proc", pid) // which shows its processes only
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	for process.Signal(syscall.Signal(0)) == nil {
		if processes, used := memoryOf(proc); used > c.Memory || processes > c.Processes {
			_ = process.Kill()
			return
		}
		time.Sleep(memoryInterval)
	}
}

// memoryOf is how many processes a /proc shows, and what they have resident, in bytes.
func memoryOf(proc string) (processes int, used int64) {
	lists, _ := filepath.Glob(proc + "/[0-9]*/statm")
	for _, list := range lists {
		b, _ := os.ReadFile(list) // a process may have ended
		fields := strings.Fields(string(b))
		if len(fields) < 2 {
			continue
		}
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		used += pages * int64(os.Getpagesize())
	}
	return len(lists), used
}
