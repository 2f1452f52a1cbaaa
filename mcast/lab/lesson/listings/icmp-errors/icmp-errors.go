//go:build linux

// With IP_RECVERR the kernel keeps the ICMP errors that come back about
// datagrams, in a queue of the socket. It works without a connect, and says
// which host or router reports the error. IP_RECVERR is a Linux option. x/net
// has no call for it, so these are system calls.
//
//	go run icmp-errors.go ask ADDRESS PORT MILLISECONDS
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func ask(address, portText, milliseconds string) {
	port, err := strconv.Atoi(portText)
	if err != nil {
		log.Fatal(err)
	}
	ms, err := strconv.Atoi(milliseconds)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		log.Fatal(err)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		log.Fatal(err)
	}
	// [
	raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	})
	// ]
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.WriteTo([]byte("?"), &net.UDPAddr{IP: net.ParseIP(address), Port: port}); err != nil {
		log.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(time.Duration(ms) * time.Millisecond))
	text, about := make([]byte, 2000), make([]byte, 500)
	n := 0
	waited := raw.Read(func(fd uintptr) (done bool) {
		// [
		_, n, _, _, err = unix.Recvmsg(int(fd), text, about, unix.MSG_ERRQUEUE)
		// ]
		return !errors.Is(err, unix.EAGAIN)
	})
	if errors.Is(waited, os.ErrDeadlineExceeded) {
		fmt.Println("silence")
		os.Exit(1)
	}
	if err := errors.Join(waited, err); err != nil {
		log.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(about[:n])
	if err != nil {
		log.Fatal(err)
	}
	// [
	e := messages[0].Data // a struct sock_extended_err, and after its 16 bytes a struct sockaddr_in
	reporter, _ := netip.AddrFromSlice(e[20:24])
	fmt.Printf("ICMP type %d, code %d, from %s\n", e[5], e[6], reporter)
	// ]
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 4 && args[0] == "ask":
		ask(args[1], args[2], args[3])
	default:
		log.Fatal("usage: ask ADDRESS PORT MILLISECONDS")
	}
}
