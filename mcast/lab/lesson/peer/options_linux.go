package peer

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/ipv4"
)

// options are the words of the command line.
type options struct {
	to, bind netip.AddrPort
	as       netip.AddrPort
	by       *net.Interface
	device   string
	shares   string
	from     netip.Addr
	joins    []string
	size     int
	ttl      int // -1: the kernel's
	quiet    bool
	buffer   int
	sndbuf   int
	read     int
	nowait   bool
	port     int
	hear     bool
	pause    bool
	torn     bool
	count    int
	every    time.Duration
	version  int
	interval time.Duration
	words    []string
}

func parse(args []string) (o options, err error) {
	o.count, o.ttl, o.read, o.version = 1, -1, 1<<16, 2
	o.bind = netip.AddrPortFrom(netip.IPv4Unspecified(), 1234)
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "to":
			o.to, err = netip.ParseAddrPort(value)
		case "bind":
			o.bind, err = netip.ParseAddrPort(value)
		case "as":
			o.as, err = netip.ParseAddrPort(value)
		case "by":
			o.by, err = net.InterfaceByName(value)
		case "device":
			o.device = value
		case "share":
			o.shares = value
		case "from":
			o.from, err = netip.ParseAddr(value)
		case "join":
			o.joins = append(o.joins, value)
		case "size":
			o.size, err = strconv.Atoi(value)
		case "ttl":
			o.ttl, err = strconv.Atoi(value)
		case "buffer":
			o.buffer, err = strconv.Atoi(value)
		case "sndbuf":
			o.sndbuf, err = strconv.Atoi(value)
		case "read":
			o.read, err = strconv.Atoi(value)
		case "port":
			o.port, err = strconv.Atoi(value)
		case "hear":
			o.hear = true
		case "nowait":
			o.nowait = true
		case "count":
			o.count, err = strconv.Atoi(value)
		case "every":
			o.every, err = time.ParseDuration(value)
		case "version":
			o.version, err = strconv.Atoi(value)
		case "interval":
			o.interval, err = time.ParseDuration(value)
		case "quiet":
			o.quiet = true
		case "torn":
			o.torn = true
		case "pause":
			o.pause = true
		default:
			o.words = append(o.words, arg)
		}
		if err != nil {
			return o, fmt.Errorf("%s: %w", arg, err)
		}
	}
	return o, nil
}

// multicast sets how datagrams to a group are sent.
func (o options) multicast(p *ipv4.PacketConn) error {
	if o.quiet {
		if err := p.SetMulticastLoopback(false); err != nil {
			return err
		}
	}
	if o.ttl < 0 {
		return nil
	}
	return p.SetMulticastTTL(o.ttl)
}
