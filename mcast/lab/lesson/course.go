package lesson

import (
	"io/fs"
	"slices"
)

// Block is a part of the course: lessons on one subject, in the order to take them in.
type Block struct {
	Name    string
	Title   string
	Lessons []string // their names
}

// course is the order to take the lessons in.
var course = []Block{
	{"udp", "UDP", []string{
		"echo",
		"refused",
		"who-is-connected",
		"udp-connect-and-tcp",
		"answers-and-silence",
		"bind-and-ports",
		"truncation",
		"buffers",
		"receive-overflow",
		"fragments",
		"names-and-addresses",
	}},
	{"group", "A group", []string{
		"igmp",
		"mld",
		"igmp-version-and-ssm",
		"same-mac",
		"nic-modes",
		"own-copy-no-proof",
		"loopback-off",
		"others-groups",
		"interface-deleted",
	}},
	{"way-out", "The outgoing interface", []string{
		"article",
		"join-is-not-the-way-out",
		"reverse-path",
		"ipv6-zones",
		"private-vpn",
	}},
	{"beyond", "Beyond the LAN", []string{
		"ttl-and-routers",
		"choosing-a-group",
		"never-routed",
		"source-specific",
		"snooping-no-querier",
		"querier-election",
	}},
	{"members", "Members", []string{
		"ping-a-group",
		"two-sided",
		"sealed-room",
	}},
	{"tools", "Tools: a look inside", []string{
		"send-path",
		"receive-path",
		"echo-storm",
	}},
}

// order is the order of all lessons.
var order = func() (names []string) {
	for _, b := range course {
		for _, name := range b.Lessons {
			if _, err := fs.Stat(files, "lessons/"+name+".txt"); err == nil { // those that are not written yet have a place
				names = append(names, name)
			}
		}
	}
	return names
}()

// BlockOf is the block of a lesson; ok is false if it is in none.
func BlockOf(name string) (b Block, ok bool) {
	i := slices.IndexFunc(course, func(b Block) bool { return slices.Contains(b.Lessons, name) })
	if i < 0 {
		return Block{}, false
	}
	return course[i], true
}
