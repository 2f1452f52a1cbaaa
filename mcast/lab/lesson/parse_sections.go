package lesson

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Sections of a text, after "== ". What stands before the first is the lesson itself.
const (
	inHand     = "by hand"
	inExercise = "exercise"
	inCheck    = "check"
	inHints    = "hints"
	inCure     = "cure"
	inWrong    = "wrong"
)

var sections = []string{inHand, inExercise, inCheck, inHints, inCure, inWrong}

const (
	mostMinutes = 240
	hintsWanted = 3
)

// tools are the programs that may be used beside groupcast and peer, where a person
// would type a command. Not every host has them.
var tools = []string{"cat", "getent", "ip", "nft", "ping", "ss", "sysctl", "tc", "tcpdump"}

// mayUseTools reports whether the section is one of those that a student types. What
// everybody runs, the lesson itself and the check, is done with what everybody has.
func (p *parser) mayUseTools() bool {
	return p.section == inHand || p.section == inCure || p.section == inWrong || len(p.lesson.Questions) > 0 && p.section == ""
}

// begin begins a section.
func (p *parser) begin(n int, name string) error {
	switch {
	case !slices.Contains(sections, name):
		return fmt.Errorf("section %q: want one of %s", name, strings.Join(sections, ", "))
	case p.sections[name] != 0:
		return fmt.Errorf("a second section %q; the first is in line %d", name, p.sections[name])
	case name != inHand && name != inExercise && p.lesson.Exercise == nil:
		return fmt.Errorf("section %q: want it after == %s", name, inExercise)
	}
	p.section, p.sections[name] = name, n
	if name == inExercise {
		p.lesson.Exercise = &Exercise{}
	}
	return nil
}

// place puts a step where it belongs.
func (p *parser) place(s *Step) error {
	part, l := Part{Step: s}, &p.lesson
	switch p.section {
	case inHand:
		l.ByHand = append(l.ByHand, part)
	case inExercise:
		l.Exercise.Setup = append(l.Exercise.Setup, s)
	case inCheck:
		if s.changes() {
			return fmt.Errorf("%q: a check looks and sends, and changes nothing", s.Text)
		}
		l.Exercise.Check = append(l.Exercise.Check, s)
	case inHints:
		return fmt.Errorf("%q: a hint is text", s.Text)
	case inCure:
		l.Exercise.Cure = append(l.Exercise.Cure, part)
	case inWrong:
		l.Exercise.Wrong = append(l.Exercise.Wrong, part)
	default:
		if n := len(l.Questions); n > 0 {
			l.Questions[n-1].Proof = append(l.Questions[n-1].Proof, s)
			return nil
		}
		l.Parts = append(l.Parts, part)
	}
	return nil
}

// changes reports whether the step changes the network.
func (s *Step) changes() bool {
	switch s.action.(type) {
	case faultStep, sysctlStep, routeStep, addressStep, networkStep, nameStep, nameServerStep, fileStep:
		return true
	}
	return false
}

func (p *parser) paragraphEnds() error {
	text := strings.Join(p.paragraph, " ")
	p.paragraph = nil
	if text == "" {
		return nil
	}
	l := &p.lesson
	switch p.section {
	case inHand:
		l.ByHand = append(l.ByHand, Part{Prose: text})
	case inExercise:
		l.Exercise.Task = append(l.Exercise.Task, text)
	case inCheck:
		return errors.New("a check has no prose")
	case inHints:
		l.Exercise.Hints = append(l.Exercise.Hints, text)
	case inCure:
		l.Exercise.Cure = append(l.Exercise.Cure, Part{Prose: text})
	case inWrong:
		l.Exercise.Wrong = append(l.Exercise.Wrong, Part{Prose: text})
	default:
		return p.told(text)
	}
	return nil
}

// told is a paragraph of the lesson itself.
func (p *parser) told(text string) error {
	l := &p.lesson
	if question, ok := strings.CutPrefix(text, "? "); ok {
		l.Questions = append(l.Questions, Question{Line: p.began, Text: question})
		return nil
	}
	if n := len(l.Questions); n > 0 {
		last := &l.Questions[n-1]
		answer, ok := strings.CutPrefix(text, "= ")
		switch {
		case !ok:
			return errors.New("after the first question come answers, which begin with \"= \", their steps, and other questions")
		case last.Answer != "":
			return errors.New("the question has an answer already")
		}
		last.Answer = answer
		return nil
	}
	if strings.HasPrefix(text, "= ") {
		return errors.New("an answer without a question")
	}
	if rest, ok := strings.CutPrefix(text, "predict: "); ok {
		prediction, err := parsePrediction(rest)
		prediction.Line = p.began
		l.Parts = append(l.Parts, Part{Predict: &prediction})
		return err
	}
	if rest, ok := strings.CutPrefix(text, "way: "); ok {
		way, err := p.way(rest)
		way.Line = p.began
		l.Parts = append(l.Parts, Part{Way: &way})
		return err
	}
	l.Parts = append(l.Parts, Part{Prose: text})
	return nil
}

