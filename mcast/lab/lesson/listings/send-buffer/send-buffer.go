//go:build linux

// A datagram counts against the send buffer until the interface has sent it.
// Where the buffer is full, Write waits until there is room, but not longer
// than the write deadline.
//
//	go run send-buffer.go receive
//	go run send-buffer.go send ADDRESS BYTES COUNT
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

func receive() {
	c, err := net.ListenPacket("udp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	text := make([]byte, 65536)
	for {
		n, from, err := c.ReadFrom(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("heard %d bytes from %s\n", n, from.(*net.UDPAddr).IP)
	}
}

func send(address, size, number string) {
	bytes, err := strconv.Atoi(size)
	if err != nil {
		log.Fatal(err)
	}
	count, err := strconv.Atoi(number)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(address), Port: 1234}
	// [
	if err := c.(*net.UDPConn).SetWriteBuffer(8192); err != nil {
		log.Fatal(err)
	}
	fmt.Println("send buffer of", granted(c.(*net.UDPConn)), "bytes")
	for range count {
		c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := c.WriteTo(make([]byte, bytes), to)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			fmt.Println("the send buffer is full")
			os.Exit(1)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	// ]
	fmt.Println("all", count, "were sent")
}

// granted is twice what the program has asked for.
func granted(c *net.UDPConn) (bytes int) {
	raw, err := c.SyscallConn()
	if err != nil {
		log.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		bytes, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	})
	if err != nil {
		log.Fatal(err)
	}
	return bytes
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "receive":
		receive()
	case len(args) == 4 && args[0] == "send":
		send(args[1], args[2], args[3])
	default:
		log.Fatal("usage: receive, or send ADDRESS BYTES COUNT")
	}
}
