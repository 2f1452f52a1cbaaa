package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is the near side of the conversation about a command that started.
type process struct {
	conn    *net.UnixConn
	pid     int
	lacks   []string
	unwatch func() bool // stops watching the context
}

// converse begins a conversation on conn, whose other end the host has, with
// the command to be run.
func converse(ctx context.Context, host string, conn *net.UnixConn, r request, files [3]*os.File) (*process, error) {
	p := &process{conn: conn}
	p.unwatch = context.AfterFunc(ctx, func() { _ = conn.CloseWrite() })
	var s started
	err := send(conn, r, files[:]...)
	if err == nil {
		_, err = receive(conn, &s)
	}
	if err != nil {
		err = notAnswering(host, err)
	} else {
		err = s.err()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	p.pid, p.lacks = s.Pid, s.Lacks
	return p, nil
}

func notAnswering(host string, err error) error {
	return fmt.Errorf("host %s does not answer: %w", host, err)
}

// wait returns how the command ended.
func (p *process) wait() (ended, error) {
	defer p.close()
	var e ended
	_, err := receive(p.conn, &e)
	if errors.Is(err, io.EOF) {
		err = errors.New("its host ended first")
	}
	return e, err
}

func (p *process) signal(sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("not a signal of this system")
	}
	err := send(p.conn, signalling{Signal: int(s)})
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, net.ErrClosed) {
		return os.ErrProcessDone
	}
	return err
}

func (p *process) close() {
	p.unwatch()
	p.conn.Close()
}
