//go:build linux

// Datagrams wait in the socket's receive buffer until the program reads them.
// What finds it full is dropped, and the kernel counts that. The program asks
// for a buffer of so many bytes, and is busy until a line comes on standard
// input. x/sys has no call for the count of a socket: the last column of
// /proc/net/udp has it.
//
//	go run receive-buffer.go receive GROUP INTERFACE BYTES
//	go run receive-buffer.go send GROUP COUNT
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

func receive(group, name, size string) {
	bytes, err := strconv.Atoi(size)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenPacket("udp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	// [
	if err := c.(*net.UDPConn).SetReadBuffer(bytes); err != nil {
		log.Fatal(err)
	}
	// ]
	fmt.Println("buffer of", granted(c.(*net.UDPConn)), "bytes")
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		log.Fatal(err)
	}
	p := ipv4.NewPacketConn(c)
	if err := p.JoinGroup(ifi, &net.UDPAddr{IP: net.ParseIP(group)}); err != nil {
		log.Fatalf("join %s on %s: %v", group, name, err)
	}
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n') // busy
	text := make([]byte, 2000)
	n := 0
	for err = nil; err == nil; n++ {
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _, err = c.ReadFrom(text)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		log.Fatal(err)
	}
	dropped, were := drops(1234), "none was"
	if dropped > 0 {
		were = "some were"
	}
	fmt.Println("of", n-1+dropped, "datagrams", were, "dropped")
}

// granted is twice what the kernel grants.
func granted(c *net.UDPConn) (bytes int) {
	raw, err := c.SyscallConn()
	if err != nil {
		log.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		bytes, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	})
	if err != nil {
		log.Fatal(err)
	}
	return bytes
}

// drops reads how many datagrams the sockets on that port have dropped.
func drops(port int) (n int) {
	text, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		// [
		columns := strings.Fields(line) // of /proc/net/udp
		if strings.HasSuffix(columns[1], fmt.Sprintf(":%04X", port)) {
			n, _ = strconv.Atoi(columns[len(columns)-1])
		}
		// ]
	}
	return n
}

func send(group, number string) {
	count, err := strconv.Atoi(number)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(group), Port: 1234}
	for range count {
		if _, err := c.WriteTo([]byte("burst"), to); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("sent", count)
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 4 && args[0] == "receive":
		receive(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive GROUP INTERFACE BYTES, or send GROUP COUNT")
	}
}
