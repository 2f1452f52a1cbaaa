//go:build linux

// One read returns one datagram. What does not fit into the buffer is lost:
// ReadMsgUDP returns the flag MSG_TRUNC then. ReadFrom returns no error on
// Linux, only fewer bytes.
//
//	go run truncation.go receive BYTES
//	go run truncation.go send ADDRESS TEXT
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"
)

func receive(bytes string) {
	size, err := strconv.Atoi(bytes)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 1234})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	for {
		// [
		text := make([]byte, size)
		n, _, flags, _, err := c.ReadMsgUDP(text, nil)
		if err != nil {
			log.Fatal(err)
		}
		rest := "and no more"
		if flags&syscall.MSG_TRUNC != 0 {
			rest = "the rest is lost"
		}
		// ]
		fmt.Printf("%d bytes of %s, %s\n", n, text[:n], rest)
	}
}

func send(address, text string) {
	c, err := net.Dial("udp4", net.JoinHostPort(address, "1234"))
	if err != nil {
		log.Fatal(err)
	}
	n, err := c.Write([]byte(text))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sent", n, "bytes")
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "receive":
		receive(args[1])
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive BYTES, or send ADDRESS TEXT")
	}
}
