package lab

import (
	"errors"
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
	unwatch func() bool // stops watching the context
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
