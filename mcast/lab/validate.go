package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// maxName is IFNAMSIZ without its NUL: the kernel cuts nothing, it refuses.
const maxName = 15

// Validate returns the first reason why the topology cannot be built, or nil.
func (t Topology) Validate() error {
	// A set for each switch: the addresses on it, and whose they are.
	onSwitch := map[string]map[netip.Addr]string{}
	for _, s := range t.Switches {
		if err := validName(s.Name); err != nil {
			return fmt.Errorf("switch %q: %w", s.Name, err)
		}
		if onSwitch[s.Name] != nil {
			return fmt.Errorf("switch %q: there are two of that name", s.Name)
		}
		onSwitch[s.Name] = map[netip.Addr]string{}
	}
	hosts := map[string]bool{}
	for _, h := range t.Hosts {
		if err := validName(h.Name); err != nil {
			return fmt.Errorf("host %q: %w", h.Name, err)
		}
		if hosts[h.Name] {
			return fmt.Errorf("host %q: there are two of that name", h.Name)
		}
		hosts[h.Name] = true
		if err := h.validate(onSwitch); err != nil {
			return fmt.Errorf("host %q: %w", h.Name, err)
		}
	}
	return nil
}

func (h Host) validate(onSwitch map[string]map[netip.Addr]string) error {
	names := map[string]bool{}
	for _, i := range h.Interfaces {
		if err := validName(i.Name); err != nil {
			return fmt.Errorf("interface %q: %w", i.Name, err)
		}
		if names[i.Name] {
			return fmt.Errorf("interface %q: there are two of that name", i.Name)
		}
		names[i.Name] = true
		taken, ok := onSwitch[i.Switch]
		if !ok && i.Switch != "" {
			return fmt.Errorf("interface %q: no switch %q", i.Name, i.Switch)
		}
		for _, p := range i.Addrs {
			a := p.Addr()
			switch {
			case !p.IsValid():
				return fmt.Errorf("interface %q: an address is missing or has no prefix length", i.Name)
			case a.IsMulticast() || a.IsUnspecified():
				return fmt.Errorf("interface %q: %s is not a unicast address", i.Name, a)
			case taken[a] != "":
				return fmt.Errorf("interface %q: address %s is also that of %s, on the same switch %q", i.Name, a, taken[a], i.Switch)
			case taken != nil:
				taken[a] = h.Name + " " + i.Name
			}
		}
	}
	for _, r := range h.Routes {
		if err := r.validate(h.Interfaces); err != nil {
			return fmt.Errorf("route %s: %w", r.Dst, err)
		}
	}
	return nil
}

func (r Route) validate(interfaces []Interface) error {
	dev := slices.IndexFunc(interfaces, func(i Interface) bool { return i.Name == r.Dev })
	switch {
	case !r.Dst.IsValid():
		return errors.New("the destination is missing")
	case r.Dst != r.Dst.Masked():
		return fmt.Errorf("%s has bits beyond its prefix length: want %s", r.Dst, r.Dst.Masked())
	case r.Via.IsValid() && r.Via.Is4() != r.Dst.Addr().Is4():
		return fmt.Errorf("gateway %s is of another IP version", r.Via)
	case !slices.Contains([]RouteType{Unicast, Unreachable, Blackhole, Prohibit}, r.Type):
		return fmt.Errorf("unknown type %q: want unreachable, blackhole, prohibit or none", r.Type)
	case r.Type != Unicast && (r.Dev != "" || r.Via.IsValid()):
		return fmt.Errorf("type %s leads nowhere, and takes no interface and no gateway", r.Type)
	case r.Type == Unicast && r.Dev == "" && !r.Via.IsValid():
		return errors.New("neither an interface nor a gateway")
	case r.Dev == "lo":
		return nil
	case r.Dev != "" && dev < 0:
		return fmt.Errorf("no interface %q", r.Dev)
	case r.Dev != "" && interfaces[dev].Down:
		return fmt.Errorf("interface %q is down, so the kernel refuses the route", r.Dev)
	}
	return nil
}

// validName keeps to names that are interfaces' and can be typed, logged and
// be file names.
func validName(name string) error {
	const others = "-_."
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxName:
		return fmt.Errorf("the name is %d bytes long: at most %d", len(name), maxName)
	case name == "lo" || name == "." || name == "..":
		return errors.New("the name is taken")
	case name[0] == '-':
		return errors.New("the name begins like an option")
	}
	for _, c := range name {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(others, c)) {
			return fmt.Errorf("%q in the name: letters, digits and %s only", c, others)
		}
	}
	return nil
}
