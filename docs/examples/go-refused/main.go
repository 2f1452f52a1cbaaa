// A UDP client whose server is not there. The first send succeeds: the kernel
// took the datagram, no more. Then ICMP "port unreachable" comes back, and the
// next call on the socket reports it, once. A client that only writes learns it
// at its next write, which sends nothing.
//
// On host A of a lab (groupcast lab enter A), with a line for each datagram:
//
//	go run ./docs/examples/go-refused 192.168.8.226:7000
//
// The server of this pair is go-echo-server. Start and end it on B meanwhile:
// the client needs no new socket.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go-refused ADDRESS:PORT")
	}
	conn, err := net.Dial("udp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println("connected, and nothing was sent")

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		_, err := conn.Write(lines.Bytes())
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			fmt.Printf("%s: refused: this is about an earlier datagram; this one was not sent\n", lines.Text())
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Printf("%s: the kernel took it\n", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
