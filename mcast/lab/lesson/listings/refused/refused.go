// Nobody listens on the port. The first send of a connected socket succeeds
// all the same. The other host answers with an ICMP message, and the next call
// on the socket fails with ECONNREFUSED: here the one that waits for a reply.
//
//	go run refused.go server
//	go run refused.go client ADDRESS TEXT
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
	"time"
)

func server() {
	c, err := net.ListenPacket("udp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	text := make([]byte, 2000)
	for {
		n, from, err := c.ReadFrom(text)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := c.WriteTo(text[:n], from); err != nil {
			log.Print(err)
		}
	}
}

func client(address, text string) {
	// [
	c, err := net.Dial("udp4", net.JoinHostPort(address, "1234"))
	// ]
	if err != nil {
		log.Fatal(err)
	}
	// [
	if _, err := c.Write([]byte(text)); err != nil {
		log.Fatal(err)
	}
	// ]
	fmt.Println("sent", text)
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	reply := make([]byte, 2000)
	// [
	n, err := c.Read(reply)
	if errors.Is(err, syscall.ECONNREFUSED) {
		fmt.Println("refused: no program has this port")
		os.Exit(1)
	}
	// ]
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("reply %s\n", reply[:n])
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "server":
		server()
	case len(args) == 3 && args[0] == "client":
		client(args[1], args[2])
	default:
		log.Fatal("usage: server, or client ADDRESS TEXT")
	}
}
