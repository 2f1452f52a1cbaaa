package lesson

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
)

// expect parses "[NAME] [within TIME]: PATTERN".
func (p *parser) expect(text string) (action, error) {
	head, text, ok := strings.Cut(text, ":")
	if !ok {
		return nil, errors.New("want expect [NAME] [within TIME]: TEXT")
	}
	want, err := parsePattern(text)
	if err != nil {
		return nil, err
	}
	e := expectStep{want: want}
	words := strings.Fields(head)
	if i := len(words) - 2; i >= 0 && words[i] == "within" {
		if e.within, err = time.ParseDuration(words[i+1]); err != nil || e.within <= 0 {
			return nil, fmt.Errorf("within %q: want a time such as 10s", words[i+1])
		}
		words = words[:i]
	}
	switch len(words) {
	case 0:
		return e, nil
	case 1:
		e.name = words[0]
		return e, p.program(e.name)
	}
	return nil, fmt.Errorf("%q: want a name, or within and a time", head)
}

// silent parses "NAME: PATTERN until HOST: COMMAND".
func (p *parser) silent(text string) (action, error) {
	name, rest, _ := strings.Cut(text, ": ")
	pattern, command, ok := strings.Cut(rest, " until ")
	if !ok {
		return nil, errors.New("want silent NAME: TEXT until HOST: COMMAND, to prove it by something that is heard later")
	}
	if err := p.program(name); err != nil {
		return nil, err
	}
	not, err := parsePattern(pattern)
	if err != nil {
		return nil, err
	}
	run, err := p.run(command)
	if err != nil {
		return nil, err
	}
	marker := run.args[len(run.args)-1]
	if not.matches(marker) {
		return nil, fmt.Errorf("the marker %q is itself what is not to be heard", marker)
	}
	return silentStep{name: name, not: not, run: run, marker: marker}, nil
}

// status parses "NUMBER [or NUMBER]...".
func (p *parser) status(text string) (action, error) {
	var s statusStep
	for word := range strings.SplitSeq(text, " or ") {
		n, err := strconv.Atoi(word)
		if err != nil || p.command == nil {
			return nil, errors.New("want status NUMBER, after a command, or status NUMBER or NUMBER")
		}
		s = append(s, n)
	}
	p.command.checked = true
	return s, nil
}

// order parses "PATTERN | PATTERN...".
func (p *parser) order(text string) (action, error) {
	var s orderStep
	for piece := range strings.SplitSeq(text, "|") {
		want, err := parsePattern(piece)
		if err != nil {
			return nil, err
		}
		s = append(s, want)
	}
	if len(s) < 2 {
		return nil, errors.New("want order: TEXT | TEXT, each in a line of its own")
	}
	return s, nil
}

func (p *parser) say(text string) (action, error) {
	name, line, ok := strings.Cut(text, ": ")
	if !ok {
		return nil, errors.New("want say NAME: TEXT")
	}
	return sayStep{name, line}, p.program(name)
}

func (p *parser) stop(name string) (action, error) { return stopStep(name), p.program(name) }

func (p *parser) proc(present bool) func(string) (action, error) {
	return func(text string) (action, error) {
		head, text, _ := strings.Cut(text, ": ")
		words := strings.Fields(head)
		if len(words) != 2 || words[1] != "/proc/net/"+path.Base(words[1]) {
			return nil, errors.New("want HOST /proc/net/FILE: TEXT")
		}
		want, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		return procStep{words[0], words[1], want, present}, p.host(words[0])
	}
}

func (p *parser) grows(text string) (action, error) {
	host, counter, _ := strings.Cut(text, " ")
	if strings.Count(counter, ".") != 1 {
		return nil, errors.New("want grows HOST GROUP.COUNTER, such as Udp.InDatagrams")
	}
	return growsStep{host, counter}, p.host(host)
}

func (p *parser) still(text string) (action, error) {
	host, counter, _ := strings.Cut(text, " ")
	if strings.Count(counter, ".") != 1 {
		return nil, errors.New("want still HOST GROUP.COUNTER, such as Udp.OutDatagrams")
	}
	return stillStep{host, counter}, p.host(host)
}

func (p *parser) fault(text string) (action, error) {
	f, err := lab.ParseFault(strings.Fields(text))
	if err != nil {
		return nil, err
	}
	return faultStep{f}, p.host(f.Host)
}

func (p *parser) sysctl(text string) (action, error) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return nil, errors.New("want sysctl HOST NAME VALUE")
	}
	return sysctlStep{words[0], words[1], words[2]}, p.host(words[0])
}

// route parses "HOST add|del ROUTE", as lab.ParseRoute does.
func (p *parser) route(text string) (action, error) {
	words := strings.Fields(text)
	if len(words) < 3 || words[1] != "add" && words[1] != "del" {
		return nil, errors.New("want route HOST add|del ROUTE")
	}
	r, err := lab.ParseRoute(words[2:])
	if err != nil {
		return nil, err
	}
	return routeStep{words[0], words[1] == "del", r}, p.host(words[0])
}

func (p *parser) address(text string) (action, error) {
	words := strings.Fields(text)
	if len(words) != 5 || words[1] != "add" && words[1] != "del" || words[3] != "dev" {
		return nil, errors.New("want address HOST add|del ADDRESS/BITS dev NAME")
	}
	addr, err := netip.ParsePrefix(words[2])
	if err != nil {
		return nil, err
	}
	return addressStep{words[0], words[4], addr, words[1] == "del"}, p.host(words[0])
}

// pattern is what a line is looked at for: pieces that it has in this order.
type pattern []string

// parsePattern parses text in which ... stands for anything. How many spaces
// are between two words does not matter.
func parsePattern(text string) (pattern, error) {
	var p pattern
	for piece := range strings.SplitSeq(text, "...") {
		if piece = singleSpaced(piece); piece != "" {
			p = append(p, piece)
		}
	}
	if len(p) == 0 {
		return nil, errors.New("there is no text to look for")
	}
	return p, nil
}

func singleSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func (p pattern) matches(line string) bool {
	line = singleSpaced(line)
	for _, piece := range p {
		_, after, ok := strings.Cut(line, piece)
		if !ok {
			return false
		}
		line = after
	}
	return true
}

// String is the pattern as it was written.
func (p pattern) String() string { return strings.Join(p, " ... ") }
