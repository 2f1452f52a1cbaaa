package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SyntaxError is an error in the text of a topology.
type SyntaxError struct {
	File string
	Line int // from 1 on
	Err  error
}

// Error is FILE:LINE: and what is wrong.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *SyntaxError) Unwrap() error { return e.Err }

// maxErrors bounds the errors that one text gives: in a file of another kind
// every line is one.
const maxErrors = 10

// ParseTopology reads a topology from text, and checks it as Validate does.
// name is the file's, for the errors: a *SyntaxError each, the first ten of
// them joined.
//
// A line says one thing; # begins a comment, and indentation is for the eye.
// The lines after a host belong to it:
//
//	# the article's LAN
//	switch lan
//	switch other snooping querier igmp 2 mld 1 limit 20 fastleave flood off
//	switch hub on other
//	host A
//	  igmp 2
//	  mld 1
//	  eth0 on lan 192.168.8.164/24 mtu 1400 loss 30%
//	  eth1 on other 169.254.167.41/16 delay 20ms
//	  tun0 on - 10.8.0.2/24
//	  route default via 169.254.0.1 dev eth1
//	  route unreachable 239.0.0.0/8
//	  sysctl net.ipv4.conf.all.rp_filter=1
//	router R
//	  upstream eth0
//	  eth0 on lan 192.168.8.1/24 2001:db8::1/64
//	  eth1 on other down
//
// The words are those of the fields of Topology, flood off for a switch's NoFlood
// and flood on for a router's Flood. An interface on - is on no switch, and its
// settings stand in any order after its addresses. A route is written as for
// ip(8); default is 0.0.0.0/0, or ::/0 when the gateway is an IPv6 address.
func ParseTopology(name string, r io.Reader) (Topology, error) {
	p := parser{file: name, lines: map[part]int{}}
	scanner := bufio.NewScanner(r)
	for scanner.Scan() && len(p.errs) < maxErrors {
		p.line++
		text, _, _ := strings.Cut(scanner.Text(), "#")
		if words := strings.Fields(text); len(words) > 0 {
			p.fail(p.parse(words, text))
		}
	}
	if err := scanner.Err(); err != nil {
		p.line++
		p.fail(err)
	}
	if len(p.errs) == 0 {
		for at, err := range p.topology.problems() {
			p.line = p.lines[at]
			if p.fail(err); len(p.errs) == maxErrors {
				break
			}
		}
	}
	if len(p.errs) > 0 {
		return Topology{}, errors.Join(p.errs...)
	}
	return p.topology, nil
}

type parser struct {
	file     string
	line     int
	lines    map[part]int // where each part stands
	topology Topology
	errs     []error
}

func (p *parser) fail(err error) {
	if err != nil {
		p.errs = append(p.errs, &SyntaxError{File: p.file, Line: p.line, Err: err})
	}
}

func (p *parser) parse(words []string, text string) error {
	t := &p.topology
	switch words[0] {
	case "switch":
		return p.parseSwitch(words[1:])
	case "host", "router":
		if len(words) != 2 {
			return fmt.Errorf("want %s NAME", words[0])
		}
		p.lines[part{kind: "host", index: len(t.Hosts)}] = p.line
		t.Hosts = append(t.Hosts, Host{Name: words[1], Router: words[0] == "router"})
		return nil
	}
	if len(words) < 2 || !slices.Contains(hostWords, words[0]) && words[1] != "on" {
		return fmt.Errorf("%q: want switch NAME, host NAME, router NAME, INTERFACE on SWITCH, route, sysctl, igmp, mld, upstream or flood", words[0])
	}
	if len(t.Hosts) == 0 {
		return fmt.Errorf("%s: no host before it", words[0])
	}
	n := len(t.Hosts) - 1
	h := &t.Hosts[n]
	var err error
	switch words[0] {
	case "route":
		r, err := parseRoute(words[1:])
		p.lines[part{kind: "route", host: n, index: len(h.Routes)}] = p.line
		h.Routes = append(h.Routes, r)
		return err
	case "igmp":
		p.lines[part{kind: "igmp", host: n}] = p.line
		if h.IGMP != 0 {
			return errors.New("igmp is there twice")
		}
		if len(words) != 2 {
			return errors.New("want igmp 1 or 2")
		}
		h.IGMP, err = parseIGMP(words[1])
		return err
	case "mld":
		p.lines[part{kind: "mld", host: n}] = p.line
		if h.MLD != 0 {
			return errors.New("mld is there twice")
		}
		if len(words) != 2 {
			return errors.New("want mld 1 or 2")
		}
		h.MLD, err = parseMLD(words[1])
		return err
	case "upstream", "flood":
		return p.parseRouter(words)
	case "sysctl":
		name, value, ok := strings.Cut(strings.TrimSpace(text)[len("sysctl"):], "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok {
			return errors.New("want sysctl NAME=VALUE")
		}
		if _, twice := h.Sysctls[name]; twice {
			return fmt.Errorf("sysctl %s is there twice", name)
		}
		if h.Sysctls == nil {
			h.Sysctls = map[string]string{}
		}
		p.lines[part{kind: "sysctl", host: n, name: name}] = p.line
		h.Sysctls[name] = value
		return nil
	}
	i, err := parseInterface(words)
	p.lines[part{kind: "interface", host: n, index: len(h.Interfaces)}] = p.line
	h.Interfaces = append(h.Interfaces, i)
	return err
}

