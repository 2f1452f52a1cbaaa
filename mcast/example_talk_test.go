package mcast_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"sync"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// member joins a group, and sends the reply to each question straight to the one who
// asked. It returns when it has joined.
func member(ctx context.Context, group mcast.Group, on host.Interface, name string) *mcast.Conn {
	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port})
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Join(group, on); err != nil {
		log.Fatal(err)
	}
	go func() {
		for batch, err := range conn.Batches(ctx, make([]mcast.Datagram, mcast.BatchSize)) {
			if err != nil {
				return // the Conn was closed, or ctx has ended
			}
			for _, d := range batch {
				if err := conn.Send([]byte(name), d.From, mcast.Via{}); err != nil {
					log.Print(err)
				}
			}
		}
	}()
	return conn
}

// Ask a group who is there. The question goes to all members at once, and each reply
// comes to the asker alone. Nobody knows how many replies there will be: a deadline
// ends the wait, or here the number of members.
func ExampleConn_Send_question() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	group, err := mcast.ParseGroup("239.77.1.1:5077")
	if err != nil {
		log.Fatal(err)
	}
	lo := loopback()
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		defer member(ctx, group, lo, name).Close()
	}

	// The asker joins nothing. The kernel chooses a port, to which the replies come.
	asker, err := mcast.Listen(ctx, mcast.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer asker.Close()
	if err := asker.Send([]byte("who is there?"), group.AddrPort(), mcast.ViaInterface(lo, group.Addr)); err != nil {
		log.Fatal(err)
	}
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for replies := 0; replies < len(names); {
		n, err := asker.Read(ctx, batch)
		if err != nil {
			log.Fatal(err)
		}
		for _, d := range batch[:n] {
			fmt.Printf("%s, from %s\n", d.Data, d.From)
		}
		replies += n
	}
	// Unordered output:
	// alice, from 127.0.0.1:5077
	// bob, from 127.0.0.1:5077
	// carol, from 127.0.0.1:5077
}

// One Conn is a member on every interface, also on those that come later. Watch
// begins with the interfaces that are there, so one function does both. Follow joins
// again where an interface was deleted and has come back.
func ExampleConn_Follow_everyInterface() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	group, err := mcast.ParseGroup("239.77.1.2:5078")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := mcast.Listen(ctx, mcast.Config{Port: group.Port})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	err = host.Watch(ctx, func(change host.Change) {
		if _, _, err := conn.Follow(change); err != nil {
			log.Print(err)
		}
		i := change.Interface
		if change.Kind != host.Appeared || !i.Loopback() { // your program: !i.Usable(group.Addr)
			return
		}
		if err := conn.Join(group, i); err != nil {
			log.Print(err)
			return
		}
		fmt.Println("joined on", i.Name)

		// A datagram says on which interface it arrived.
		if err := conn.Send([]byte("hello"), group.AddrPort(), mcast.ViaInterface(i, group.Addr)); err != nil {
			log.Print(err)
		}
		go func() {
			defer cancel() // ends Watch
			batch := make([]mcast.Datagram, 1)
			if _, err := conn.Read(ctx, batch); err != nil {
				log.Print(err)
				return
			}
			fmt.Printf("%s on %s\n", batch[0].Data, host.InterfaceName(batch[0].IfIndex))
		}()
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// joined on lo
	// hello on lo
}

// A Conn is of one IP version. A program that talks over both has two, and may read
// them in one place.
func ExampleListen_bothVersions() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	heard := make(chan string)
	var readers sync.WaitGroup
	for _, version := range []struct {
		all   netip.Addr // to bind
		group string
		self  string // Linux has no route for groups of IPv6 on lo, so send to the host itself
	}{
		{netip.IPv4Unspecified(), "239.77.1.3:5079", "127.0.0.1:5079"},
		{netip.IPv6Unspecified(), "[ff02::7713%lo]:5079", "[::1]:5079"},
	} {
		group, err := mcast.ParseGroup(version.group)
		if err != nil {
			log.Fatal(err)
		}
		conn, err := mcast.Listen(ctx, mcast.Config{Addr: version.all, Port: group.Port})
		if err != nil {
			log.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Join(group, loopback()); err != nil {
			log.Fatal(err)
		}
		fmt.Println("joined", group)
		readers.Go(func() {
			batch := make([]mcast.Datagram, 1)
			if _, err := conn.Read(ctx, batch); err != nil {
				log.Fatal(err)
			}
			heard <- fmt.Sprintf("%s to %s", batch[0].Data, batch[0].To)
		})
		if err := conn.Send([]byte("hello"), netip.MustParseAddrPort(version.self), mcast.Via{}); err != nil {
			log.Fatal(err)
		}
	}
	go func() {
		readers.Wait()
		close(heard)
	}()
	for line := range heard {
		fmt.Println(line)
	}
	// Unordered output:
	// joined 239.77.1.3:5079
	// joined [ff02::7713%lo]:5079
	// hello to 127.0.0.1
	// hello to ::1
}
