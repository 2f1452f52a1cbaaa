package lesson

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// networkStep changes what a host's network is made of.
type networkStep func(*lab.Lab) error

func (networkStep) expected() string { return "" }

func (s networkStep) do(_ context.Context, r *runner) ([]string, error) { return nil, s(r.lab) }

// bridge parses "HOST add BRIDGE INTERFACE..." or "HOST del BRIDGE".
func (p *parser) bridge(text string) (action, error) {
	words := strings.Fields(text)
	switch {
	case len(words) >= 4 && words[1] == "add":
		return networkStep(func(l *lab.Lab) error { return l.Host(words[0]).AddBridge(words[2], words[3:]...) }), p.host(words[0])
	case len(words) == 3 && words[1] == "del":
		return networkStep(func(l *lab.Lab) error { return l.Host(words[0]).Link(words[2]).Delete() }), p.host(words[0])
	}
	return nil, errors.New("want bridge HOST add BRIDGE INTERFACE..., or bridge HOST del BRIDGE")
}

// macvlan parses "HOST add NAME on INTERFACE [to HOST]" or "HOST del NAME".
func (p *parser) macvlan(text string) (action, error) {
	words := strings.Fields(text)
	to := 0 // the word that is the host it is given to
	switch {
	case len(words) == 3 && words[1] == "del":
		return networkStep(func(l *lab.Lab) error { return l.Host(words[0]).Link(words[2]).Delete() }), p.host(words[0])
	case len(words) == 7 && words[5] == "to":
		to = 6
	case len(words) != 5:
		words = nil
	}
	if words == nil || words[1] != "add" || words[3] != "on" {
		return nil, errors.New("want macvlan HOST add NAME on INTERFACE [to HOST], or macvlan HOST del NAME")
	}
	return networkStep(func(l *lab.Lab) error {
		return l.Host(words[0]).AddMacvlan(words[2], words[4], l.Host(words[to]))
	}), errors.Join(p.host(words[0]), p.host(words[to]))
}

// rule parses "HOST add|del ipproto udp table NUMBER".
func (p *parser) rule(text string) (action, error) {
	words := strings.Fields(text)
	usage := errors.New("want rule HOST add|del ipproto udp table NUMBER")
	if len(words) != 6 || strings.Join(words[2:5], " ") != "ipproto udp table" {
		return nil, usage
	}
	table, err := strconv.Atoi(words[5])
	if err != nil || table <= 0 {
		return nil, usage
	}
	const udp = 17
	r := lab.Rule{Protocol: udp, Table: table}
	switch words[1] {
	case "add":
		return networkStep(func(l *lab.Lab) error { return l.Host(words[0]).AddRule(r) }), p.host(words[0])
	case "del":
		return networkStep(func(l *lab.Lab) error { return l.Host(words[0]).DelRule(r) }), p.host(words[0])
	}
	return nil, usage
}

// queue parses "HOST.INTERFACE BYTES|off".
func (p *parser) queue(text string) (action, error) {
	host, name, value, err := p.onInterface(text)
	rate := uint64(0)
	if value != "off" && err == nil {
		rate, err = strconv.ParseUint(value, 10, 32)
	}
	if err != nil || rate == 0 && value != "off" {
		return nil, errors.New("want queue HOST.INTERFACE BYTES, in a second, or off")
	}
	return networkStep(func(l *lab.Lab) error { return l.Host(host).Link(name).Queue(rate) }), p.host(host)
}

// swallow parses "HOST.INTERFACE on|off".
func (p *parser) swallow(text string) (action, error) {
	host, name, value, err := p.onInterface(text)
	if err != nil || value != "on" && value != "off" {
		return nil, errors.New("want swallow HOST.INTERFACE on|off")
	}
	return networkStep(func(l *lab.Lab) error { return l.Host(host).Link(name).Swallow(value == "on") }), p.host(host)
}

// onInterface parses "HOST.INTERFACE VALUE".
func (p *parser) onInterface(text string) (host, name, value string, err error) {
	target, value, ok := strings.Cut(text, " ")
	host, name, dot := strings.Cut(target, ".")
	if !ok || !dot || name == "" {
		return "", "", "", errors.New("want HOST.INTERFACE and a value")
	}
	return host, name, value, nil
}
