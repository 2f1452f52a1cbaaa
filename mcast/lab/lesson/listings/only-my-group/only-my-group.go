//go:build unix

// A program receives the group that it has joined, and not the groups that
// others have joined on the same port. "plain" is a program without that: it
// receives them as well. x/net has no IP_MULTICAST_ALL, so each datagram is
// asked for its destination.
//
//	go run only-my-group.go receive GROUP INTERFACE
//	go run only-my-group.go plain GROUP INTERFACE
//	go run only-my-group.go send GROUP TEXT
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"

	"golang.org/x/net/ipv4"
)

func receive(group, name string, plain bool) {
	share := func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			if err := syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
				log.Fatal(err)
			}
		})
	}
	listen := net.ListenConfig{Control: share}
	c, err := listen.ListenPacket(context.Background(), "udp4", ":1234")
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
	// [
	if err := p.SetControlMessage(ipv4.FlagDst, true); err != nil {
		log.Fatal(err)
	}
	// ]
	fmt.Println("ready")
	text := make([]byte, 2000)
	for {
		// [
		n, about, from, err := p.ReadFrom(text)
		if err != nil {
			log.Fatal(err)
		}
		if !plain && !about.Dst.Equal(net.ParseIP(group)) {
			continue // another program has joined that group
		}
		// ]
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
	case len(args) == 3 && args[0] == "receive":
		receive(args[1], args[2], false)
	case len(args) == 3 && args[0] == "plain":
		receive(args[1], args[2], true)
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive GROUP INTERFACE, or plain GROUP INTERFACE, or send GROUP TEXT")
	}
}
