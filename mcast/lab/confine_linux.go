package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
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
func LandlockABI() int {
	abi, _ := confine.Landlock()
	return abi
}

// Confines reports whether commands can be confined here, by confining one that ends at
// once. The error is a *ForbiddenError where the system does not allow namespaces, and a
// *NotConfinedError where it lacks something else. It needs no lab.
func Confines() error {
	runtime.LockOSThread() // which the trial must not outlive, see Pdeathsig in prctl(2)
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer null.Close()
	limits := Confinement{Program: "/proc/self/exe"}.withDefaults()
	cmd, _, err := startConfined(request{Confine: &limits}, []*os.File{null, null, null})
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// startInHost is startConfined in a host.
func startInHost(r request, files []*os.File, orders *net.UnixConn) (*exec.Cmd, error) {
	c := r.Confine
	switch {
	case c.Admin && !isApart():
		return nil, errors.New("a stranger can be let change the networks of labs whose ports have a limit on packets, and where each host may have a user namespace")
	case len(c.Orders) > 0 && orders == nil:
		return nil, errors.New("nobody takes its orders: it was not started by way of the lab's service")
	}
	if c.Admin {
		if what := confine.NetworkOver(); what != "" {
			return nil, fmt.Errorf("its host has more %s than it may: build the network anew", what)
		}
	}
	cmd, handed, err := startConfined(r, files)
	if err != nil {
		return nil, err
	}
	if handed.Calls != nil {
		go confine.Supervise(handed.Calls)
	}
	if handed.Orders != nil {
		defer handed.Orders.Close()
		if err := send(orders, orderWords{c.Orders}, handed.Orders); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return nil, fmt.Errorf("the lab does not take its orders: %w", err)
		}
	}
	return cmd, nil
}

// startConfined starts a request's command so that it confines itself. Without a path it
// ends then.
func startConfined(r request, files []*os.File) (cmd *exec.Cmd, handed confine.Handed, err error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, handed, err
	}
	defer near.Close()
	defer far.Close()
	for _, attributes := range confine.Attributes(r.Confine.Admin) {
		attributes.Setsid, attributes.Setctty = true, r.TTY // a session has an autogroup of its own
		cmd = &exec.Cmd{
			Path: "/proc/self/exe", Args: []string{seatProcess}, Env: []string{}, Dir: "/", ExtraFiles: []*os.File{far},
			Stdin: files[0], Stdout: files[1], Stderr: files[2], SysProcAttr: attributes,
		}
		if err = cmd.Start(); err == nil {
			break
		}
	}
	if err != nil {
		return nil, handed, forbidden(err, readSetting)
	}
	far.Close()
	err = send(near, r)
	if err == nil {
		handed, err = becomes(near, *r.Confine)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, handed, err
	}
	return cmd, handed, nil
}

// hostThreads is room for those of the host's process, and of others than strangers: in
// one user namespace they are counted together. The watch counts those of the command.
const hostThreads = 128

// becomes waits until a seat's process has become the command, which closes its end. It
// may hand files before.
func becomes(near *net.UnixConn, c Confinement) (handed confine.Handed, err error) {
	_ = near.SetReadDeadline(time.Now().Add(messageTimeout))
	var got []*os.File
	for {
		var s started
		files, err := receive(near, &s)
		got = append(got, files...)
		if err == nil {
			err = s.err()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			closeAll(got)
			return handed, err
		}
	}
	for _, f := range []struct {
		is bool
		to **os.File
	}{{len(c.Orders) > 0, &handed.Orders}, {c.Admin, &handed.Calls}} {
		if f.is && len(got) > 0 {
			*f.to, got = got[0], got[1:]
		}
	}
	closeAll(got)
	return handed, nil
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
		err = become(r, conn)
	}
	if err == nil {
		syscall.Exit(0)
	}
	_ = send(conn, notStarted(err))
	syscall.Exit(1)
}

// become returns when it fails, or when there is nothing to become.
func become(r request, conn *net.UnixConn) error {
	if r.Confine == nil {
		return errors.New("no limits")
	}
	c := *r.Confine
	handed, err := confine.Enter(confine.Config{Disk: c.Disk, Program: c.Program, Admin: c.Admin, Orders: len(c.Orders) > 0})
	if err != nil {
		return notConfined(err, readSetting)
	}
	var files []*os.File
	for _, f := range []*os.File{handed.Orders, handed.Calls} {
		if f != nil {
			files = append(files, f)
		}
	}
	if len(files) > 0 {
		if err := send(conn, started{}, files...); err != nil {
			return err
		}
	}
	if len(r.Path) == 0 {
		return nil
	}
	if err := c.writeFiles(); err != nil {
		return err
	}
	if err := os.Chdir(string(r.Dir)); err != nil {
		return err
	}
	processes := c.Processes
	if c.Admin {
		processes += hostThreads
	}
	return confine.Exec(confine.Limits{Processes: processes, Data: c.Data}, string(r.Path), texts(r.Args), texts(r.Env))
}

// notConfined explains what the system lacks, by the error of confine.Enter. One that has
// another cause comes back as it is.
func notConfined(err error, setting func(path string) string) error {
	n := &NotConfinedError{Err: err}
	proc, hidden := errors.AsType[*confine.ProcError](err)
	filtered := seccompFilter().MatchString(setting("self/status"))
	switch {
	case hidden && errors.Is(proc, unix.EPERM):
		n.Reason = "a part of /proc is hidden, as in containers, and a command cannot have one that shows its own processes only"
		n.Hint = "run it outside the container, or start that with --security-opt systempaths=unconfined (docker) or unmask=ALL (podman)"
	case errors.Is(err, unix.ENOSYS) && filtered:
		n.Reason = "the kernel has no Landlock, or a seccomp filter hides it, as in containers"
		n.Hint = landlockHint + "; outside the container, or start that with --security-opt seccomp=unconfined (docker, podman)"
	case errors.Is(err, unix.ENOSYS):
		n.Reason, n.Hint = "the kernel has no Landlock", landlockHint
	case errors.Is(err, unix.EOPNOTSUPP):
		n.Reason = "Landlock is switched off"
		n.Hint = "add landlock to the names in /sys/kernel/security/lsm, and start the kernel with lsm= and all of them"
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES):
		f, ok := errors.AsType[*ForbiddenError](forbidden(err, setting))
		if !ok {
			return err
		}
		n.Reason, n.Hint = f.Reason, f.Hint
	default:
		return err
	}
	return n
}

const landlockHint = "use Linux 5.14 or newer, built with CONFIG_SECURITY_LANDLOCK"
