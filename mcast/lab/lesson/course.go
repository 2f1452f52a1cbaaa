package lesson

import (
	"io/fs"
	"slices"
)

// Block is a part of the course: lessons on one subject, in the order to take them in.
type Block struct {
	Name    string
	Title   string
	About   string   // what a class learns in it: a sentence
	Lessons []string // their names
}

// course is the order to take the lessons in.
var course = []Block{
	{"udp", "UDP", "A send proves little, and a datagram can be lost without an error: on the wire, in a firewall, in a buffer.", []string{
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
	{"group", "A group", "A program joins a group on an interface. Switches and routers read its report, and the kernel decides which programs get a datagram.", []string{
		"own-copy-no-proof", // says what a group is
		"loopback-off",
		"igmp",
		"mld",
		"igmp-version-and-ssm",
		"same-mac",
		"nic-modes",
		"others-groups",
		"interface-deleted",
	}},
	{"way-out", "The outgoing interface", "The routing table or the program chooses the interface that a datagram leaves through. A membership does not.", []string{
		"article",
		"join-is-not-the-way-out",
		"reverse-path",
		"ipv6-zones",
		"private-vpn",
	}},
	{"beyond", "Beyond the LAN", "Routers and switches decide how far a datagram to a group gets: TTL, scopes, sources, IGMP snooping and queriers.", []string{
		"ttl-and-routers",
		"choosing-a-group",
		"never-routed",
		"source-specific",
		"snooping-no-querier",
		"querier-election",
		"two-rooms",
	}},
	{"members", "Members", "The members of a group answer, report what they receive, and can keep others from reading.", []string{
		"ping-a-group",
		"two-sided",
		"sealed-room",
	}},
	{"tools", "Tools: a look inside", "A look at the kernel, function by function, and at what a forged datagram can do.", []string{
		"send-path",
		"receive-path",
		"echo-storm",
	}},
}

// order is the order of all lessons.
var order = func() (names []string) {
	for _, b := range course {
		for _, name := range b.Lessons {
			if written(name) {
				names = append(names, name)
			}
		}
	}
	return names
}()

// written reports whether there is a lesson of that name: one that is not written yet has
// a place all the same.
func written(name string) bool {
	_, err := fs.Stat(files, "lessons/"+name+".txt")
	return err == nil
}

// Course returns the blocks, in the order to take them in.
func Course() []Block {
	list := slices.Clone(course)
	for i := range list {
		list[i].Lessons = slices.DeleteFunc(slices.Clone(list[i].Lessons), func(name string) bool { return !written(name) })
	}
	return list
}

// FindBlock finds a block by its name.
func FindBlock(name string) (b Block, ok bool) {
	i := slices.IndexFunc(Course(), func(b Block) bool { return b.Name == name })
	if i < 0 {
		return Block{}, false
	}
	return Course()[i], true
}

// All returns the lessons of a block.
func (b Block) All() []Lesson { return mustEmbedded(b.Lessons, "lessons/") }

// Minutes is how long a class needs for its lessons, without their exercises.
func (b Block) Minutes() (n int) {
	for _, l := range b.All() {
		n += l.Minutes
	}
	return n
}

// BlockOf is the block of a lesson; ok is false if it is in none.
func BlockOf(name string) (b Block, ok bool) {
	i := slices.IndexFunc(course, func(b Block) bool { return slices.Contains(b.Lessons, name) })
	if i < 0 {
		return Block{}, false
	}
	return course[i], true
}
