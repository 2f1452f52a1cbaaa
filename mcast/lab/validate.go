package lab

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// maxName is IFNAMSIZ without its NUL: the kernel cuts nothing, it refuses.
const maxName = 15

// maxLimit is more groups than any port needs.
const maxLimit = 1<<16 - 1

// maxVIFs is how many interfaces the kernel's multicast routing has (MAXVIFS
// in linux/mroute.h).
const maxVIFs = 32

// part is a part of a topology that can be wrong by itself.
type part struct {
	kind        string // "switch", "host", "igmp", "mld", "upstream", "flood", "interface", "route" or "sysctl"
	host, index int    // whose, and which of them
	name        string // of a sysctl
}

// Validate returns the first reason why the topology cannot be built, or nil.
func (t Topology) Validate() error {
	for _, err := range t.problems() {
		return err
	}
	return nil
}

// problems yields what is wrong with the topology, and where.
func (t Topology) problems() iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		// A set for each switch: the addresses on it, and whose they are.
		onSwitch := map[string]map[netip.Addr]string{}
		for i, s := range t.Switches {
			err := validName(s.Name)
			switch {
			case err != nil:
			case onSwitch[s.Name] != nil:
				err = errors.New("there are two of that name")
			case s.Querier && !s.Snooping:
				err = errors.New("only a snooping switch can be the querier")
			default:
				err = s.validate(onSwitch)
			}
			onSwitch[s.Name] = map[netip.Addr]string{}
			if err != nil && !yield(part{kind: "switch", index: i}, fmt.Errorf("switch %q: %w", s.Name, err)) {
				return
			}
		}
		hosts := map[string]bool{}
		for i, h := range t.Hosts {
			err := validName(h.Name)
			switch {
			case err != nil:
			case hosts[h.Name]:
				err = errors.New("there are two of that name")
			case strings.Contains(h.Name, "."):
				err = errors.New("a dot in the name: HOST.INTERFACE is how interfaces are named")
			}
			if err == nil && h.Router && len(h.Interfaces) > maxVIFs {
				err = fmt.Errorf("%d interfaces: a router has at most %d", len(h.Interfaces), maxVIFs)
			}
			hosts[h.Name] = true
			if err != nil && !yield(part{kind: "host", index: i}, fmt.Errorf("host %q: %w", h.Name, err)) {
				return
			}
			for at, err := range h.problems(onSwitch) {
				at.host = i
				if !yield(at, fmt.Errorf("host %q: %w", h.Name, err)) {
					return
				}
			}
			if kind, err := t.routing(h); err != nil && !yield(part{kind: kind, host: i}, fmt.Errorf("host %q: %w", h.Name, err)) {
				return
			}
		}
	}
}

// validate checks a switch that stands after others.
func (s Switch) validate(others map[string]map[netip.Addr]string) error {
	switch {
	case s.IGMP == 1:
		return errors.New("a switch knows IGMP 2 and 3 only: version 1 can be a host's")
	case s.IGMP != 0 && s.IGMP != 2 && s.IGMP != 3:
		return fmt.Errorf("IGMP version %d: want 2 or 3", s.IGMP)
	case s.IGMP != 0 && !s.Querier:
		return errors.New("only a querier speaks IGMP")
	case s.MLD < 0 || s.MLD > 2:
		return fmt.Errorf("MLD version %d: want 1 or 2", s.MLD)
	case s.MLD != 0 && !s.Querier:
		return errors.New("only a querier speaks MLD")
	case s.Limit < 0 || s.Limit > maxLimit:
		return fmt.Errorf("limit %d: want 1 to %d groups", s.Limit, maxLimit)
	case s.Limit != 0 && !s.Snooping:
		return errors.New("only a snooping switch counts groups")
	case s.FastLeave && !s.Snooping:
		return errors.New("only a snooping switch knows who leaves")
	case s.On != "" && others[s.On] == nil:
		return fmt.Errorf("on %s: no switch of that name before it%s", s.On, didYouMean(s.On, slices.Collect(maps.Keys(others))))
	}
	return nil
}

