package lesson

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// syntaxError says where the text of a lesson cannot be understood.
type syntaxError struct {
	file string
	line int // from 1
	err  error
}

// atLine says that an error is of another line than that which showed it.
type atLine struct {
	line int
	err  error
}

func at(line int, err error) error {
	if err == nil {
		return nil
	}
	return &atLine{line, err}
}

func (a *atLine) Error() string { return a.err.Error() }

func (a *atLine) Unwrap() error { return a.err }

// Error is such as "article.txt:12: cause".
func (e *syntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err) }

func (e *syntaxError) Unwrap() error { return e.err }

// Bounds of a text.
const (
	mostLineBytes = 16 << 10
	mostLines     = 20_000
	mostSource    = 64 << 10 // bytes of a text that is kept
	mostErrors    = 20
	mostName      = 64               // bytes
	mostWithin    = 10 * time.Minute // that a step waits for what it expects
)

// Parse reads a lesson; its name is the file's without the extension, with a dash for
// what is no letter or digit, and 64 bytes at the most. The text is UTF-8 without control
// characters. The
// error has a line, such as "article.txt:12: cause", for each line of the text
// that is wrong, for the first 20 of them. A text has 20,000 lines of 16 KiB at
// the most.
func Parse(file string, in io.Reader) (Lesson, error) { return parse(file, in, false) }

// ParseListing is Parse for a text in which the command may be listing as well: the
// program that [Options.Listing] names.
func ParseListing(file string, in io.Reader) (Lesson, error) { return parse(file, in, true) }

func parse(file string, in io.Reader, listing bool) (Lesson, error) {
	p := &parser{
		lesson:   Lesson{Name: nameOf(file)},
		hosts:    map[string]bool{},
		programs: map[string]string{},
		sections: map[string]int{},
		listing:  listing,
	}
	var errs []error
	var failed func(line int, err error)
	failed = func(line int, err error) {
		if both, ok := err.(interface{ Unwrap() []error }); ok { // of errors.Join
			for _, err := range both.Unwrap() {
				failed(line, err)
			}
			return
		}
		if elsewhere, ok := errors.AsType[*atLine](err); ok {
			line, err = elsewhere.line, elsewhere.err
		}
		if err != nil {
			errs = append(errs, &syntaxError{file, line, err})
		}
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, mostLineBytes)
	n := 0
	var source strings.Builder
	for len(errs) <= mostErrors && lines.Scan() {
		n++
		if n > mostLines {
			return Lesson{}, &syntaxError{file, n, fmt.Errorf("a lesson has at most %d lines", mostLines)}
		}
		text := lines.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff") // as editors on Windows write it
		}
		if err := legible(text); err != nil {
			failed(n, err)
			continue
		}
		failed(n, p.line(n, text))
		if source.Len() <= mostSource {
			source.WriteString(text + "\n")
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return Lesson{}, errors.Join(append(errs, &syntaxError{file, n + 1, fmt.Errorf("the line has more than %d bytes", mostLineBytes)})...)
	case err != nil:
		return Lesson{}, errors.Join(append(errs, &syntaxError{file, n + 1, err})...)
	case len(errs) > mostErrors:
		return Lesson{}, errors.Join(append(errs[:mostErrors], &syntaxError{file, n, errors.New("there are more errors; mend these first")})...)
	}
	failed(p.began, p.paragraphEnds())
	switch l := p.lesson; {
	case l.Title == "" || len(l.Topology.Hosts) == 0:
		failed(max(n, 1), errors.New("the header has no title or no topology"))
	case len(l.Parts) == 0:
		failed(max(n, 1), errors.New("there is nothing after the header"))
	}
	for _, at := range p.incomplete() {
		failed(at.line, at.err)
	}
	if source.Len() <= mostSource && !listing {
		p.lesson.source = source.String()
	}
	return p.lesson, errors.Join(errs...)
}

// legible refuses what a terminal does not show, or obeys.
func legible(line string) error {
	if !utf8.ValidString(line) {
		return errors.New("the line is not UTF-8")
	}
	for _, r := range line {
		if r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return fmt.Errorf("the line has the character %U, which controls a terminal and is no text", r)
		}
	}
	return nil
}

// nameOf is the name of a file's lesson: the file's without the extension, with a dash
// for all but letters, digits, dots and dashes.
func nameOf(file string) string {
	name := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_' || !unicode.IsPrint(r) || r == utf8.RuneError {
			return '-'
		}
		return r
	}, strings.TrimSuffix(filepath.Base(file), ".txt"))
	for len(name) > mostName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return name
}

type parser struct {
	lesson    Lesson
	hosts     map[string]bool
	programs  map[string]string // the hosts of those that go on, by name
	listing   bool              // the command listing is allowed
	gap       bool              // an empty line has followed the title
	body      bool              // the header has ended
	section   string            // after its "== "; "": the lesson itself
	sections  map[string]int    // the lines of those that have begun
	paragraph []string
	began     int      // the line of the paragraph's first
	command   *runStep // the last step, if it was a command
	last      string   // the host of the last command that was run to its end
}

// headerKeys begin the lines of a header, which may have empty lines between them.
var headerKeys = []string{"title", "topology", "pitfalls", "goal", "minutes", "needs", "code", "read"}

