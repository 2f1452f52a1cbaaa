package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The programs of two articles, as anybody writes them with package net alone,
// against the commands of groupcast.

// plainCommands are commands of the test binary, in every host of a lab.
var plainCommands = map[string]func(){
	"plain-echo":    func() { plainly(plainEcho(os.Args[1])) },
	"plain-ask":     func() { plainly(plainAsk(os.Args[1], os.Args[2])) },
	"plain-connect": func() { plainly(plainConnect(os.Args[1])) },
}

func plainly(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// plainEcho is an echo server: one goroutine reads and answers, and the end of
// the context, here that of standard input, closes the socket under it.
func plainEcho(address string) error {
	pc, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() { pc.Close() })
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println("ready")
	buffer := make([]byte, 1024)
	for {
		n, from, err := pc.ReadFrom(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Printf("packet-received: bytes=%d from=%s\n", n, from)
		if err := pc.SetWriteDeadline(time.Now().Add(labtest.Patience)); err != nil {
			return err
		}
		if n, err = pc.WriteTo(buffer[:n], from); err != nil {
			return err
		}
		fmt.Printf("packet-written: bytes=%d to=%s\n", n, from)
	}
}

// plainAsk is its client: it dials, writes once, and waits for the answer until
// a deadline.
func plainAsk(address, text string) error {
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return err
	}
	conn, err := net.DialUDP("udp", nil, remote)
	if err != nil {
		return err
	}
	defer conn.Close()
	n, err := conn.Write([]byte(text))
	if err != nil {
		return err
	}
	fmt.Printf("packet-written: bytes=%d\n", n)
	if err := conn.SetReadDeadline(time.Now().Add(labtest.Patience)); err != nil {
		return err
	}
	buffer := make([]byte, 1024)
	n, from, err := conn.ReadFrom(buffer)
	if err != nil {
		return err
	}
	fmt.Printf("packet-received: bytes=%d from=%s %q\n", n, from, buffer[:n])
	return nil
}

// plainConnect writes a line of standard input at a time by one connected
// socket, says what came of it, and prints each answer.
func plainConnect(address string) error {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		text := lines.Text()
		if text == "?" { // only read
			conn.SetReadDeadline(time.Now().Add(labtest.Patience))
			buffer := make([]byte, 1024)
			n, err := conn.Read(buffer)
			fmt.Printf("read %q: %s\n", buffer[:n], outcome(err))
			continue
		}
		_, err := conn.Write([]byte(text))
		fmt.Printf("write %q: %s\n", text, outcome(err))
	}
	return nil
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "ECONNREFUSED"
	}
	return err.Error()
}

// The first article: a client asks, a server echoes.
func TestTheEchoArticle(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	plain := start(t, b, "plain-echo", "192.168.8.226:7000")
	plain.prints("ready")
	ours := start(t, b, "groupcast", "echo", "-v", "192.168.8.226:8000")
	ours.remarks("echoing datagrams to 192.168.8.226:8000")
	for _, port := range []string{"7000", "8000"} {
		at := "192.168.8.226:" + port
		asked := start(t, a, "plain-ask", at, "HELLO!!")
		asked.prints("packet-received: bytes=7 from=" + at + ` "HELLO!!"`)
		said := start(t, a, "groupcast", "ping", "--message", "HELLO!!", at)
		said.prints("packet-written: bytes=7 to=" + at)
		said.prints("packet-received: bytes=7 from=" + at)
		for _, p := range []*program{asked, said} {
			if status := p.status(); status != exitOK {
				t.Errorf("%s: exit status %d, want %d\n%s", p.name, status, exitOK, p.err.String())
			}
		}
	}
	for _, server := range []*program{plain, ours} {
		server.prints("packet-received: bytes=7 from=192.168.8.164:")
		server.prints("packet-written: bytes=7 to=192.168.8.164:")
	}
	pinged := start(t, a, "groupcast", "ping", "-c", "3", "--interval", "10ms", "--wait", "5s", "192.168.8.226:7000")
	pinged.prints("3 sent, 3 received, 0 lost (0.0 %)")

	if status := plain.end(); status != exitOK {
		t.Errorf("the plain server ends with %d\n%s", status, plain.err.String())
	}
	late := do(t, a, "ping", "--message", "anybody?", "192.168.8.226:7000")
	if status := late.status(); status != exitNot {
		t.Errorf("nobody listens, and the exit status is %d, want %d", status, exitNot)
	}
	late.remarks("192.168.8.226:7000 refused it: ICMP port unreachable (3, 3) from 192.168.8.226")
}

// The second article: a connected client learns that its server has gone by
// the call after the one that was refused, once, and needs not connect anew.
func TestTheRefusedArticle(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	const at = "192.168.8.226:9000"
	client := start(t, a, "plain-connect", at)
	client.prints("ready")
	client.say("one")
	client.prints(`write "one": ok`)
	client.say("?")
	client.prints(`read "": ECONNREFUSED`)
	client.say("two")
	client.prints(`write "two": ok`)
	client.say("?")

	server := start(t, b, "groupcast", "echo", at)
	server.remarks("echoing datagrams to " + at)
	client.say("three")
	client.say("?")
	client.prints(`read "three": ok`)

	watch := start(t, a, "groupcast", "probe", "--follow", "--interval", "1s", at)
	watch.prints("answered")
	if err := server.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := server.status(); status != exitOK {
		t.Errorf("the server was asked to end, and its exit status is %d, want %d", status, exitOK)
	}
	watch.prints("refused      ICMP port unreachable (3, 3) from 192.168.8.226")
	server = start(t, b, "groupcast", "echo", at)
	server.remarks("echoing datagrams to " + at)
	client.say("four")
	client.say("?")
	client.prints(`read "four": ok`)
}
