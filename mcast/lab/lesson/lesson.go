package lesson

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Lesson is a text that can be run.
type Lesson struct {
	Name     string // as in `groupcast lab run NAME`
	Title    string
	Topology lab.Topology
	Pitfalls []string // the names of those that it shows
	Parts    []Part
}

// Part is a paragraph, a question or a step, in the order of the text.
type Part struct {
	Prose    string // a paragraph, on one line
	Question string // a question to the class, on one line
	Step     *Step
}

// Step is one line that does something or checks something.
type Step struct {
	Line int    // in the file, from 1
	Text string // as the lesson has it

	action action
}

// String is the step as a class is shown it: a command as it is typed in its
// host, anything else as the lesson has it.
func (s *Step) String() string {
	switch a := s.action.(type) {
	case *runStep:
		return a.String()
	case *startStep:
		return fmt.Sprintf("%s    (goes on, as %q)", a.runStep.String(), a.name)
	case silentStep:
		return a.run.String()
	}
	return s.Text
}

// Acts reports whether the step does something. Other steps check what the last
// one that acts has done.
func (s *Step) Acts() bool {
	_, checks := s.action.(check)
	return !checks
}

//go:embed lessons/*.txt lessons/scenes/*.txt
var files embed.FS

// order is the order to take the lessons in.
var order = []string{
	"article",
	"join-is-not-the-way-out",
	"own-copy-no-proof",
	"kernel",
	"loopback-off",
	"ttl-and-routers",
	"never-routed",
	"same-mac",
	"others-groups",
	"bind-and-ports",
	"reverse-path",
	"snooping-no-querier",
	"interface-deleted",
	"receive-overflow",
	"fragments",
	"source-specific",
	"echo",
	"refused",
	"answers-and-silence",
	"ping-a-group",
	"echo-storm",
	"ipv6-zones",
}

// scenes are named for pitfalls, in the order of the doctor's catalogue.
var scenes = []string{
	"wrong-egress",
	"no-route",
	"join-send-mismatch",
	"wrong-source",
	"no-zone",
	"loopback-not-proof",
	"hops-too-small",
	"over-mtu",
	"send-queue-full",
	"firewall-out",
	"membership-lost",
	"joined-elsewhere",
	"too-many-groups",
	"ssm-over-asm",
	"igmp-version",
	"source-blocked",
	"not-heard",
	"stopped",
	"unicast-bind",
	"wrong-device",
	"port-shared",
	"port-taken",
	"wrong-port",
	"bad-checksum",
	"firewall-in",
	"no-querier",
	"no-multicast-router",
	"reports-blocked",
	"queries-blocked",
	"no-way-back",
	"interface-down",
	"flag-off",
	"no-address",
	"bridge-port",
	"macvlan",
	"two-on-one-lan",
	"duplicate-address",
	"reflected",
	"doubled",
}

// All returns the lessons that come with the program, in the order to take
// them in.
func All() []Lesson { return mustEmbedded(order, "lessons/") }

// Scenes returns the scenes that are no lessons.
func Scenes() []Lesson { return mustEmbedded(scenes, sceneDir) }

const sceneDir = "lessons/scenes/"

func mustEmbedded(names []string, dir string) []Lesson {
	list := make([]Lesson, len(names))
	for i, name := range names {
		l, err := embedded(dir, name)
		if err != nil {
			panic(err) // a test reads them all
		}
		list[i] = l
	}
	return list
}

func embedded(dir, name string) (Lesson, error) {
	b, err := files.ReadFile(dir + name + ".txt")
	if err != nil {
		return Lesson{}, err
	}
	return Parse(name+".txt", bytes.NewReader(b))
}

// Find returns the lesson or the scene of that name. The error names those that
// may have been meant, three at the most.
func Find(name string) (Lesson, error) {
	switch {
	case slices.Contains(order, name):
		return embedded("lessons/", name)
	case slices.Contains(scenes, name):
		return embedded(sceneDir, name)
	}
	near := meant(name, slices.Concat(order, scenes))
	if len(near) == 0 {
		return Lesson{}, fmt.Errorf("no lesson %q: groupcast lab run lists them", name)
	}
	return Lesson{}, fmt.Errorf("no lesson %q: did you mean %s?", name, strings.Join(near, ", "))
}

// mostMeant is how many names a mistyped one may have been.
const mostMeant = 3

// meant are the names nearest to a mistyped one, or else those with a word that
// begins as it does, or as a word of it.
func meant(typed string, names []string) []string {
	near := lab.Nearest(typed, names)
	if typed = strings.ToLower(typed); len(near) == 0 {
		for _, word := range append([]string{typed}, strings.FieldsFunc(typed, func(r rune) bool { return r == '-' || r == '_' || r == ' ' })...) {
			for _, name := range names {
				if len(word) >= 3 && strings.Contains("-"+name, "-"+word) && !slices.Contains(near, name) {
					near = append(near, name)
				}
			}
		}
	}
	return near[:min(len(near), mostMeant)]
}
