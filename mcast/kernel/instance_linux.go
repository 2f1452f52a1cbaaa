package kernel

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// instance is a buffer of tracefs of our own, with its own switches: no other
// tracing on this machine sees it or is seen by it.
type instance struct {
	tree
	name   string
	root   *os.File
	hold   io.Closer // closed, it tells the remover to go to work
	remove *exec.Cmd
}

const instancePrefix = "groupcast-"

// made numbers the instances of this process.
var made atomic.Uint32

// newInstance makes an instance with nothing switched on, after it has removed
// those that dead processes left. A child process removes it when this one has
// ended, however it ended.
func newInstance(root *os.File) (*instance, error) {
	net, err1 := namespace("net")
	pids, err2 := namespace("pid")
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	all := tree{root}
	sweep(all, pids)
	i := &instance{root: root, name: fmt.Sprintf("%s%s-%s-%d-%d", instancePrefix, net, pids, os.Getpid(), made.Add(1))}
	if err := i.startRemover(); err != nil {
		return nil, err
	}
	if err := unix.Mkdirat(int(root.Fd()), "instances/"+i.name, 0o750); err != nil {
		i.stopRemover()
		return nil, tracefsError("mkdir instances", err)
	}
	var err error
	if i.dir, err = all.open("instances/"+i.name, unix.O_RDONLY|unix.O_DIRECTORY); err != nil {
		return nil, errors.Join(err, i.close())
	}
	for _, set := range [][2]string{
		{"tracing_on", "0"}, {"buffer_size_kb", strconv.Itoa(bufferKiB)}, {"trace_clock", "mono"},
		{"options/stacktrace", "1"}, {"options/sym-offset", "0"},
	} {
		if err := i.write(set[0], set[1]); err != nil {
			return nil, errors.Join(err, i.close())
		}
	}
	return i, nil
}

// close removes the instance.
func (i *instance) close() error {
	if i.dir != nil {
		i.dir.Close()
	}
	err := removeInstance(tree{i.root}, i.name)
	i.stopRemover()
	return err
}

// removeInstance removes an instance with everything that is switched on in it.
// The kernel refuses while a file of it is open.
func removeInstance(root tree, name string) error {
	path := "instances/" + name
	var err error
	for range 100 {
		err = unix.Unlinkat(int(root.dir.Fd()), path, unix.AT_REMOVEDIR)
		if !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return tracefsError("rmdir "+path, err)
}

// sweep removes the instances of dead processes of this PID namespace: only there
// is the number of a process known to be that process's.
func sweep(root tree, pids string) {
	for _, name := range root.names("instances") {
		if pid, ok := ownerOf(name, pids); ok && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = removeInstance(root, name)
		}
	}
}

// ownerOf is the process that made an instance, if it is of that PID namespace.
func ownerOf(name, pids string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(name, instancePrefix)
	parts := strings.Split(rest, "-")
	if !ok || len(parts) != 4 || parts[1] != pids {
		return 0, false
	}
	pid, err := strconv.Atoi(parts[2])
	return pid, err == nil && pid > 0
}

// removerProcess is os.Args[0] of the child that removes an instance.
const removerProcess = "groupcast-kernel-remover"

func init() {
	if os.Args[0] == removerProcess {
		runRemover() // does not return
	}
}

// startRemover starts the child. It has a session of its own, so that no signal
// of the terminal ends it first.
func (i *instance) startRemover() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{removerProcess, i.name}
	cmd.Stdin = read
	cmd.ExtraFiles = []*os.File{i.root}
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		write.Close()
		return fmt.Errorf("kernel: start the process that removes the trace: %w", err)
	}
	i.hold, i.remove = write, cmd
	return nil
}

func (i *instance) stopRemover() {
	i.hold.Close()
	_ = i.remove.Wait()
}

// runRemover waits until its parent has closed the pipe, or has died, and removes
// the instance if it is still there.
func runRemover() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	root := os.NewFile(3, "tracefs")
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], instancePrefix) && !strings.Contains(os.Args[1], "/") && root != nil {
		_ = removeInstance(tree{root}, os.Args[1])
	}
	syscall.Exit(0)
}

// overrun is how many events were lost because the buffer was full.
func (i *instance) overrun() (n int) {
	for _, cpu := range i.names("per_cpu") {
		stats, err := i.read("per_cpu/" + cpu + "/stats")
		if err != nil {
			continue
		}
		for line := range strings.Lines(stats) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if v, err := strconv.Atoi(value); err == nil && (name == "overrun" || name == "dropped events") {
				n += v
			}
		}
	}
	return n
}

// enable switches events on and returns those that this kernel does not have.
func (i *instance) enable(events ...string) (missing []string, err error) {
	for _, name := range events {
		err := i.write("events/"+name+"/enable", "1")
		switch {
		case errors.Is(err, unix.ENOENT):
			missing = append(missing, name)
		case err != nil:
			return missing, err
		}
	}
	if len(missing) == len(events) {
		return missing, fmt.Errorf("kernel: %w: it has none of the events of the network", ErrNoTracefs)
	}
	return missing, nil
}
