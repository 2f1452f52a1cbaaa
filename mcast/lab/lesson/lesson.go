package lesson

import (
	"bytes"
	"embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Lesson is a text that can be run.
type Lesson struct {
	Name     string // as in `groupcast lab run NAME`
	Title    string
	Topology lab.Topology
	Pitfalls []string // the names of those that it shows
	Goals    []string // what a student can do after it, each a sentence without "after this you can"
	Minutes  int      // that a class needs for it; 0: not said
	Needs    []string // the names of lessons that come before it
	Code     string   // the name of the programs that do the same in four languages; "": none
	Reading  []string // chapters and sections of the standard books and RFCs

	Parts     []Part
	ByHand    []Part // the same looked at with ip, ss, nft and tcpdump: prose and steps
	Questions []Question
	Exercise  *Exercise // nil: none

	source string
}

// Source is the text that it was read from, for [Parse] in another process; "": it has more
// than 64 KiB, or Parse did not read it.
func (l Lesson) Source() string { return l.source }

// Part is a paragraph, a prediction, a drawing or a step, in the order of the text.
// One of its fields is set.
type Part struct {
	Prose   string // a paragraph, on one line
	Predict *Prediction
	Way     *Way
	Step    *Step
}

// Prediction is a question that is asked before what answers it is seen: the steps
// after it.
type Prediction struct {
	Line    int // in the file, from 1
	Text    string
	Choices []string // two or more
	Right   int      // the index of the right one
}

// Question is a question to check what was learned. Its answer stands on a page of
// its own, and is proved by steps that are run after the lesson.
type Question struct {
	Line   int // in the file, from 1
	Text   string
	Answer string
	Proof  []*Step
}

// Way is the way of a datagram over the network, for a drawing.
type Way struct {
	Line  int    // in the file, from 1
	Label string // such as what is sent
	Hops  []Hop
}

// Hop is a datagram's way over one wire or switch.
type Hop struct {
	From string // HOST.INTERFACE
	To   string // HOST.INTERFACE, or a switch: it gets no further
	Lost bool   // it is lost on the way to there
}

// Exercise is a network with a fault in it, which a student finds and mends.
type Exercise struct {
	Task  []string // paragraphs
	Setup []*Step  // these make the fault
	Check []*Step  // these see whether it is mended. They change nothing, and can be done again and again
	Hints []string // three, from vague to literal
	Cure  []Part   // mends it: prose and steps
	Wrong []Part   // does not mend it, though it may seem so: prose and steps
}

// Ends are the commands of the fault that the cure ends. A student who does not see the
// processes of the host cannot do that.
func (e *Exercise) Ends() (commands []string) {
	begun := map[string]string{}
	for _, s := range e.Setup {
		if start, ok := s.action.(*startStep); ok {
			begun[start.name] = start.runStep.String()
		}
	}
	for _, p := range e.Cure {
		if p.Step == nil {
			continue
		}
		if stop, ok := p.Step.action.(stopStep); ok && begun[stop.name] != "" {
			commands = append(commands, begun[stop.name])
		}
	}
	return commands
}

// Ways are the drawings of the lesson itself, in its order.
func (l Lesson) Ways() (list []*Way) {
	for _, p := range l.Parts {
		if p.Way != nil {
			list = append(list, p.Way)
		}
	}
	return list
}

// Step is one line that does something or checks something.
type Step struct {
	Line int    // in the file, from 1
	Text string // as the lesson has it

	lesson string // its name
	action action
}

// String is the step as a class is shown it: a command as a student types it in its host
// or beside the lab, and what has no such command as the lesson has it.
func (s *Step) String() string {
	switch a := s.action.(type) {
	case *runStep:
		return a.String()
	case *startStep:
		return fmt.Sprintf("%s    (keeps running, as %q)", a.runStep.String(), a.name)
	case silentStep:
		return a.run.String()
	case onceStep:
		return a.run.String()
	case faultStep:
		return fmt.Sprintf("$ groupcast lab fault %s %s", s.lesson, strings.TrimPrefix(s.Text, "fault "))
	case sysctlStep:
		return fmt.Sprintf("%s$ sysctl -w %s=%s", a.host, a.name, a.value)
	case routeStep:
		words := strings.SplitN(s.Text, " ", 3) // route HOST add ...
		return fmt.Sprintf("%s$ ip %sroute %s", a.host, family(a.route.Dst), words[2])
	case addressStep:
		words := strings.SplitN(s.Text, " ", 3)
		return fmt.Sprintf("%s$ ip address %s", a.host, words[2])
	case nameStep, nameServerStep, fileStep:
		return fmt.Sprint(a)
	case sayStep:
		return fmt.Sprintf("%s    (typed into %s)", a.line, a.who)
	case stopStep:
		return fmt.Sprintf("%s ends    (kill)", a.who)
	}
	return s.Text
}

// Command is String without the remark that a command goes on.
func (s *Step) Command() string {
	if a, ok := s.action.(*startStep); ok {
		return a.runStep.String()
	}
	return s.String()
}

// family is the option of ip(8) for a destination.
func family(p netip.Prefix) string {
	if p.Addr().Is6() {
		return "-6 "
	}
	return ""
}

// Expected is what the step expects, in words; "": nothing.
func (s *Step) Expected() string { return s.action.expected() }

// Acts reports whether the step does something. Other steps check what the last
// one that acts has done.
func (s *Step) Acts() bool {
	_, checks := s.action.(check)
	return !checks
}

//go:embed lessons/*.txt lessons/scenes/*.txt
var files embed.FS

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
	"one-way",
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

// About returns the names of the lessons about a pitfall or a topic: the given ones,
// which its page names, and then those that name the pitfall. One that is not there
// is left out.
func About(name string, named []string) []string {
	list := slices.DeleteFunc(slices.Clone(named), func(n string) bool { return !slices.Contains(order, n) && !slices.Contains(scenes, n) })
	for _, l := range showing()[name] {
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return slices.Concat([]string{}, list) // not nil
}

// showing are the lessons by the pitfalls that they name.
var showing = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, l := range All() {
		for _, p := range l.Pitfalls {
			m[p] = append(m[p], l.Name)
		}
	}
	return m
})
