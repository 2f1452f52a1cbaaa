package mcast_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// loopback is the interface of the examples: whoever runs them sends nothing
// to a network.
func loopback() host.Interface {
	list, err := host.Interfaces()
	if err != nil {
		log.Fatal(err)
	}
	lo, err := host.Find(list, "lo")
	if err != nil {
		log.Fatal(err)
	}
	return lo
}

// Join a group, send to it, and read the own copy, which this host makes for
// its own members.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	group, lo := mcast.DefaultGroup, loopback()

	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Join(group, lo); err != nil {
		log.Fatal(err)
	}

	// By lo a datagram needs a source: the kernel would not choose 127.0.0.1.
	via := mcast.Via{IfIndex: lo.Index, Source: netip.MustParseAddr("127.0.0.1")}
	if err := conn.Send([]byte("hello"), group.AddrPort(), via); err != nil {
		log.Fatal(err)
	}

	batch := make([]mcast.Datagram, mcast.BatchSize)
	n, err := conn.Read(ctx, batch)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range batch[:n] {
		fmt.Printf("%s: from %s to %s, TTL %d\n", d.Data, d.From, d.To, d.Hops)
	}
	// Output: hello: from 127.0.0.1:1234 to 224.0.0.114, TTL 1
}

// A source-specific group: only what that source sends is heard.
func ExampleConn_Join_source() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	group, err := mcast.ParseGroup("127.0.0.2@232.1.1.1:5000")
	if err != nil {
		log.Fatal(err)
	}
	lo := loopback()
	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Join(group, lo); err != nil {
		log.Fatal(err)
	}

	for _, source := range []string{"127.0.0.1", "127.0.0.2"} {
		via := mcast.Via{IfIndex: lo.Index, Source: netip.MustParseAddr(source)}
		if err := conn.Send([]byte("I am "+source), group.AddrPort(), via); err != nil {
			log.Fatal(err)
		}
	}
	batch := make([]mcast.Datagram, mcast.BatchSize)
	n, err := conn.Read(ctx, batch)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range batch[:n] {
		fmt.Printf("%s\n", d.Data)
	}

	// To hear everybody is another membership: it does not mix with this one.
	everybody := mcast.Group{Addr: group.Addr, Port: group.Port}
	if err := conn.Join(everybody, lo); errors.Is(err, mcast.ErrMixedModes) {
		fmt.Println("joined for single sources already")
	}
	// Output:
	// I am 127.0.0.2
	// joined for single sources already
}

// A link-local group of IPv6 means nothing without an interface. The zone names
// it, for joining and for sending alike.
func ExampleConn_Join_zone() {
	group, err := mcast.ParseGroup("[ff02::114%lo]:1234")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := mcast.Listen(context.Background(), mcast.Config{Addr: netip.IPv6Unspecified(), Port: group.Port})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Join(group, host.Interface{}); err != nil {
		log.Fatal(err)
	}
	for _, m := range conn.Memberships() {
		fmt.Printf("joined %s on %s\n", m.Addr, m.Interface.Name)
	}
	fmt.Println("send to", group.AddrPort())
	// Output:
	// joined ff02::114 on lo
	// send to [ff02::114%lo]:1234
}

func ExampleParseGroup() {
	for _, text := range []string{
		"224.0.0.114",
		"192.0.2.1@232.1.1.1:5000",
		"ff02::114%eth0",
		"192.168.8.1:1234",
	} {
		group, err := mcast.ParseGroup(text)
		if errors.Is(err, mcast.ErrNotMulticast) {
			fmt.Println("no group:", text)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(group)
	}
	// Output:
	// 224.0.0.114:1234
	// 192.0.2.1@232.1.1.1:5000
	// [ff02::114%eth0]:1234
	// no group: 192.168.8.1:1234
}

// Every system call of a Conn, as it is made.
func ExampleTrace() {
	trace := &mcast.Trace{Call: func(c mcast.Call) { fmt.Println(c) }}
	group, lo := mcast.DefaultGroup, loopback()
	conn, err := mcast.Listen(context.Background(), mcast.Config{Port: group.Port, Trace: trace})
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Join(group, lo); err != nil {
		log.Fatal(err)
	}
	via := mcast.Via{IfIndex: lo.Index, Source: netip.MustParseAddr("127.0.0.1")}
	if err := conn.Send([]byte("hello"), group.AddrPort(), via); err != nil {
		log.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// socket {AF_INET SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK} = ok
	// setsockopt SO_BROADCAST 1 = ok (by Go)
	// setsockopt SO_REUSEADDR 1 = ok
	// setsockopt IP_MULTICAST_ALL 0 = ok
	// bind {0.0.0.0:1234} = ok
	// setsockopt SO_RCVBUF 4194304 = ok
	// setsockopt IP_RECVTTL 1 = ok
	// setsockopt IP_PKTINFO 1 = ok
	// setsockopt IP_MULTICAST_LOOP 1 = ok
	// setsockopt IP_MULTICAST_TTL 1 = ok
	// setsockopt SO_TIMESTAMPNS 1 = ok
	// setsockopt MCAST_JOIN_GROUP {224.0.0.114 on lo (1)} = ok
	// sendmsg {5 bytes to 224.0.0.114:1234 by lo (1) from 127.0.0.1} = 5 bytes
	// close = ok
}

// Keep memberships alive while interfaces are unplugged and come back.
func ExampleConn_Follow() {
	ctx := context.Background()
	conn, err := mcast.Listen(ctx, mcast.Config{Port: mcast.DefaultPort})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Join(mcast.DefaultGroup, host.Interface{}); err != nil {
		log.Fatal(err)
	}
	err = host.Watch(ctx, func(change host.Change) {
		lost, rejoined, err := conn.Follow(change)
		for _, m := range lost {
			log.Printf("lost %s: %s is gone", m.Group, m.Interface.Name)
		}
		for _, m := range rejoined {
			log.Printf("joined %s on %s again", m.Group, m.Interface.Name)
		}
		if err != nil {
			log.Print(err)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
}
