package peer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sendRaw sends by sendto(2) on a socket whose send buffer was asked for.
func (o options) sendRaw(c *net.UDPConn, data []byte) error {
	rc, err := c.SyscallConn()
	if err != nil {
		return err
	}
	flags := 0
	if o.nowait {
		flags = unix.MSG_DONTWAIT
	}
	to := &unix.SockaddrInet4{Port: int(o.to.Port()), Addr: o.to.Addr().As4()}
	work := func(fd int) error {
		if err := unix.SetNonblock(fd, false); err != nil { // sendto waits where there is no room
			return err
		}
		if o.sndbuf > 0 {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, o.sndbuf); err != nil {
				return err
			}
			got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
			if err != nil {
				return err
			}
			fmt.Printf("send buffer: asked for %d, is %d\n", o.sndbuf, got)
		}
		for i := range o.count {
			if i > 0 {
				time.Sleep(o.every)
			}
			if err := unix.Sendto(fd, data, flags, to); err != nil {
				fmt.Printf("%d: %v\n", i+1, err)
				continue
			}
			fmt.Printf("%d: sent %d bytes to %s\n", i+1, len(data), o.to)
		}
		return nil
	}
	if e := rc.Control(func(fd uintptr) { err = work(int(fd)) }); e != nil {
		return e
	}
	return err
}

func tcpListen(o options) error {
	l, err := net.Listen("tcp4", o.bind.String())
	if err != nil {
		return err
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		fmt.Println("accepted", c.RemoteAddr())
		if o.pause {
			lines.Scan()
		}
		for b := make([]byte, o.read); ; {
			n, err := c.Read(b)
			if n > 0 {
				fmt.Printf("read %d bytes: %.60q\n", n, b[:n])
			}
			if errors.Is(err, io.EOF) {
				fmt.Println("end of the stream")
			}
			if err != nil {
				c.Close()
				break
			}
		}
	}
}

func tcpConnect(o options) error {
	c, err := net.Dial("tcp4", o.to.String())
	if err != nil {
		return err
	}
	fmt.Println("connected to", o.to)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := c.Write(lines.Bytes()); err != nil {
			fmt.Printf("%s: %v\n", lines.Text(), err)
			continue
		}
		fmt.Printf("%s: sent\n", lines.Text())
	}
	return nil
}
