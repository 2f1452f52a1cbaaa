// The sender's socket decides whether the members on its own host get a
// loopback copy. On is the default. net.ListenMulticastUDP switches it off for
// what is sent by its socket.
//
//	go run loopback.go receive GROUP INTERFACE
//	go run loopback.go send GROUP INTERFACE on|off TEXT
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"golang.org/x/net/ipv4"
)

func receive(group, name string) {
	c, err := net.ListenPacket("udp4", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		log.Fatal(err)
	}
	p := ipv4.NewPacketConn(c)
	if err := p.JoinGroup(ifi, &net.UDPAddr{IP: net.ParseIP(group)}); err != nil {
		log.Fatalf("join %s on %s: %v", group, name, err)
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

func send(group, name, on, text string) {
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		log.Fatal(err)
	}
	p := ipv4.NewPacketConn(c)
	if err := p.SetMulticastInterface(ifi); err != nil {
		log.Fatalf("send through %s: %v", name, err)
	}
	// [
	if err := p.SetMulticastLoopback(on == "on"); err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(group), Port: 1234}
	if _, err := c.WriteTo([]byte(text), to); err != nil {
		log.Fatal(err)
	}
	// ]
	fmt.Println("sent", text)
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "receive":
		receive(args[1], args[2])
	case len(args) == 5 && args[0] == "send":
		send(args[1], args[2], args[3], args[4])
	default:
		log.Fatal("usage: receive GROUP INTERFACE, or send GROUP INTERFACE on|off TEXT")
	}
}
