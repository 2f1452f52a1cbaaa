// The server sends each datagram back to where it came from. It accepts nobody
// and keeps no list of clients. The client gives each question a number and a
// deadline: a late reply is not taken for the reply to the next question.
//
//	go run echo.go server
//	go run echo.go client ADDRESS MILLISECONDS COUNT
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
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
		// [
		n, from, err := c.ReadFrom(text)
		// ]
		if err != nil {
			log.Fatal(err)
		}
		// [
		if _, err := c.WriteTo(text[:n], from); err != nil {
			log.Print(err)
		}
		// ]
	}
}

// reply waits for the reply to a question, and reports whether it came in time.
func reply(c net.Conn, question int, wait time.Duration) bool {
	// [
	c.SetReadDeadline(time.Now().Add(wait))
	// ]
	text := make([]byte, 2000)
	for {
		// [
		n, err := c.Read(text)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		// ]
		if err != nil {
			log.Fatal(err)
		}
		var number int
		fmt.Sscan(string(text[:n]), &number)
		// [
		if number == question {
			return true
		}
		// ]
		fmt.Println("reply to", number, "came late")
	}
}

func client(address, milliseconds, number string) {
	ms, err := strconv.Atoi(milliseconds)
	if err != nil {
		log.Fatal(err)
	}
	count, err := strconv.Atoi(number)
	if err != nil {
		log.Fatal(err)
	}
	c, err := net.Dial("udp4", net.JoinHostPort(address, "1234"))
	if err != nil {
		log.Fatal(err)
	}
	replies := 0
	for question := 1; question <= count; question++ {
		if _, err := fmt.Fprintf(c, "%d HELLO!!", question); err != nil {
			log.Fatal(err)
		}
		if reply(c, question, time.Duration(ms)*time.Millisecond) {
			fmt.Println("reply to", question)
			replies++
		} else {
			fmt.Println("no reply to", question, "in time")
		}
	}
	if replies == 0 {
		os.Exit(1)
	}
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "server":
		server()
	case len(args) == 4 && args[0] == "client":
		client(args[1], args[2], args[3])
	default:
		log.Fatal("usage: server, or client ADDRESS MILLISECONDS COUNT")
	}
}
