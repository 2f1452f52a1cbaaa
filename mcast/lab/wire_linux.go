package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// A host's process is spoken to over Unix sockets that keep messages apart
// (SOCK_SEQPACKET, unix(7)). On the one it is born with, each message hands it
// one end of a new socket: a conversation about one command. In that, the
// other side sends a request with the standard files, is told whether it
// started, may send signals, and hears how it ended. To hang up, in either
// direction, is to kill the command.
type (
	started struct {
		Pid   int      // in the same pid namespace as everybody's
		Error string   // why it did not start; "": it did
		Lacks []string // what the host could not be given

		Missing *refusal `json:",omitempty"` // what was to confine it, and is not there
	}
	signalling struct{ Signal int }
)

const (
	maxMessage = 128 << 10 // bytes; fits the smallest send buffer that kernels start with
	maxFiles   = 3
)

// notStarted says why a command was not.
func notStarted(err error) started {
	s := started{Error: err.Error()}
	if n, ok := errors.AsType[*NotConfinedError](err); ok {
		s.Error, s.Missing = n.Err.Error(), &refusal{n.Reason, n.Hint}
	} else if f, ok := errors.AsType[*ForbiddenError](err); ok {
		s.Error, s.Missing = f.Err.Error(), &refusal{f.Reason, f.Hint}
	}
	return s
}

// err is why the command was not started; nil: it was.
func (s started) err() error {
	switch {
	case s.Error == "":
		return nil
	case s.Missing != nil:
		return &NotConfinedError{Reason: s.Missing.Reason, Hint: s.Missing.Hint, Err: errors.New(s.Error)}
	}
	return errors.New(s.Error)
}

// socketPair returns both ends of a new conversation.
func socketPair() (near *net.UnixConn, far *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	far = os.NewFile(uintptr(fds[1]), "lab")
	near, err = unixConn(os.NewFile(uintptr(fds[0]), "lab"))
	if err != nil {
		far.Close()
	}
	return near, far, err
}

// unixConn makes a connection of a file, which it closes.
func unixConn(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("%s is not a unix socket", f.Name())
	}
	return u, nil
}

// send sends one message, and copies of the files with it.
func send(c *net.UnixConn, message any, files ...*os.File) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if len(b) > maxMessage {
		return fmt.Errorf("arguments and environment make a message of %d bytes: at most %d", len(b), maxMessage)
	}
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	_, _, err = c.WriteMsgUnix(b, rights, nil)
	return err
}

// receive reads one message, and the files that came with it, which are the
// caller's to close. The error is io.EOF when the other side hung up.
func receive(c *net.UnixConn, message any) (files []*os.File, err error) {
	b, rights := make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*maxFiles))
	n, nrights, _, _, err := c.ReadMsgUnix(b, rights)
	if errors.Is(err, unix.ECONNRESET) { // it went without reading everything, which is told before what it had sent
		n, nrights, _, _, err = c.ReadMsgUnix(b, rights)
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	controls, err := unix.ParseSocketControlMessage(rights[:nrights])
	if err != nil {
		return nil, err
	}
	for _, m := range controls {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return files, err
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, json.Unmarshal(b[:n], message)
}
