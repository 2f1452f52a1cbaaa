package host

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// InterfaceGroups lists the groups of an IP version that any program of the host
// has joined on one interface, as the kernel keeps them.
type InterfaceGroups struct {
	Index   int
	Name    string
	Version int // of IGMP, 1 to 3: the lowest that queriers have used lately, else 3 (RFC 3376, section 7.2.1); 0: not known
	Groups  []JoinedGroup
}

// JoinedGroup is a group that is joined on an interface. 224.0.0.1 and ff02::1
// always are.
type JoinedGroup struct {
	Addr  netip.Addr
	Users int // sockets that joined it there, and the kernel's own uses

	Reporting bool          // a timer runs, at whose end this host reports the group, if nobody else has before
	Due       time.Duration // until then; may be 0 or less when the timer is late
	Reporter  bool          // it is this host that has reported the group last (IGMPv1, IGMPv2 and MLDv1)
}

// Has reports whether anyone has joined the group there.
func (s InterfaceGroups) Has(group netip.Addr) bool { return s.Users(group) > 0 }

// Users counts the sockets that have joined the group there, and the kernel's
// own uses.
func (s InterfaceGroups) Users(group netip.Addr) int {
	for _, g := range s.Groups {
		if g.Addr == group {
			return g.Users
		}
	}
	return 0
}

// parseIGMP reads /proc/net/igmp:
//
//	Idx	Device    : Count Querier	Group    Users Timer	Reporter
//	2	eth0      :     2      V3
//					720000E0     1 0:00000000		0
//
// Groups are hexadecimal numbers in the byte order of the host.
func parseIGMP(r io.Reader) ([]InterfaceGroups, error) {
	var out []InterfaceGroups
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		fields := strings.FieldsFunc(line, isBlank)
		switch {
		case n == 1 || len(fields) == 0:
		case !strings.HasPrefix(line, "\t"):
			s, err := parseIGMPInterface(line)
			if err != nil {
				return nil, fmt.Errorf("igmp: line %d: %w", n, err)
			}
			out = append(out, s)
		case len(out) > 0:
			g, err := parseIGMPGroup(fields)
			if err != nil {
				return nil, fmt.Errorf("igmp: line %d: %w", n, err)
			}
			last := &out[len(out)-1]
			last.Groups = append(last.Groups, g)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("igmp: %w", err)
	}
	return out, nil
}

// isBlank is what separates fields. Interface names may hold Unicode's other
// spaces.
func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// parseIGMPGroup reads "720000E0", "1", "1:0000012C" (whether its timer runs, and
// what is left of it in hexadecimal ticks), "0" (whether this host has reported it
// last).
func parseIGMPGroup(fields []string) (JoinedGroup, error) {
	if len(fields) < 2 {
		return JoinedGroup{}, fmt.Errorf("%q: want a group and its users", fields)
	}
	v, err := strconv.ParseUint(fields[0], 16, 32)
	if err != nil {
		return JoinedGroup{}, fmt.Errorf("group %q is not a hexadecimal address", fields[0])
	}
	users, err := strconv.Atoi(fields[1])
	if err != nil {
		return JoinedGroup{}, fmt.Errorf("users: %w", err)
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(v))
	g := JoinedGroup{Addr: netip.AddrFrom4(b), Users: users}
	if len(fields) < 4 {
		return g, nil // emulated kernels tell no more
	}
	runs, left, ok := strings.Cut(fields[2], ":")
	ticks, err := strconv.ParseUint(left, 16, 64)
	if !ok || err != nil {
		return JoinedGroup{}, fmt.Errorf("timer %q: want whether it runs and the ticks left", fields[2])
	}
	if g.Reporting = runs != "0"; g.Reporting {
		g.Due = fromTicks(int64(ticks))
	}
	g.Reporter = fields[3] != "0"
	return g, nil
}

// fromTicks makes a duration of ticks of USER_HZ, of which a second has 100.
func fromTicks(n int64) time.Duration {
	const tick = time.Second / 100
	return time.Duration(min(max(n, -maxTicks), maxTicks)) * tick
}

const maxTicks = 1 << 32 // a year, which no timer of a group runs

// parseIGMPInterface reads "2	eth0      :     2      V3". Names may hold any
// character but space and slash, so the last colon is the one that counts.
func parseIGMPInterface(line string) (InterfaceGroups, error) {
	colon := strings.LastIndex(line, ":")
	if colon < 0 {
		return InterfaceGroups{}, fmt.Errorf("%q: no interface", line)
	}
	head, tail := strings.FieldsFunc(line[:colon], isBlank), strings.FieldsFunc(line[colon+1:], isBlank)
	if len(head) != 2 || len(tail) != 2 || len(tail[1]) != 2 {
		return InterfaceGroups{}, fmt.Errorf("%q: want index, name, count and version", line)
	}
	index, err := strconv.Atoi(head[0])
	if err != nil {
		return InterfaceGroups{}, fmt.Errorf("%q: index: %w", line, err)
	}
	version, err := strconv.Atoi(strings.TrimPrefix(tail[1], "V"))
	if err != nil {
		return InterfaceGroups{}, fmt.Errorf("%q: version: %w", line, err)
	}
	return InterfaceGroups{Index: index, Name: head[1], Version: version}, nil
}

// parseMLD reads /proc/net/igmp6, a line for each group: index, interface,
// group, users, flags and timer.
//
//	2    eth0            ff020000000000000000000000000114     1 00000004 0
func parseMLD(r io.Reader) ([]InterfaceGroups, error) {
	var out []InterfaceGroups
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.FieldsFunc(lines.Text(), isBlank)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 4 {
			return nil, fmt.Errorf("igmp6: line %d: %q: want index, interface, group and users", n, fields)
		}
		index, err1 := strconv.Atoi(fields[0])
		users, err2 := strconv.Atoi(fields[3])
		b, err3 := hex.DecodeString(fields[2])
		addr, ok := netip.AddrFromSlice(b)
		if err := errors.Join(err1, err2, err3); err != nil || !ok {
			return nil, fmt.Errorf("igmp6: line %d: %q: want index, interface, group and users", n, fields)
		}
		if len(out) == 0 || out[len(out)-1].Index != index {
			out = append(out, InterfaceGroups{Index: index, Name: fields[1]})
		}
		g := JoinedGroup{Addr: addr, Users: users}
		if len(fields) >= 6 {
			const timerRuns, lastReporter = 1, 2 // MAF_TIMER_RUNNING and MAF_LAST_REPORTER in net/if_inet6.h
			flags, err1 := strconv.ParseUint(fields[4], 16, 32)
			ticks, err2 := strconv.ParseInt(fields[5], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				return nil, fmt.Errorf("igmp6: line %d: flags and timer: %w", n, err)
			}
			if g.Reporting = flags&timerRuns != 0; g.Reporting {
				g.Due = fromTicks(ticks)
			}
			g.Reporter = flags&lastReporter != 0
		}
		last := &out[len(out)-1]
		last.Groups = append(last.Groups, g)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("igmp6: %w", err)
	}
	return out, nil
}