// routing says what is wrong with how a router forwards groups, and in which line.
func (t Topology) routing(h Host) (kind string, err error) {
	switch {
	case h.Upstream != "" && !h.Router:
		return "upstream", errors.New("only a router has an upstream interface")
	case h.Flood && !h.Router:
		return "flood", errors.New("only a router floods")
	case h.Upstream != "" && h.Flood:
		return "upstream", errors.New("a router that floods has no upstream interface")
	case h.Upstream != "" && !slices.ContainsFunc(h.Interfaces, func(i Interface) bool { return i.Name == h.Upstream }):
		return "upstream", fmt.Errorf("upstream %s: no interface of that name", h.Upstream)
	case h.Upstream != "" && t.circle(h):
		return "upstream", fmt.Errorf("upstream %s: its datagrams would come back to it in a loop", h.Upstream)
	}
	return "", nil
}

func (h Host) problems(onSwitch map[string]map[netip.Addr]string) iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		if h.IGMP < 0 || h.IGMP > 2 {
			if !yield(part{kind: "igmp"}, fmt.Errorf("IGMP version %d: want 1 or 2; a host speaks 3 unless its querier speaks 2", h.IGMP)) {
				return
			}
		}
		if h.MLD < 0 || h.MLD > 2 {
			if !yield(part{kind: "mld"}, fmt.Errorf("MLD version %d: want 1 or 2", h.MLD)) {
				return
			}
		}
		names := map[string]bool{}
		for n, i := range h.Interfaces {
			taken, ok := onSwitch[i.Switch]
			err := validInterfaceName(i.Name)
			switch {
			case err != nil:
			case names[i.Name]:
				err = errors.New("there are two of that name")
			case !ok && i.Switch != "":
				err = fmt.Errorf("no switch %q%s", i.Switch, didYouMean(i.Switch, slices.Collect(maps.Keys(onSwitch))))
			default:
				err = i.validate(h.Name, taken)
			}
			names[i.Name] = true
			if err != nil && !yield(part{kind: "interface", index: n}, fmt.Errorf("interface %q: %w", i.Name, err)) {
				return
			}
		}
		for n, r := range h.Routes {
			if err := r.validate(h.Interfaces); err != nil &&
				!yield(part{kind: "route", index: n}, fmt.Errorf("route %s: %w", r.Dst, err)) {
				return
			}
		}
		for _, name := range slices.Sorted(maps.Keys(h.Sysctls)) {
			err := validSysctl(name, h.Sysctls[name])
			if of := sysctlInterface(name); err == nil && of != "" && !names[of] {
				err = fmt.Errorf("no interface %q", of)
			}
			if err != nil && !yield(part{kind: "sysctl", name: name}, fmt.Errorf("sysctl %q: %w", name, err)) {
				return
			}
		}
	}
}

// validate checks the interface of a host, and takes its addresses.
func (i Interface) validate(host string, taken map[netip.Addr]string) error {
	six := false
	for n, p := range i.Addrs {
		a := p.Addr()
		switch {
		case !p.IsValid():
			return errors.New("an address is missing or has no prefix length")
		case a.Is4In6():
			return fmt.Errorf("%s is an IPv4 address: write %s", a, a.Unmap())
		case a.IsMulticast() || a.IsUnspecified():
			return fmt.Errorf("%s is not a unicast address", a)
		case slices.Contains(i.Addrs[:n], p):
			return fmt.Errorf("address %s is there twice", p)
		case taken[a] != "":
			return fmt.Errorf("address %s is also that of %s, on the same switch %q", a, taken[a], i.Switch)
		case taken != nil:
			taken[a] = host + " " + i.Name
		}
		six = six || a.Is6()
	}
	switch {
	case i.MTU != 0 && (i.MTU < 576 || i.MTU > 9000):
		return fmt.Errorf("MTU %d: want 576 to 9000", i.MTU)
	case six && i.MTU != 0 && i.MTU < 1280: // RFC 8200, section 5
		return fmt.Errorf("MTU %d: IPv6 needs 1280 or more", i.MTU)
	case i.Loss < 0 || i.Loss > 100:
		return fmt.Errorf("loss %d%%: want 0 to 100", i.Loss)
	case i.Delay < 0 || i.Delay > MaxDelay:
		return fmt.Errorf("delay %s: want 0 to %s", i.Delay, MaxDelay)
	}
	return nil
}

