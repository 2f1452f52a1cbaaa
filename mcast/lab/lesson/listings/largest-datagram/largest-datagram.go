// The IP header takes 20 bytes of a packet and the UDP header 8. Of an
// Ethernet's 1500 bytes 1472 are left for the payload; a larger datagram is
// cut into fragments. No datagram of IPv4 has more than 65507 bytes.
//
//	go run largest-datagram.go receive GROUP INTERFACE
//	go run largest-datagram.go send GROUP BYTES
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"

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
	text := make([]byte, 65507)
	for {
		n, from, err := c.ReadFrom(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("heard %d bytes from %s\n", n, from.(*net.UDPAddr).IP)
	}
}

func send(group, number string) {
	bytes, err := strconv.Atoi(number)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(group), Port: 1234}
	// [
	_, err = c.WriteTo(make([]byte, bytes), to)
	if errors.Is(err, syscall.EMSGSIZE) {
		fmt.Println(bytes, "bytes are too many")
		os.Exit(1)
	}
	if err != nil {
		log.Fatal(err)
	}
	// 1480 bytes of each packet are for UDP: its header once, then the payload
	fmt.Println("sent", bytes, "bytes, packets:", (8+bytes+1479)/1480)
	// ]
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "receive":
		receive(args[1], args[2])
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive GROUP INTERFACE, or send GROUP BYTES")
	}
}
