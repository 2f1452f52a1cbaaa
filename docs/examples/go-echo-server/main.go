// A UDP echo server: it sends each datagram back to the address that it came
// from. There is no connection, so one socket serves every client.
//
// On host B of a lab (groupcast lab enter B):
//
//	go run ./docs/examples/go-echo-server 0.0.0.0:7000
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"time"
)

// A longer datagram is cut: the rest of it is lost.
const maxBufferSize = 1024

const timeout = 5 * time.Second

// serve echoes datagrams until the context ends.
func serve(ctx context.Context, address string) error {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A read that waits knows nothing of contexts. Closing the socket ends it.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	fmt.Println("listening on", conn.LocalAddr())

	buffer := make([]byte, maxBufferSize)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Printf("packet-received: bytes=%d from=%s\n", n, from)

		// A write waits while the send buffer is full, but not for ever.
		if err := conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
		if n, err = conn.WriteTo(buffer[:n], from); err != nil {
			log.Print(err) // one client's trouble is no reason to leave the others
			continue
		}
		fmt.Printf("packet-written: bytes=%d to=%s\n", n, from)
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go-echo-server ADDRESS:PORT")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