// parsePrediction parses "QUESTION | CHOICE | CHOICE*...", where the star is at the
// right one.
func parsePrediction(text string) (Prediction, error) {
	pieces := strings.Split(text, "|")
	prediction := Prediction{Text: strings.TrimSpace(pieces[0]), Right: -1}
	for _, piece := range pieces[1:] {
		choice, right := strings.CutSuffix(strings.TrimSpace(piece), "*")
		choice = strings.TrimSpace(choice)
		switch {
		case choice == "":
			return prediction, errors.New("predict: a choice is empty")
		case slices.Contains(prediction.Choices, choice):
			return prediction, fmt.Errorf("predict: the choice %q is there twice", choice)
		case right && prediction.Right >= 0:
			return prediction, errors.New("predict: two choices are right, with a * at their ends")
		case right:
			prediction.Right = len(prediction.Choices)
		}
		prediction.Choices = append(prediction.Choices, choice)
	}
	switch {
	case prediction.Text == "" || len(prediction.Choices) < 2:
		return prediction, errors.New("want predict: QUESTION | CHOICE | CHOICE*, with a * at the end of the right one")
	case prediction.Right < 0:
		return prediction, errors.New("predict: no choice is right; the right one has a * at its end")
	}
	return prediction, nil
}

// way parses "LABEL | FROM > TO, FROM > TO...", where FROM and TO are interfaces, such
// as A.eth0, and TO may be a switch. A ! after TO says that it is lost on the way
// there.
func (p *parser) way(text string) (Way, error) {
	label, rest, ok := strings.Cut(text, "|")
	way := Way{Label: strings.TrimSpace(label)}
	if !ok || way.Label == "" {
		return way, errors.New("want way: LABEL | HOST.INTERFACE > HOST.INTERFACE, ... with a ! after what it does not reach")
	}
	for piece := range strings.SplitSeq(rest, ",") {
		from, to, _ := strings.Cut(piece, ">")
		hop := Hop{From: strings.TrimSpace(from), To: strings.TrimSpace(to)}
		hop.To, hop.Lost = strings.CutSuffix(hop.To, "!")
		at, onSwitch := p.switchOf(hop.From), hop.To
		if to := p.switchOf(hop.To); to != "" {
			onSwitch = to
		}
		switch {
		case at == "":
			return way, fmt.Errorf("way: %q is no HOST.INTERFACE at a switch", hop.From)
		case hop.From == hop.To:
			return way, fmt.Errorf("way: %q leads to itself; what is looped back is on no wire", hop.From)
		case !p.joined(at, onSwitch):
			return way, fmt.Errorf("way: %q is not on the switch of %s, nor is it that switch", hop.To, hop.From)
		}
		way.Hops = append(way.Hops, hop)
	}
	return way, nil
}

// switchOf is the switch of an interface, such as A.eth0; "": there is none.
func (p *parser) switchOf(name string) string {
	host, name, _ := strings.Cut(name, ".")
	for _, h := range p.lesson.Topology.Hosts {
		for _, i := range h.Interfaces {
			if h.Name == host && i.Name == name {
				return i.Switch
			}
		}
	}
	return ""
}

// joined reports whether two switches are one, or one LAN.
func (p *parser) joined(a, b string) bool {
	root := func(name string) string {
		for range p.lesson.Topology.Switches {
			for _, s := range p.lesson.Topology.Switches {
				if s.Name == name && s.On != "" {
					name = s.On
				}
			}
		}
		return name
	}
	known := slices.ContainsFunc(p.lesson.Topology.Switches, func(s lab.Switch) bool { return s.Name == b })
	return known && root(a) == root(b)
}

// incomplete is what the text lacks, with the line where it should be.
func (p *parser) incomplete() (list []*atLine) {
	lacks := func(line int, format string, args ...any) {
		list = append(list, &atLine{line, fmt.Errorf(format, args...)})
	}
	l := p.lesson
	for _, q := range l.Questions {
		checks := slices.ContainsFunc(q.Proof, func(s *Step) bool { return !s.Acts() || s.action.expected() != "" })
		switch {
		case q.Answer == "":
			lacks(q.Line, "the question has no answer: a paragraph after it that begins with \"= \"")
		case !checks:
			lacks(q.Line, "nothing proves the answer: want steps below it, one of which expects something")
		}
	}
	for i, part := range l.Parts {
		if part.Predict != nil && part.Predict.Right >= 0 && !shown(l.Parts[i+1:]) {
			lacks(part.Predict.Line, "predict: nothing after it shows which choice is right: want a step that acts, and one that expects something")
		}
	}
	e := l.Exercise
	if e == nil {
		return list
	}
	line := p.sections[inExercise]
	if len(e.Task) == 0 {
		lacks(line, "the exercise has no task: a paragraph after == %s", inExercise)
	}
	if len(e.Setup) == 0 {
		lacks(line, "the exercise has no fault: want steps after its task")
	}
	if !slices.ContainsFunc(e.Check, func(s *Step) bool { return s.action.expected() != "" }) {
		lacks(line, "the exercise has no check, or one that expects nothing")
	}
	if len(e.Hints) != hintsWanted {
		lacks(line, "the exercise has %d hints, want %d paragraphs after == %s", len(e.Hints), hintsWanted, inHints)
	}
	for name, parts := range map[string][]Part{inCure: e.Cure, inWrong: e.Wrong} {
		if !slices.ContainsFunc(parts, func(p Part) bool { return p.Step != nil }) {
			lacks(line, "the exercise has no steps after == %s", name)
		}
	}
	slices.SortStableFunc(list, func(a, b *atLine) int { return strings.Compare(a.Error(), b.Error()) })
	return list
}

// shown reports whether the parts, up to the next prediction, act and expect something.
func shown(parts []Part) bool {
	acted := false
	for _, p := range parts {
		switch {
		case p.Predict != nil:
			return false
		case p.Step == nil:
		case p.Step.action.expected() != "" && (acted || p.Step.Acts()):
			return true
		case p.Step.Acts():
			acted = true
		}
	}
	return false
}
