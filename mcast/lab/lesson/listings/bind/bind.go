//go:build unix

// A socket receives datagrams to the address that it is bound to. 0.0.0.0
// stands for every address. Several programs can have one port if each of them
// sets SO_REUSEADDR; "alone" does not set it. For the address of a group
// net.ListenPacket binds to 0.0.0.0, so this program makes the socket by
// system calls.
//
//	go run bind.go receive ADDRESS GROUP INTERFACE
//	go run bind.go alone
//	go run bind.go send ADDRESS TEXT
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/net/ipv4"
)

func receive(address, group, name string) {
	c := bound(address)
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

func bound(address string) net.PacketConn {
	// [
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	// ]
	if err != nil {
		log.Fatal(err)
	}
	// [
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		log.Fatal(err)
	}
	me := &syscall.SockaddrInet4{Port: 1234, Addr: netip.MustParseAddr(address).As4()}
	if err := syscall.Bind(fd, me); err != nil {
		log.Fatalf("bind to %s: %v", address, err)
	}
	c, err := net.FilePacketConn(os.NewFile(uintptr(fd), "udp"))
	// ]
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func alone() {
	c, err := net.ListenPacket("udp4", ":1234")
	if errors.Is(err, syscall.EADDRINUSE) {
		fmt.Println("the port is in use")
		os.Exit(1)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the port is mine")
	c.Close()
}

func send(address, text string) {
	c, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		log.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(address), Port: 1234}
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
	case len(args) == 1 && args[0] == "alone":
		alone()
	case len(args) == 3 && args[0] == "send":
		send(args[1], args[2])
	default:
		log.Fatal("usage: receive ADDRESS GROUP INTERFACE, or alone, or send ADDRESS TEXT")
	}
}
