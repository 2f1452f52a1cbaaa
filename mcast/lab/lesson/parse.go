package lesson

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// syntaxError says where the text of a lesson cannot be understood.
type syntaxError struct {
	file string
	line int // from 1
	err  error
}

// Error is such as "article.txt:12: cause".
func (e *syntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err) }

func (e *syntaxError) Unwrap() error { return e.err }

// Parse reads a lesson; its name is the file's without the extension. The
// error has a line, such as "article.txt:12: cause", for each line of the text
// that is wrong.
func Parse(file string, in io.Reader) (Lesson, error) {
	p := &parser{
		lesson:   Lesson{Name: strings.TrimSuffix(filepath.Base(file), ".txt")},
		hosts:    map[string]bool{},
		programs: map[string]bool{},
	}
	var errs []error
	failed := func(line int, err error) {
		if err != nil {
			errs = append(errs, &syntaxError{file, line, err})
		}
	}
	lines := bufio.NewScanner(in)
	n := 0
	for lines.Scan() {
		n++
		failed(n, p.line(n, lines.Text()))
	}
	failed(n, lines.Err())
	p.paragraphEnds()
	switch l := p.lesson; {
	case l.Title == "" || len(l.Topology.Hosts) == 0:
		failed(n, errors.New("the header has no title or no topology"))
	case len(l.Parts) == 0:
		failed(n, errors.New("there is nothing after the header"))
	}
	return p.lesson, errors.Join(errs...)
}

type parser struct {
	lesson    Lesson
	hosts     map[string]bool
	programs  map[string]bool // those that go on, by name
	body      bool            // the header has ended
	paragraph []string
	command   *runStep // the last step, if it was a command
}

func (p *parser) line(n int, text string) error {
	if strings.TrimSpace(text) == "" {
		p.paragraphEnds()
		p.body = p.body || p.lesson.Title != ""
		return nil
	}
	if !p.body {
		return p.header(text)
	}
	if text[0] != ' ' && text[0] != '\t' {
		p.paragraph = append(p.paragraph, strings.TrimSpace(text))
		return nil
	}
	p.paragraphEnds()
	text = strings.TrimSpace(text)
	a, err := p.step(text)
	p.command, _ = a.(*runStep)
	if err == nil {
		p.lesson.Parts = append(p.lesson.Parts, Part{Step: &Step{Line: n, Text: text, action: a}})
	}
	return err
}

func (p *parser) paragraphEnds() {
	text := strings.Join(p.paragraph, " ")
	p.paragraph = nil
	if text == "" {
		return
	}
	part := Part{Prose: text}
	if question, ok := strings.CutPrefix(text, "? "); ok {
		part = Part{Question: question}
	}
	p.lesson.Parts = append(p.lesson.Parts, part)
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
	case "topology":
		hosts := 0
		if len(words) == 2 {
			var err error
			if hosts, err = strconv.Atoi(words[1]); err != nil {
				return fmt.Errorf("topology %s: %q is not a number of hosts", words[0], words[1])
			}
		}
		t, err := findTopology(words[0], hosts)
		if err != nil {
			return err
		}
		p.lesson.Topology = t
		for _, h := range t.Hosts {
			p.hosts[h.Name] = true
		}
	default:
		return fmt.Errorf("header %q: want title, topology or pitfalls", key)
	}
	return nil
}

// step parses a line such as "KIND ARGUMENTS", or one with a host in front.
func (p *parser) step(text string) (action, error) {
	kind, rest, _ := strings.Cut(text, " ")
	parse, ok := map[string]func(string) (action, error){
		"expect": p.expect, "expect:": func(s string) (action, error) { return p.expect(": " + s) },
		"silent": p.silent, "status": p.status, "say": p.say, "stop": p.stop,
		"order:": p.order, "proc": p.proc(true), "absent": p.proc(false), "grows": p.grows, "still": p.still,
		"fault": p.fault, "sysctl": p.sysctl, "route": p.route, "address": p.address,
		"finds": p.finds, "bridge": p.bridge, "macvlan": p.macvlan, "rule": p.rule, "queue": p.queue, "swallow": p.swallow,
	}[kind]
	if ok {
		return parse(rest)
	}
	if name, command, ok := strings.Cut(text, " = "); ok && !strings.ContainsAny(name, " :") {
		run, err := p.run(command)
		if err != nil {
			return nil, err
		}
		p.programs[name] = true
		return &startStep{name: name, runStep: *run}, nil
	}
	run, err := p.run(text)
	if err != nil {
		return nil, err
	}
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
	if words[0] != "groupcast" && words[0] != "peer" {
		return nil, fmt.Errorf("command %q: want groupcast or peer, which everybody has", words[0])
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
	if !p.programs[name] {
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
