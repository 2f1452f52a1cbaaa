package mcast

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// IGMPState is what the kernel keeps for one interface: the version that it
// speaks there, and every group that any program of the host has joined.
type IGMPState struct {
	Index   int
	Name    string
	Version int // 1 to 3: the lowest that a querier was heard with lately, else 3 (RFC 3376, section 7.2.1)
	Groups  []IGMPGroup
}

// IGMPGroup is a group that is joined on an interface. 224.0.0.1 always is.
type IGMPGroup struct {
	Addr  netip.Addr
	Users int // sockets that joined it there, and the kernel's own uses
}

// Has reports whether anyone has joined the group there.
func (s IGMPState) Has(group netip.Addr) bool { return s.users(group) > 0 }

func (s IGMPState) users(group netip.Addr) int {
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
func parseIGMP(r io.Reader) ([]IGMPState, error) {
	var out []IGMPState
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

// parseIGMPGroup reads "720000E0", "1", and what follows.
func parseIGMPGroup(fields []string) (IGMPGroup, error) {
	if len(fields) < 2 {
		return IGMPGroup{}, fmt.Errorf("%q: want a group and its users", fields)
	}
	v, err := strconv.ParseUint(fields[0], 16, 32)
	if err != nil {
		return IGMPGroup{}, fmt.Errorf("group %q is not a hexadecimal address", fields[0])
	}
	users, err := strconv.Atoi(fields[1])
	if err != nil {
		return IGMPGroup{}, fmt.Errorf("users: %w", err)
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(v))
	return IGMPGroup{Addr: netip.AddrFrom4(b), Users: users}, nil
}

// parseIGMPInterface reads "2	eth0      :     2      V3". Names may hold any
// character but space and slash, so the last colon is the one that counts.
func parseIGMPInterface(line string) (IGMPState, error) {
	colon := strings.LastIndex(line, ":")
	if colon < 0 {
		return IGMPState{}, fmt.Errorf("%q: no interface", line)
	}
	head, tail := strings.FieldsFunc(line[:colon], isBlank), strings.FieldsFunc(line[colon+1:], isBlank)
	if len(head) != 2 || len(tail) != 2 || len(tail[1]) != 2 {
		return IGMPState{}, fmt.Errorf("%q: want index, name, count and version", line)
	}
	index, err := strconv.Atoi(head[0])
	if err != nil {
		return IGMPState{}, fmt.Errorf("%q: index: %w", line, err)
	}
	version, err := strconv.Atoi(strings.TrimPrefix(tail[1], "V"))
	if err != nil {
		return IGMPState{}, fmt.Errorf("%q: version: %w", line, err)
	}
	return IGMPState{Index: index, Name: head[1], Version: version}, nil
}
