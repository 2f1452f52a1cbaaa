// A program joins a group for one source. What others send to the group is not
// for it.
//
//	go run source-specific.go receive SOURCE GROUP INTERFACE
//	go run source-specific.go send GROUP TEXT
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"golang.org/x/net/ipv4"
)

func receive(source, group, name string) {
	c, err := net.ListenPacket("udp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	// [
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		log.Fatal(err)
	}
	p := ipv4.NewPacketConn(c)
	of, only := &net.UDPAddr{IP: net.ParseIP(group)}, &net.UDPAddr{IP: net.ParseIP(source)}
	if err := p.JoinSourceSpecificGroup(ifi, of, only); err != nil {
		log.Fatalf("join %s of %s on %s: %v", group, source, name, err)
	}
	// ]
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

func send(group, text string) {
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(group), Port: 1234}
	if _, err := c.WriteTo([]byte(text), to); err != nil {
		log.Fatal(err)
	}
	fmt.Println("sent", text)
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 4 && args[0] == "receive":
		receive(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive SOURCE GROUP INTERFACE, or send GROUP TEXT")
	}
}
