// A UDP socket is connected. That sends nothing: the kernel looks up the
// route, and with it the address that datagrams will come from.
//
//	go run connect.go receive
//	go run connect.go connect ADDRESS
//	go run connect.go send ADDRESS TEXT
package main

import (
	"fmt"
	"log"
	"net"
	"os"
)

func receive() {
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
		fmt.Printf("heard %s from %s\n", text[:n], from.(*net.UDPAddr).IP)
	}
}

func connect(address string) net.Conn {
	// [
	c, err := net.Dial("udp4", net.JoinHostPort(address, "1234"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("connected, from", c.LocalAddr().(*net.UDPAddr).IP)
	// ]
	return c
}

func send(address, text string) {
	// [
	if _, err := connect(address).Write([]byte(text)); err != nil {
		log.Fatal(err)
	}
	// ]
	fmt.Println("sent", text)
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "receive":
		receive()
	case len(args) == 2 && args[0] == "connect":
		connect(args[1]).Close()
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive, or connect ADDRESS, or send ADDRESS TEXT")
	}
}
