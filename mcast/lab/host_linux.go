package lab

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/internal/confine"
	"github.com/groupcast/groupcast/mcast/kernel"
)

// hostProcess is os.Args[0] of the process that is a host.
const hostProcess = "groupcast-lab-host"

// apartArg is an argument of a host whose network belongs to a user namespace of its own:
// a capability in that is one over no other host, and not over the switches.
const apartArg = "apart"

func isApart() bool { return len(os.Args) > 2 && os.Args[2] == apartArg }

// hostEnv tells a command in a host where it is: the host's name and its
// network namespace, so that one left over or set by hand is not believed.
const hostEnv = "GROUPCAST_LAB"

// InHost reports whether this process is a command in a host of a lab, and in
// which. No datagram leaves a lab.
func InHost() (host string, ok bool) {
	here, err := os.Readlink("/proc/self/ns/net")
	host, told, _ := strings.Cut(os.Getenv(hostEnv), "/")
	if err != nil || host == "" || told != here {
		return "", false
	}
	return host, true
}

// hostEnvironment is what commands find in a host besides their own.
func hostEnvironment(c *Confinement) []string {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil || len(os.Args) < 2 {
		return nil
	}
	list := []string{hostEnv + "=" + os.Args[1] + "/" + here}
	if tracefs := os.Getenv(kernel.TracefsEnv); tracefs != "" && c == nil {
		list = append(list, kernel.TracefsEnv+"="+tracefs) // who enters from another terminal does not have it
	}
	if c != nil && len(c.Orders) > 0 {
		list = append(list, "XDG_RUNTIME_DIR="+confine.Runtime, "GROUPCAST_LAB_NAME="+confine.Lab)
	}
	return list
}

// runHost is what a host's process does: it starts commands until the lab hangs
// up, and then kills every process that still runs in the host.
func runHost() {
	control, err := unixConn(os.NewFile(3, "control"))
	if err != nil {
		os.Stderr.WriteString(hostProcess + ": started by hand: " + err.Error() + "\n")
		os.Exit(2)
	}
	var lacks []string
	if len(os.Args) > 1 {
		lacks = surround(os.Args[1])
	}
	var talks sync.WaitGroup
	for {
		files, err := receive(control, &struct{}{})
		if err != nil {
			break
		}
		var conns [2]*net.UnixConn // about a command, and for its orders to the lab
		for i, f := range files {
			if i < len(conns) {
				conns[i], _ = unixConn(f)
			} else {
				f.Close()
			}
		}
		if conns[0] != nil {
			talks.Go(func() { serve(conns[0], conns[1], lacks) })
		}
	}
	if self, err := os.Stat("/proc/self/ns/net"); err == nil {
		killAll(self)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		talks.Wait() // they say how their commands ended
	}()
	select {
	case <-told:
	case <-time.After(stragglers): // of one that was not told yet what to run
	}
	syscall.Exit(0) // os.Exit takes a second under the race detector
}

// messageTimeout is how long the other side may take to send a message that is
// due.
const messageTimeout = 10 * time.Second

// serve runs one command for the other side of conn. The lab's process may take its orders
// by another.
func serve(conn, orders *net.UnixConn, lacks []string) {
	defer conn.Close()
	if orders != nil {
		defer orders.Close()
	}
	// The thread that forks has to live as long as the command does: it is its
	// death that Pdeathsig waits for.
	runtime.LockOSThread()
	_ = conn.SetReadDeadline(time.Now().Add(messageTimeout))
	var r request
	files, err := receive(conn, &r)
	defer closeAll(files)
	if err != nil || len(files) != maxFiles {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	r.Env = append(r.Env, byteSlices(hostEnvironment(r.Confine))...)
	cmd, err := startRequest(r, files, orders)
	if err != nil {
		_ = send(conn, notStarted(err))
		return
	}
	closeAll(files)
	_ = send(conn, started{Pid: cmd.Process.Pid, Lacks: lacks})
	done := make(chan struct{})
	go func() {
		for {
			var s signalling
			if _, err := receive(conn, &s); err != nil {
				break
			}
			_ = cmd.Process.Signal(syscall.Signal(s.Signal))
		}
		if r.TTY {
			// As when a window is closed, so that a shell can tell its jobs.
			_ = cmd.Process.Signal(syscall.SIGHUP)
			select {
			case <-done:
			case <-time.After(stragglers):
			}
		}
		// Not by its number once it was waited for, when the number may be another's.
		if cmd.Process.Signal(syscall.Signal(0)) == nil {
			_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		}
	}()
	exceeded := make(chan string, 1)
	if r.Confine != nil {
		go func() { exceeded <- r.Confine.watch(cmd.Process, done) }()
	}
	_ = cmd.Wait()
	close(done)
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	e := ended{Code: status.ExitStatus()}
	if status.Signaled() {
		e.Signal = int(status.Signal())
	}
	if r.Confine != nil {
		e.Exceeded = <-exceeded
		if confine.IsOfNetwork(e.Exceeded) {
			_ = confine.EndNetwork()
		}
	}
	_ = send(conn, e)
}

func startRequest(r request, files []*os.File, orders *net.UnixConn) (*exec.Cmd, error) {
	if r.Confine != nil {
		return startInHost(r, files, orders)
	}
	cmd := &exec.Cmd{
		Path: string(r.Path), Args: texts(r.Args), Env: texts(r.Env), Dir: string(r.Dir),
		Stdin: files[0], Stdout: files[1], Stderr: files[2],
		SysProcAttr: &syscall.SysProcAttr{Setpgid: !r.TTY, Setsid: r.TTY, Setctty: r.TTY, Pdeathsig: syscall.SIGKILL},
	}
	return cmd, cmd.Start()
}

func texts(list [][]byte) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = string(b)
	}
	return out
}

// killAll kills every process whose network namespace is ns, except this one,
// and returns when there is none left. A command may have left its parent,
// its group and its session, but not its namespace.
func killAll(ns os.FileInfo) {
	self := os.Getpid()
	stat, ok := ns.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	link := fmt.Sprintf("net:[%d]", stat.Ino) // namespaces(7)
	for {
		found := false
		for _, pid := range processes() {
			// Fails for processes that ended, and for those of others.
			if is, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid)); err == nil && is == link && pid != self {
				found = true
				_ = unix.Kill(pid, unix.SIGKILL)
			}
		}
		if !found {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// processes lists every process that /proc shows. Hosts end often, on machines with
// many processes, so it looks into none of them.
func processes() (pids []int) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