func (r Route) validate(interfaces []Interface) error {
	dev := slices.IndexFunc(interfaces, func(i Interface) bool { return i.Name == r.Dev })
	switch {
	case !r.Dst.IsValid():
		return errors.New("the destination is missing")
	case r.Dst.Addr().Is4In6() || r.Via.Is4In6():
		return errors.New("an IPv4 address is written as one of IPv6")
	case r.Dst != r.Dst.Masked():
		return fmt.Errorf("%s has bits beyond its prefix length: want %s", r.Dst, r.Dst.Masked())
	case r.Via.IsValid() && r.Via.Is4() != r.Dst.Addr().Is4():
		return fmt.Errorf("gateway %s is of another IP version", r.Via)
	case r.Via.Zone() != "":
		return fmt.Errorf("gateway %s has a zone: name the interface instead", r.Via)
	case r.Via.IsValid() && (r.Via.IsMulticast() || r.Via.IsUnspecified()):
		return fmt.Errorf("gateway %s is not a unicast address", r.Via)
	case r.Src.IsValid() && (r.Src.Is4() != r.Dst.Addr().Is4() || r.Src.IsMulticast() || r.Src.Zone() != ""):
		return fmt.Errorf("source %s is not an address of this IP version", r.Src)
	case r.Table < 0:
		return fmt.Errorf("table %d is not a table", r.Table)
	case !slices.Contains([]RouteType{Unicast, Unreachable, Blackhole, Prohibit, Throw}, r.Type):
		return fmt.Errorf("unknown type %q: want unreachable, blackhole, prohibit, throw or none", r.Type)
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

// sysctlParts are the parts of a setting's name: between its slashes, or if
// it has none between its dots.
func sysctlParts(name string) []string {
	if strings.Contains(name, "/") {
		return strings.Split(name, "/")
	}
	return strings.Split(name, ".")
}

// sysctlInterface is the interface that the setting is of, or "" if it is not
// of one that a topology makes.
func sysctlInterface(name string) string {
	parts := sysctlParts(name)
	if len(parts) < 5 || parts[2] != "conf" && parts[2] != "neigh" || slices.Contains([]string{"all", "default", "lo"}, parts[3]) {
		return ""
	}
	return parts[3]
}

// validSysctl keeps to settings of the host: others would be the computer's,
// and root's lab could write them.
func validSysctl(name, value string) error {
	parts := sysctlParts(name)
	switch {
	case len(parts) < 3 || parts[0] != "net" || slices.ContainsFunc(parts, func(s string) bool { return s == "" || s == "." || s == ".." }):
		return errors.New("not the name of a setting below net")
	case strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == '=' || c == '#' }):
		return errors.New("the name has a character that no setting has")
	case value == "" || value != strings.TrimSpace(value):
		return errors.New("the value is empty or has space around it")
	case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' || c == '#' }):
		return errors.New("the value has a character that no setting takes")
	}
	return nil
}

// validInterfaceName leaves out the words that begin other lines of the text
// format.
func validInterfaceName(name string) error {
	if slices.Contains(append([]string{"switch", "host", "router"}, hostWords...), name) {
		return errors.New("the name is a word of the text format")
	}
	return validName(name)
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
