package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

// maxTargets is how many targets there may be at the most.
const maxTargets = 4096

// Errors of [ParseTargets] and [Probe], to be tested with [errors.Is].
var (
	ErrTooManyTargets = fmt.Errorf("more than %d targets", maxTargets)
	ErrNotOneHost     = errors.New("not the address of one host")
)

var errNoPort = errors.New("no port is named")

// HostPort is a target as it was typed: a name or an address, and a port.
type HostPort struct {
	Host string // without brackets
	Port uint16 // from 1
}

// Target is a port of a host that can be asked, or the reason why there is no
// address to ask.
type Target struct {
	Host string         // as it was typed
	Addr netip.AddrPort // the address is the zero Addr if there is none
	Err  error          // of resolving, see ResolveError; nil if there is an address
}

// ParseTargets reads targets such as 192.168.1.11:9, printer:7-9,1234 and
// [fe80::1%eth0]:9. Hosts are not looked up. A port that is named twice is one
// target. The error says what to write instead; it is [ErrTooManyTargets] for
// more than 4,096 targets.
func ParseTargets(texts ...string) ([]HostPort, error) {
	var list []HostPort
	seen := map[HostPort]bool{}
	for _, text := range texts {
		host, ports, err := splitTarget(text)
		if err != nil {
			return nil, fmt.Errorf("probe: target %q: %w", text, err)
		}
		for ports := range strings.SplitSeq(ports, ",") {
			first, last, err := parsePorts(ports)
			if err != nil {
				return nil, fmt.Errorf("probe: target %q: %w", text, err)
			}
			for port := int(first); port <= int(last); port++ {
				p := HostPort{host, uint16(port)}
				if seen[p] {
					continue
				}
				if len(list) == maxTargets {
					return nil, fmt.Errorf("probe: target %q: %w", text, ErrTooManyTargets)
				}
				seen[p] = true
				list = append(list, p)
			}
		}
	}
	return list, nil
}

func splitTarget(text string) (host, ports string, err error) {
	bare := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		bare = text[1 : len(text)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		return "", "", fmt.Errorf("%w: write %s", errNoPort, net.JoinHostPort(a.String(), "PORT"))
	}
	host, ports, err = net.SplitHostPort(text)
	switch {
	case text != "" && !strings.ContainsAny(text, ":["):
		return "", "", fmt.Errorf("%w: write %s:PORT", errNoPort, text)
	case err != nil:
		return "", "", errors.New("write HOST:PORT, HOST:7-9,1234 or [IPV6]:PORT")
	case host == "":
		return "", "", fmt.Errorf("no host is named: write 127.0.0.1:%s for this one", ports)
	case ports == "":
		return "", "", fmt.Errorf("%w: write %sPORT", errNoPort, text)
	}
	return host, ports, nil
}

// parsePorts reads 9 or 7-9.
func parsePorts(text string) (first, last uint16, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if first, err = parsePort(from); err != nil || !isRange {
		return first, first, err
	}
	if last, err = parsePort(to); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, fmt.Errorf("ports %s: write %d-%d", text, last, first)
	}
	return first, last, nil
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q: want 1 to 65535", text)
	}
	return uint16(n), nil
}

// check returns an error for a target that cannot be asked. Hosts answer a group or
// a broadcast from addresses of their own, which a connected socket does not hear.
func (t Target) check(own host.Networks) error {
	switch a := t.Addr.Addr(); {
	case t.Err != nil:
		return nil // it is not asked
	case a.IsMulticast(), a.IsUnspecified(), !a.IsValid(), own.Broadcast(a):
		return fmt.Errorf("probe: %s: %w", t.Addr, ErrNotOneHost)
	case t.Addr.Port() == 0:
		return fmt.Errorf("probe: %s: port 0: want 1 to 65535", t.Addr)
	}
	return nil
}
