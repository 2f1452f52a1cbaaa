// net.Dial is the same call for UDP and for TCP. With UDP it stores the peer's
// address in the socket and sends nothing. With TCP it sends a SYN and waits
// for the other host.
//
//	go run tcp-and-udp.go server
//	go run tcp-and-udp.go connect udp|tcp ADDRESS
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
)

func server() {
	l, err := net.Listen("tcp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("accepted", c.RemoteAddr().(*net.TCPAddr).IP)
		c.Close()
	}
}

func connect(kind, address string) {
	// [
	c, err := net.Dial(kind+"4", net.JoinHostPort(address, "1234")) // udp4 or tcp4: the only difference
	if errors.Is(err, syscall.ECONNREFUSED) {
		fmt.Printf("%s: refused\n", kind)
		os.Exit(1)
	}
	// ]
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	// [
	from, _, err := net.SplitHostPort(c.LocalAddr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: connected, from %s\n", kind, from)
	// ]
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "server":
		server()
	case len(args) == 3 && args[0] == "connect":
		connect(args[1], args[2])
	default:
		log.Fatal("usage: server, or connect udp|tcp ADDRESS")
	}
}
