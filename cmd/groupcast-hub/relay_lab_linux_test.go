package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// relayProgram glues two LANs by a TCP connection, each datagram behind its length: what a
// bridge is measured against.
func relayProgram(args []string) error {
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	at := flags.String("listen", "", "where to wait for the other relay")
	to := flags.String("dial", "", "where the other relay waits")
	if err := flags.Parse(args); err != nil {
		return err
	}
	g, err := mcast.ParseGroup(flags.Arg(0))
	if err != nil {
		return err
	}
	eth0, conn, err := joined(g, "eth0")
	if err != nil {
		return err
	}
	out, err := mcast.Listen(context.Background(), mcast.Config{})
	if err != nil {
		return err
	}
	var peer net.Conn
	if *to != "" {
		peer, err = net.Dial("tcp", *to)
	} else {
		var l net.Listener
		if l, err = net.Listen("tcp", *at); err == nil {
			fmt.Println("listens")
			peer, err = l.Accept()
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() { _ = fromPeer(peer, out, g.AddrPort(), mcast.ViaInterface(eth0, g.Addr)) }()
	return toPeer(peer, conn, out.LocalAddr().Port())
}

// joined opens a Conn that hears a group on an interface of this host.
func joined(g mcast.Group, ifname string) (host.Interface, *mcast.Conn, error) {
	list, err := host.Interfaces()
	if err != nil {
		return host.Interface{}, nil, err
	}
	dev, err := host.Find(list, ifname)
	if err != nil {
		return dev, nil, err
	}
	conn, err := mcast.Listen(context.Background(), mcast.Config{Addr: host.Unspecified(g.Addr), Port: g.Port})
	if err != nil {
		return dev, nil, err
	}
	return dev, conn, conn.Join(g, dev)
}

func toPeer(peer net.Conn, conn *mcast.Conn, own uint16) error {
	w := bufio.NewWriterSize(peer, 1<<17)
	batch := make([]mcast.Datagram, mcast.BatchSize)
	for {
		n, err := conn.Read(context.Background(), batch)
		if err != nil {
			return err
		}
		for _, d := range batch[:n] {
			if d.From.Port() == own {
				continue
			}
			var size [2]byte
			binary.BigEndian.PutUint16(size[:], uint16(len(d.Data)))
			w.Write(size[:])
			w.Write(d.Data)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

func fromPeer(peer net.Conn, out *mcast.Conn, to netip.AddrPort, via mcast.Via) error {
	r := bufio.NewReaderSize(peer, 1<<17)
	data := make([]byte, 1<<16)
	for {
		var size [2]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return err
		}
		d := data[:binary.BigEndian.Uint16(size[:])]
		if _, err := io.ReadFull(r, d); err != nil {
			return err
		}
		if err := out.Send(d, to, via); err != nil {
			return err
		}
	}
}

// middleProgram passes on what each of two relays sends to the other: a relay's hub.
func middleProgram(args []string) error {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("listens")
	var ends [2]net.Conn
	for n := range ends {
		if ends[n], err = l.Accept(); err != nil {
			return err
		}
	}
	go func() { _ = pass(ends[1], ends[0]) }()
	return pass(ends[0], ends[1])
}

func pass(from, to net.Conn) error {
	b := make([]byte, 1<<17) // not io.Copy, which leaves it to the kernel
	for {
		n, err := from.Read(b)
		if err == nil {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			return err
		}
	}
}
