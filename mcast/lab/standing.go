package lab

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// standing keeps the faults that were made and not ended. What has become of them since,
// by commands in the hosts, is for [Lab.Now] to find out.
type standing struct {
	mu     sync.Mutex
	places map[string][]Fault // by A or A.eth0
}

// harmless is the value of a kind of fault that ends it.
var harmless = map[string]string{
	"loss": "0%", "delay": "0s", "firewall": "off", "filter": "off", "rp_filter": "0", "multicast": "on",
}

// ends are the kinds that end another one.
var ends = map[string]string{"heal": "cut", "up": "down", "make": "delete"}

// normal has each value in one way.
func (f Fault) normal() Fault {
	switch f.Kind {
	case "delay":
		if d, err := parseDelay(f.Value); err == nil {
			f.Value = d.String()
		}
	case "loss":
		if n, err := parsePercent(f.Value); err == nil {
			f.Value = fmt.Sprintf("%d%%", n)
		}
	}
	return f
}

// happened takes in a fault, or the end of one.
func (s *standing) happened(f Fault) {
	f = f.normal()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places == nil {
		s.places = map[string][]Fault{}
	}
	switch {
	case f.Kind == "delete" || f.Kind == "make": // as the topology has it, which designed tells
		s.places[f.place()] = nil
	case f.Kind == "kill":
		s.places[f.Host] = nil
		s.ofInterfaces(f.Host, func(Fault) bool { return true })
	case f.Kind == "rp_filter" && f.Interface == "": // of all interfaces
		s.ofInterfaces(f.Host, func(o Fault) bool { return o.Kind == f.Kind })
	}
	kind := f.Kind
	if ended, end := ends[f.Kind]; end {
		kind = ended
	}
	others := slices.DeleteFunc(s.places[f.place()], func(o Fault) bool { return o.Kind == kind })
	if end, lasts := harmless[f.Kind]; kind == f.Kind && (!lasts || f.Value != end) {
		others = append(others, f)
	}
	s.places[f.place()] = others
}

// ofInterfaces forgets faults of a host's interfaces.
func (s *standing) ofInterfaces(host string, ended func(Fault) bool) {
	for place, faults := range s.places {
		if strings.HasPrefix(place, host+".") {
			s.places[place] = slices.DeleteFunc(faults, ended)
		}
	}
}

// designed takes in what a topology has from the beginning, of one interface.
func (s *standing) designed(host string, i Interface) {
	if i.Down {
		s.happened(Fault{Kind: "down", Host: host, Interface: i.Name})
	}
	if i.Loss > 0 {
		s.happened(Fault{Kind: "loss", Host: host, Interface: i.Name, Value: fmt.Sprintf("%d%%", i.Loss)})
	}
	if i.Delay > 0 {
		s.happened(Fault{Kind: "delay", Host: host, Interface: i.Name, Value: i.Delay.String()})
	}
}

// at are the faults of a place, the oldest first.
func (s *standing) at(place string) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.places[place])
}
