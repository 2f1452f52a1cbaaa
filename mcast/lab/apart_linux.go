package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab/internal/hosts"
)

// labProcess is os.Args[0] of the process that holds a lab which was built apart.
const labProcess = "groupcast-lab"

// Apart is a lab in a process of its own. It has no name, so that only who built it
// reaches it.
type Apart struct {
	*Remote
	control *net.UnixConn
	process *os.Process
	gone    chan struct{} // closed when it has ended
}

// apartRequest is what the process is asked to build.
type apartRequest struct {
	Topology Topology
	Packets  int
}

// UpApart builds the topology as Up does, but in a process of its own: the caller need not
// have called Enter, and stays in the computer's network. Each port of a switch takes that
// many frames a second from its host, as [UpPoliced] says. When the context ends before the
// lab is up, nothing of it is left.
//
// The lab ends with Close, and with the caller's process, even by SIGKILL. The error is a
// *ForbiddenError where the system does not allow namespaces.
func UpApart(ctx context.Context, t Topology, packets int) (*Apart, error) {
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return StartApart(ctx, labProcess, apartRequest{t, packets})
}

// StartApart is UpApart for a process of another kind, which calls [ServeApart] when its
// os.Args[0] is that name: this program again. request is what it is asked to build, as
// JSON of at most 100 KiB. The error is that of what it does.
func StartApart(ctx context.Context, process string, request any) (*Apart, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	defer far.Close()
	a := &Apart{control: near, gone: make(chan struct{})}
	if err := a.start(process, far); err != nil {
		near.Close()
		return nil, forbidden(err, readSetting)
	}
	far.Close()
	stop := context.AfterFunc(ctx, func() { _ = near.SetReadDeadline(time.Unix(1, 0)) })
	var built answer
	err = send(near, request)
	if err == nil {
		_, err = receive(near, &built)
	}
	switch {
	case !stop():
		err = fmt.Errorf("lab: %w", ctx.Err())
	case err != nil:
		err = fmt.Errorf("lab: its process does not answer: %w", err)
	case built.Forbidden != nil:
		err = &ForbiddenError{Reason: built.Forbidden.Reason, Hint: built.Forbidden.Hint, Err: unix.EPERM}
	case built.Error != "":
		err = errors.New(built.Error) // which begins with "lab: "
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	_ = near.SetReadDeadline(time.Time{})
	a.Remote = &Remote{dial: a.dial, topology: built.Topology, kind: built.Kind}
	return a, nil
}

// start starts the process from a thread that lives as long as it does, because that
// thread's death is what Pdeathsig waits for (prctl(2)).
func (a *Apart) start(process string, control *os.File) error {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(a.gone)
		var cmd *exec.Cmd
		var err error
		for _, who := range identities() {
			cmd = exec.Command(hosts.Program)
			cmd.Args = []string{process}
			cmd.Env = append(os.Environ(), enteredEnv+"="+here)
			cmd.Stderr = os.Stderr
			cmd.ExtraFiles = []*os.File{control}
			cmd.SysProcAttr = who.namespaces()
			cmd.SysProcAttr.Setsid = true // the terminal's signals are the caller's
			if err = cmd.Start(); err == nil {
				break
			}
		}
		a.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return <-started
}

// dial begins a conversation with the lab's process.
func (a *Apart) dial() (*net.UnixConn, error) {
	near, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer far.Close()
	if err := send(a.control, struct{}{}, far); err != nil {
		near.Close()
		return nil, ErrNotRunning
	}
	return near, nil
}

// Ended is closed when the lab's process has ended, by Close or otherwise.
func (a *Apart) Ended() <-chan struct{} { return a.gone }

// Close ends every process in the lab, and waits for their end. The error is always nil.
func (a *Apart) Close() error {
	_ = a.control.CloseWrite()
	select {
	case <-a.gone:
	case <-time.After(answerTimeout): // it hangs; its hosts see its end
		_ = a.process.Kill()
		<-a.gone
	}
	return a.control.Close()
}

// ServeApart is what a process does that [StartApart] has started: it builds what the
// caller asks for, and serves it until the caller hangs up. build is called in namespaces of
// its own, as after Enter; its context ends when the caller does not wait any more.
// ServeApart does not return. It is called by an init function, before anything else of
// the program runs.
func ServeApart(build func(ctx context.Context, request json.RawMessage) (Service, error)) {
	control, err := unixConn(os.NewFile(3, "control"))
	if err != nil {
		os.Stderr.WriteString(os.Args[0] + ": started by hand: " + err.Error() + "\n")
		os.Exit(2)
	}
	var request json.RawMessage
	if _, err := receive(control, &request); err != nil {
		syscall.Exit(1)
	}
	ctx, stop := context.WithCancel(context.Background())
	calls := make(chan *os.File)
	go func() {
		defer stop() // the caller need not wait until it is built
		defer close(calls)
		takeCalls(control, calls)
	}()
	var service Service
	if err = loopbackUp(); err == nil {
		service, err = build(ctx, request)
	}
	if err != nil {
		a := answer{Error: err.Error()}
		if f, ok := errors.AsType[*ForbiddenError](err); ok {
			a.Forbidden = &refusal{f.Reason, f.Hint}
		}
		_ = send(control, a)
		syscall.Exit(1)
	}
	l, done := service.Lab()
	_ = send(control, answer{Topology: l.Topology(), Kind: service.Kind})
	done()
	s := &server{service: service, free: func() {}, ctx: ctx, stop: stop}
	s.answer(calls)
	s.down()
	syscall.Exit(0)
}

// takeCalls takes the ends of conversations until the caller hangs up, or says anything
// else.
func takeCalls(control *net.UnixConn, calls chan<- *os.File) {
	for {
		files, err := receive(control, &struct{}{})
		if err != nil {
			closeAll(files)
			return
		}
		for _, f := range files {
			calls <- f
		}
	}
}

// answer serves calls until there are no more.
func (s *server) answer(calls <-chan *os.File) {
	slots := make(chan struct{}, maxClients)
	for f := range calls {
		conn, err := unixConn(f)
		if err != nil {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-s.ctx.Done():
			conn.Close()
			continue
		}
		go func() {
			s.attend(conn)
			conn.Close()
			<-slots
		}()
	}
}

// buildApart is what the process of UpApart serves.
func buildApart(ctx context.Context, request json.RawMessage) (Service, error) {
	var r apartRequest
	if err := json.Unmarshal(request, &r); err != nil {
		return Service{}, fmt.Errorf("lab: %w", err)
	}
	l, err := UpPoliced(ctx, r.Topology, r.Packets, nil)
	if err != nil {
		return Service{}, err
	}
	return Service{Lab: func() (*Lab, func()) { return l, func() {} }, Down: func() { l.Close() }}, nil
}
