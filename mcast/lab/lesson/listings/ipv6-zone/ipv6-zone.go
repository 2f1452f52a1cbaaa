// Each link has its own ff02::114. The zone after % says which link is meant:
// it is the interface to join on, and to send through.
//
//	go run ipv6-zone.go receive GROUP%ZONE
//	go run ipv6-zone.go send GROUP%ZONE TEXT
package main

import (
	"fmt"
	"log"
	"net"
	"os"

	"golang.org/x/net/ipv6"
)

// at reads a group and its zone.
func at(group string) (*net.UDPAddr, *net.Interface) {
	// [
	addr, err := net.ResolveUDPAddr("udp6", net.JoinHostPort(group, "1234"))
	// ]
	if err != nil {
		log.Fatal(err)
	}
	// [
	ifi, err := net.InterfaceByName(addr.Zone)
	// ]
	if err != nil {
		log.Fatalf("zone of %s: %v", group, err)
	}
	return addr, ifi
}

func receive(group string) {
	of, ifi := at(group)
	c, err := net.ListenPacket("udp6", ":1234")
	if err != nil {
		log.Fatal(err)
	}
	// [
	if err := ipv6.NewPacketConn(c).JoinGroup(ifi, of); err != nil {
		log.Fatalf("join %s: %v", group, err)
	}
	// ]
	fmt.Println("ready")
	text := make([]byte, 2000)
	for {
		n, _, err := c.ReadFrom(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("heard %s\n", text[:n])
	}
}

func send(group, text string) {
	to, ifi := at(group)
	c, err := net.ListenPacket("udp6", ":0")
	if err != nil {
		log.Fatal(err)
	}
	// [
	if err := ipv6.NewPacketConn(c).SetMulticastInterface(ifi); err != nil {
		log.Fatal(err)
	}
	// ]
	if _, err := c.WriteTo([]byte(text), to); err != nil {
		log.Fatal(err)
	}
	fmt.Println("sent", text)
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "receive":
		receive(args[1])
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive GROUP%ZONE, or send GROUP%ZONE TEXT")
	}
}