// hostWords begin the lines of a host that are no interface's.
var hostWords = []string{"route", "sysctl", "igmp", "mld", "upstream", "flood"}

// parseRouter reads how a router, the last host, forwards groups.
func (p *parser) parseRouter(words []string) error {
	n := len(p.topology.Hosts) - 1
	h := &p.topology.Hosts[n]
	p.lines[part{kind: words[0], host: n}] = p.line
	switch {
	case words[0] == "flood" && !slices.Equal(words, []string{"flood", "on"}):
		return errors.New("want flood on; else a router forwards a group to its members")
	case words[0] == "flood" && h.Flood, words[0] == "upstream" && h.Upstream != "":
		return fmt.Errorf("%s is there twice", words[0])
	case words[0] == "flood":
		h.Flood = true
	case len(words) != 2:
		return errors.New("want upstream INTERFACE")
	default:
		h.Upstream = words[1]
	}
	return nil
}

func parseInterface(words []string) (i Interface, err error) {
	if len(words) < 3 {
		return i, errors.New("want INTERFACE on SWITCH, or on - for none")
	}
	i.Name = words[0]
	if words[2] != "-" {
		i.Switch = words[2]
	}
	words = words[3:]
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if word == "down" {
			i.Down = true
			continue
		}
		if word != "mtu" && word != "loss" && word != "delay" {
			a, err := netip.ParsePrefix(word)
			if err != nil {
				return i, fmt.Errorf("%q: want an address with its prefix length, as 192.0.2.1/24, or mtu, loss, delay, down", word)
			}
			i.Addrs = append(i.Addrs, a)
			continue
		}
		if len(words) == 0 {
			return i, fmt.Errorf("%s: the value is missing", word)
		}
		switch value := words[0]; word {
		case "mtu":
			if i.MTU, err = strconv.Atoi(value); err != nil || i.MTU == 0 {
				return i, fmt.Errorf("mtu %s: want a number of bytes", value)
			}
		case "loss":
			i.Loss, err = parsePercent(value)
		case "delay":
			i.Delay, err = parseDelay(value)
		}
		if err != nil {
			return i, fmt.Errorf("%s: %w", word, err)
		}
		words = words[1:]
	}
	return i, nil
}

// parsePercent reads a percentage, 0 to 100, with or without its sign.
func parsePercent(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "%"))
	if err != nil || n < 0 || n > 100 {
		return 0, fmt.Errorf("%q: want a whole number of per cent, 0%% to 100%%", s)
	}
	return n, nil
}

// parseDelay reads a duration, 0 to MaxDelay.
func parseDelay(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > MaxDelay {
		return 0, fmt.Errorf("%q: want a duration such as 200ms, at most %s", s, MaxDelay)
	}
	return d, nil
}

// ParseRoute reads a route as ip(8) has it: [TYPE] DESTINATION [via GATEWAY]
// [dev INTERFACE] [src ADDRESS] [table NUMBER]. DESTINATION is a prefix, or
// default.
func ParseRoute(words []string) (Route, error) {
	r, err := parseRoute(words)
	if err != nil {
		return Route{}, fmt.Errorf("lab: route: %w", err)
	}
	return r, nil
}

func parseRoute(words []string) (r Route, err error) {
	if len(words) > 0 {
		switch kind := RouteType(words[0]); kind {
		case Unreachable, Blackhole, Prohibit, Throw:
			r.Type, words = kind, words[1:]
		}
	}
	if len(words)%2 == 0 {
		return r, errors.New("want route [unreachable|blackhole|prohibit|throw] DESTINATION [via GATEWAY] [dev INTERFACE] [src ADDRESS] [table NUMBER]")
	}
	for rest := words[1:]; len(rest) > 0; rest = rest[2:] {
		switch key, value := rest[0], rest[1]; key {
		case "via":
			if r.Via, err = netip.ParseAddr(value); err != nil {
				return r, fmt.Errorf("via %q: want an address", value)
			}
		case "dev":
			r.Dev = value
		case "src":
			if r.Src, err = netip.ParseAddr(value); err != nil {
				return r, fmt.Errorf("src %q: want an address", value)
			}
		case "table":
			if r.Table, err = strconv.Atoi(value); err != nil {
				return r, fmt.Errorf("table %q: want a number", value)
			}
		default:
			return r, fmt.Errorf("%q: want via GATEWAY, dev INTERFACE, src ADDRESS or table NUMBER", key)
		}
	}
	if words[0] == "default" {
		r.Dst = defaultRoute(r.Via)
		return r, nil
	}
	if r.Dst, err = netip.ParsePrefix(words[0]); err != nil {
		err = fmt.Errorf("%q: want a destination as 192.0.2.0/24, or default", words[0])
	}
	return r, err
}

func defaultRoute(via netip.Addr) netip.Prefix {
	if via.Is6() {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
}
