package lab

import (
	"fmt"
	"slices"
	"sync"
)

// standing keeps the faults that were made and not ended, for a picture. Those
// that an interface itself shows, cut, down and deleted, are in its [Counters].
type standing struct {
	mu     sync.Mutex
	places map[string][]Fault // by A or A.eth0
}

// harmless is the value of a kind of fault that ends it.
var harmless = map[string]string{
	"loss": "0%", "delay": "0s", "firewall": "off", "filter": "off", "rp_filter": "0", "multicast": "on",
}

// happened takes in a fault, or the end of one.
func (s *standing) happened(f Fault) {
	switch f.Kind { // each value in one way
	case "delay":
		if d, err := parseDelay(f.Value); err == nil {
			f.Value = d.String()
		}
	case "loss":
		if n, err := parsePercent(f.Value); err == nil {
			f.Value = fmt.Sprintf("%d%%", n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place := placeOf(f)
	if f.Kind == "delete" { // it is made again as the topology has it
		delete(s.places, place)
		return
	}
	end, lasts := harmless[f.Kind]
	if !lasts && f.Kind != "kill" {
		return
	}
	if s.places == nil {
		s.places = map[string][]Fault{}
	}
	others := slices.DeleteFunc(s.places[place], func(o Fault) bool { return o.Kind == f.Kind })
	if f.Value != end || f.Kind == "kill" {
		others = append(others, f)
	}
	s.places[place] = others
}

func placeOf(f Fault) string {
	if f.Interface == "" {
		return f.Host
	}
	return f.Host + "." + f.Interface
}

// designed takes in what a topology has from the beginning, of one interface.
func (s *standing) designed(host string, i Interface) {
	if i.Loss > 0 {
		s.happened(Fault{Kind: "loss", Host: host, Interface: i.Name, Value: fmt.Sprintf("%d%%", i.Loss)})
	}
	if i.Delay > 0 {
		s.happened(Fault{Kind: "delay", Host: host, Interface: i.Name, Value: i.Delay.String()})
	}
}

// text is a fault as a picture has it, without its place.
func (f Fault) text() string {
	switch f.Kind {
	case "kill":
		return "killed"
	case "firewall":
		return "firewall drops " + map[string]string{"in": "incoming UDP", "out": "outgoing UDP", "both": "all UDP"}[f.Value]
	case "filter":
		return "filter drops " + f.Value
	case "multicast":
		return "flag MULTICAST off"
	}
	return f.Kind + " " + f.Value
}

// texts are the faults of each place, in the order in which they were made.
func (s *standing) texts() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]string{}
	for place, faults := range s.places {
		for _, f := range faults {
			out[place] = append(out[place], f.text())
		}
	}
	return out
}
