package lesson

import "slices"

// Path is a way through some lessons for a class that has a certain time.
type Path struct {
	Name  string
	Title string
	About string // for whom, and what they can do after it: a sentence or two
	Slots []Slot
}

// Slot is a part of a class's time.
type Slot struct {
	Minutes int
	How     How
	Lesson  string // its name; "": none
	Command string // for everybody, in a talk; "": none
	Text    string // what the teacher does, or says first in place of lessons that the path leaves out
}

// How is how a class takes a lesson.
type How string

const (
	Talk    How = "talk"     // no lesson: the teacher talks, or asks
	Break   How = "break"    // no class
	Watch   How = "watch"    // on the projector, step by step
	Predict How = "predict"  // on the projector, and the class predicts before each key step
	Mend    How = "exercise" // each student mends the network of its exercise
	SkipTo  How = "skip-to"  // all steps at once; then the class looks at the network that it leaves
)

// Minutes is the time of all slots without the breaks.
func (p Path) Minutes() (n int) {
	for _, s := range p.Slots {
		if s.How != Break {
			n += s.Minutes
		}
	}
	return n
}

var paths = []Path{
	{"90-minutes", "90 minutes: from a datagram to a group that nobody hears",
		"For people who program or run networks and have never debugged multicast. After it they can say what a send proves, find the interface that a datagram to a group leaves through, and mend it.",
		[]Slot{
			{5, Talk, "", "groupcast lab run --step=false echo", "Everybody types it. If its last line says that all expectations were met, the computer is ready. A student whose computer refuses sits with a neighbour."},
			{15, Predict, "echo", "", ""},
			{10, Predict, "own-copy-no-proof", "", ""},
			{15, Predict, "article", "", ""},
			{20, Mend, "article", "", "In pairs: one types, the other one reads the screen. Stop after 20 minutes, solved or not, and show the cure."},
			{10, Watch, "ttl-and-routers", "", "Watch it to the prediction about TTL 2, and leave the rest for home."},
			{10, SkipTo, "snooping-no-querier", "", "Say first: a host reports its groups with IGMP when somebody queries; a switch that reads the reports forwards a group to its members only. Then ask: what happens if nobody queries?"},
			{5, Talk, "", "groupcast doctor 224.0.0.114", "Each student writes down the first thing to check when a group is silent, and why. The doctor of groupcast checks it on their own network: show that it exists. Hand out the worksheet of article for home."},
		}},
	{"one-day", "One day: UDP, groups, routers and switches",
		"For a class that will write programs for multicast or look after networks that carry it. After it they can tell the sender's, the network's and the receiver's faults apart, and have mended one of each kind.",
		[]Slot{
			{10, Talk, "", "groupcast lab run --step=false echo", "Everybody types it, and sees whether the computer is ready. Show the parts of a lesson: the network, the commands, the expectations."},
			{15, Predict, "echo", "", ""},
			{10, Mend, "echo", "", ""},
			{15, Predict, "refused", "", ""},
			{20, Predict, "answers-and-silence", "", ""},
			{15, Mend, "answers-and-silence", "", ""},
			{15, Break, "", "", ""},
			{15, Predict, "bind-and-ports", "", ""},
			{10, Predict, "own-copy-no-proof", "", ""},
			{20, Predict, "igmp", "", ""},
			{15, Predict, "others-groups", "", ""},
			{10, SkipTo, "interface-deleted", "", "Ask before you start it: an interface is deleted and made anew, and two programs were members on it, a plain one and one that joins again. Which of them still receive?"},
			{60, Break, "", "", ""},
			{15, Predict, "article", "", ""},
			{20, Mend, "article", "", "In pairs. Those who finish early mend join-is-not-the-way-out."},
			{15, Predict, "join-is-not-the-way-out", "", ""},
			{15, Watch, "reverse-path", "", ""},
			{15, Break, "", "", ""},
			{15, Predict, "ttl-and-routers", "", ""},
			{10, Watch, "never-routed", "", ""},
			{15, Predict, "snooping-no-querier", "", ""},
			{20, Mend, "snooping-no-querier", "", "In pairs. Those who finish early mend reverse-path."},
			{15, Watch, "ping-a-group", "", ""},
			{15, Talk, "", "groupcast lab report", "Ask check questions from the pages of the blocks. Each student hands in the report."},
		}},
}

// Paths returns the paths through the course.
func Paths() []Path {
	list := slices.Clone(paths)
	for i := range list { // a lesson that is not written yet has its slot
		list[i].Slots = slices.DeleteFunc(slices.Clone(list[i].Slots), func(s Slot) bool { return s.Lesson != "" && !written(s.Lesson) })
	}
	return list
}

// PathOf is the way through all lessons of a block. Their exercises are for those who finish
// early, and for home.
func PathOf(b Block) Path {
	p := Path{Name: b.Name, Title: b.Title, About: b.About}
	for _, l := range b.All() {
		p.Slots = append(p.Slots, Slot{Minutes: l.Minutes, How: Predict, Lesson: l.Name})
	}
	return p
}

// FindPath finds a path, or the path through a block, by its name.
func FindPath(name string) (p Path, ok bool) {
	all := Paths()
	if i := slices.IndexFunc(all, func(p Path) bool { return p.Name == name }); i >= 0 {
		return all[i], true
	}
	if b, ok := FindBlock(name); ok {
		return PathOf(b), true
	}
	return Path{}, false
}
