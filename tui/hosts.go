package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
)

// sortedHosts sorts hosts by address, for the eye: rows that jump with every datagram cannot be
// read.
func sortedHosts(list []chat.Sender) []chat.Sender {
	return slices.SortedFunc(slices.Values(list), func(a, b chat.Sender) int { return a.Addr.Compare(b.Addr) })
}

// everyHost is all that was heard: other hosts, and this one by its other programs.
func everyHost(room chat.Snapshot) []chat.Sender { return slices.Concat(room.Senders, room.Local) }

// isLocal reports whether a host that was heard is this one.
func isLocal(room chat.Snapshot, s chat.Sender) bool {
	return slices.ContainsFunc(room.Local, func(l chat.Sender) bool { return l.Addr == s.Addr })
}

func hostName(s chat.Sender) string { return clean(s.Addr.String()) }

// portCount says from how many ports a host sent; "": from one.
func portCount(s chat.Sender) string {
	switch {
	case s.MorePorts:
		return "over " + count(len(s.Ports), "port")
	case len(s.Ports) > 1:
		return count(len(s.Ports), "port")
	}
	return ""
}

// listedPorts is how many ports of a host are listed: those that were heard last.
const listedPorts = 4

// portList names the ports that a host sent from, in their order.
func portList(s chat.Sender) string {
	if len(s.Ports) == 0 {
		return ""
	}
	latest := s.Ports[:min(len(s.Ports), listedPorts)]
	names := make([]string, 0, len(latest))
	for _, port := range slices.Sorted(slices.Values(latest)) {
		names = append(names, strconv.Itoa(int(port)))
	}
	text := "port " + names[0]
	if len(names) > 1 {
		text = "ports " + strings.Join(names, ", ")
	}
	switch more := len(s.Ports) - len(latest); {
	case s.MorePorts:
		text += fmt.Sprintf(" and over %d more", more)
	case more > 0:
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
