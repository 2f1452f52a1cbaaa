// A UDP echo client: it sends its standard input as one datagram, and waits for
// the reply. UDP does not report a lost datagram, so the wait has a deadline.
//
// On host A of a lab (groupcast lab enter A), while the server runs on B:
//
//	echo -n 'HELLO!!' | go run ./docs/examples/go-echo-client 192.168.8.226:7000
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"time"
)

const (
	maxBufferSize = 1024
	timeout       = 2 * time.Second
)

// ask sends a datagram and prints the reply, unless the context ends first.
func ask(ctx context.Context, address string, question io.Reader) error {
	// Connecting a UDP socket sends nothing. It only stores the peer's address.
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "udp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Closing the socket ends a read that waits.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	// Each Write is one datagram, so read everything first, and write it once.
	text, err := io.ReadAll(question)
	if err != nil {
		return err
	}
	n, err := conn.Write(text)
	if err != nil {
		return err
	}
	fmt.Printf("packet-written: bytes=%d to=%s\n", n, conn.RemoteAddr())

	if err := conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	buffer := make([]byte, maxBufferSize)
	n, err = conn.Read(buffer)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	fmt.Printf("packet-received: bytes=%d from=%s %q\n", n, conn.RemoteAddr(), buffer[:n])
	return nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go-echo-client ADDRESS:PORT")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := ask(ctx, os.Args[1], os.Stdin); err != nil {
		log.Fatal(err)
	}
}
