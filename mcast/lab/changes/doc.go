// Package changes tells what a student changed in the hosts of a lab. [Read] takes a
// snapshot of a host's network configuration, and [Diff] compares two: it is pure.
//
// A snapshot has the links, addresses, routes, rules, memberships, UDP sockets with
// a port that was chosen, the chains of the firewall and some sysctls. It has nothing of
// ephemeral ports, traffic control and the programs.
package changes

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what a fact is about.
type Kind string

// The kinds, in the order in which they are listed.
const (
	Link       Kind = "link"
	Address    Kind = "address"
	Route      Kind = "route"
	Rule       Kind = "rule"
	Membership Kind = "membership"
	Socket     Kind = "socket"
	Firewall   Kind = "firewall"
	Sysctl     Kind = "sysctl"
)

var kinds = []Kind{Link, Address, Route, Rule, Membership, Socket, Firewall, Sysctl}

// Fact names one thing of a host, such as an address on an interface.
type Fact struct {
	Kind Kind
	Name string // such as "224.0.0.0/4", or "192.168.8.1/24 on eth0"
}

// Snapshot is what a host had at a moment: each fact with its value, which may be "".
type Snapshot map[Fact]string

// Most bounds the facts of a snapshot: a host with more has the first ones.
const Most = 4096

func (s Snapshot) add(kind Kind, name, value string) {
	if len(s) < Most {
		s[Fact{kind, name}] = value
	}
}

// Change is one that happened between two snapshots of a host.
type Change struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	Was  string `json:"was,omitempty"` // the value before
	Is   string `json:"is,omitempty"`  // the value after
	Way  string `json:"way"`           // added, removed or changed
}

// The ways of a [Change].
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Diff tells what changed, sorted by kind and name.
func Diff(before, after Snapshot) (list []Change) {
	for f, is := range after {
		was, there := before[f]
		switch {
		case !there:
			list = append(list, Change{f.Kind, f.Name, "", is, Added})
		case was != is:
			list = append(list, Change{f.Kind, f.Name, was, is, Changed})
		}
	}
	for f, was := range before {
		if _, there := after[f]; !there {
			list = append(list, Change{f.Kind, f.Name, was, "", Removed})
		}
	}
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Way, b.Way))
	})
	return list
}

// String is the change in words: "route 224.0.0.0/4: dev eth0, was dev eth1".
func (c Change) String() string {
	text := string(c.Kind) + " " + c.Name
	switch {
	case c.Way == Changed:
		return text + ": " + cmp.Or(c.Is, "empty") + ", was " + cmp.Or(c.Was, "empty")
	case c.Was+c.Is == "":
		return text + ": " + c.Way
	}
	return text + ": " + c.Way + ", " + c.Was + c.Is
}