func (p *parser) line(n int, text string) error {
	if strings.TrimSpace(text) == "" {
		err := p.paragraphEnds()
		p.gap = p.lesson.Title != ""
		return at(p.began, err)
	}
	if p.gap && !p.body {
		key, _, _ := strings.Cut(text, ":")
		p.body = !slices.Contains(headerKeys, key)
	}
	if !p.body {
		return p.header(text)
	}
	if name, ok := strings.CutPrefix(text, "== "); ok {
		return errors.Join(at(p.began, p.paragraphEnds()), p.begin(n, strings.TrimSpace(name)))
	}
	if text[0] != ' ' && text[0] != '\t' {
		if len(p.paragraph) == 0 {
			p.began = n
		}
		p.paragraph = append(p.paragraph, strings.TrimSpace(text))
		return nil
	}
	before := at(p.began, p.paragraphEnds())
	text = strings.TrimSpace(text)
	a, err := p.step(text)
	p.command, _ = a.(*runStep)
	if err == nil {
		err = p.place(&Step{Line: n, Text: text, lesson: p.lesson.Name, action: a})
	}
	return errors.Join(before, err)
}

func (p *parser) header(text string) error {
	key, value, _ := strings.Cut(text, ":")
	words := strings.Fields(value)
	if len(words) == 0 {
		return fmt.Errorf("header %q: want KEY: VALUE", text)
	}
	switch key {
	case "title":
		p.lesson.Title = strings.TrimSpace(value)
	case "pitfalls":
		p.lesson.Pitfalls = words
	case "goal":
		p.lesson.Goals = append(p.lesson.Goals, strings.TrimSpace(value))
	case "read":
		p.lesson.Reading = append(p.lesson.Reading, strings.TrimSpace(value))
	case "needs":
		p.lesson.Needs = words
	case "code":
		p.lesson.Code = words[0]
	case "minutes":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 1 || n > mostMinutes {
			return fmt.Errorf("minutes %q: want a number from 1 to %d", strings.TrimSpace(value), mostMinutes)
		}
		p.lesson.Minutes = n
	case "topology":
		hosts := 0
		switch len(words) {
		case 1:
		case 2:
			var err error
			if hosts, err = strconv.Atoi(words[1]); err != nil || hosts < 1 {
				return fmt.Errorf("topology %s: %q is not a number of hosts", words[0], words[1])
			}
		default:
			return fmt.Errorf("topology %q: want a name, and after it the number of hosts if that is a choice", strings.TrimSpace(value))
		}
		t, err := findTopology(words[0], hosts)
		if err != nil {
			return err
		}
		if hosts > 0 && len(t.Hosts) != hosts {
			return fmt.Errorf("topology %s: it has %d hosts, which is no choice", words[0], len(t.Hosts))
		}
		p.lesson.Topology = t
		for _, h := range t.Hosts {
			p.hosts[h.Name] = true
		}
	default:
		return fmt.Errorf("header %q: want title, topology, pitfalls, goal, minutes, needs, code or read", key)
	}
	return nil
}

// step parses a line such as "KIND ARGUMENTS", or one with a host in front.
func (p *parser) step(text string) (action, error) {
	kind, rest, _ := strings.Cut(text, " ")
	parse, ok := map[string]func(string) (action, error){
		"expect": p.expect, "expect:": func(s string) (action, error) { return p.expect(": " + s) },
		"silent": p.silent, "once": p.once, "status": p.status, "say": p.say, "stop": p.stop,
		"order:": p.order, "proc": p.proc(true), "absent": p.proc(false), "grows": p.grows, "still": p.still,
		"fault": p.fault, "sysctl": p.sysctl, "route": p.route, "address": p.address,
		"finds": p.finds, "bridge": p.bridge, "macvlan": p.macvlan, "rule": p.rule, "queue": p.queue, "swallow": p.swallow,
		"packet": p.packet, "name": p.name, "nameserver": p.nameServer, "file": p.file,
	}[kind]
	if ok {
		return parse(rest)
	}
	if name, command, ok := strings.Cut(text, " = "); ok && !strings.ContainsAny(name, " :") {
		run, err := p.run(command)
		if err != nil {
			return nil, err
		}
		p.programs[name] = run.host
		return &startStep{name: name, runStep: *run}, nil
	}
	run, err := p.run(text)
	if err != nil {
		return nil, err
	}
	p.last = run.host
	return run, nil
}

// run parses "HOST: COMMAND".
func (p *parser) run(text string) (*runStep, error) {
	host, command, ok := strings.Cut(text, ": ")
	if !ok {
		return nil, fmt.Errorf("%q: want HOST: COMMAND, NAME = HOST: COMMAND, or a kind of step", text)
	}
	if err := p.host(host); err != nil {
		return nil, err
	}
	words, err := split(command)
	if err != nil {
		return nil, err
	}
	switch {
	case words[0] == "groupcast" || words[0] == "peer":
	case words[0] == listing && p.listing:
	case !p.mayUseTools():
		return nil, fmt.Errorf("command %q: want groupcast or peer, which everybody has", words[0])
	case !slices.Contains(tools, words[0]):
		return nil, fmt.Errorf("command %q: want groupcast, peer or one of %s", words[0], strings.Join(tools, ", "))
	}
	return &runStep{host: host, command: command, args: words, status: []int{0, 3}}, nil
}

func (p *parser) host(name string) error {
	if !p.hosts[name] {
		return fmt.Errorf("the topology has no host %q", name)
	}
	return nil
}

func (p *parser) program(name string) error {
	if p.programs[name] == "" {
		return fmt.Errorf("no command was named %q before", name)
	}
	return nil
}

// split splits a command into words, which may be quoted.
func split(s string) (words []string, err error) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " ") {
		if quote := s[0]; quote == '\'' || quote == '"' {
			word, rest, ok := strings.Cut(s[1:], string(quote))
			if !ok {
				return nil, fmt.Errorf("%s: the quote does not end", s)
			}
			words, s = append(words, word), rest
			continue
		}
		word, rest, _ := strings.Cut(s, " ")
		words, s = append(words, word), rest
	}
	if len(words) == 0 {
		return nil, errors.New("there is no command")
	}
	return words, nil
}
