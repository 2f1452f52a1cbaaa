// One question to a group, and a reply of each member, to the asker alone.
// Nobody knows how many there will be: the asker reads until its deadline.
//
//	go run ask-a-group.go answer GROUP INTERFACE
//	go run ask-a-group.go ask GROUP INTERFACE MILLISECONDS
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/ipv4"
)

func answer(group, name string) {
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
		if _, err := c.WriteTo(text[:n], from); err != nil {
			log.Print(err)
		}
	}
}

func ask(group, name, milliseconds string) {
	wait, err := strconv.Atoi(milliseconds)
	if err != nil {
		log.Fatal(err)
	}
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
	to := &net.UDPAddr{IP: net.ParseIP(group), Port: 1234}
	// [
	if _, err := c.WriteTo([]byte("?"), to); err != nil {
		log.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(time.Duration(wait) * time.Millisecond))
	// ]
	replies := 0
	for text := make([]byte, 2000); ; replies++ {
		// [
		_, from, err := c.ReadFrom(text)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		// ]
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("reply from", from.(*net.UDPAddr).IP)
	}
	fmt.Println("replies:", replies)
	if replies == 0 {
		os.Exit(1)
	}
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "answer":
		answer(args[1], args[2])
	case len(args) == 4 && args[0] == "ask":
		ask(args[1], args[2], args[3])
	default:
		log.Fatal("usage: answer GROUP INTERFACE, or ask GROUP INTERFACE MILLISECONDS")
	}
}
