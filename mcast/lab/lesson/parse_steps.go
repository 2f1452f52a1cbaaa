package lesson

import (
	"cmp"
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
		if e.within, err = time.ParseDuration(words[i+1]); err != nil || e.within <= 0 || e.within > mostWithin {
			return nil, fmt.Errorf("within %q: want a time such as 10s, and 10m at the most", words[i+1])
		}
		words = words[:i]
	}
	switch len(words) {
	case 0:
		e.who = cmp.Or(p.last, "it")
		return e, nil
	case 1:
		e.name, e.who = words[0], p.called(words[0])
		return e, p.program(e.name)
	}
	return nil, fmt.Errorf("%q: want a name, or within and a time", head)
}

// silent parses "NAME: PATTERN until HOST: COMMAND".
func (p *parser) silent(text string) (action, error) {
	u, err := p.until("silent", text)
	if err == nil && u.text.matches(u.marker) {
		err = fmt.Errorf("the marker %q is the text that must not be heard", u.marker)
	}
	return silentStep{u}, err
}

// once parses the same.
func (p *parser) once(text string) (action, error) {
	u, err := p.until("once", text)
	if err == nil && u.text.matches(u.marker) {
		err = fmt.Errorf("the marker %q is the text that must be heard once", u.marker)
	}
	return onceStep{u}, err
}

func (p *parser) until(kind, text string) (u until, err error) {
	name, rest, _ := strings.Cut(text, ": ")
	pattern, command, ok := strings.Cut(rest, " until ")
	if !ok {
		return u, fmt.Errorf("want %s NAME: TEXT until HOST: COMMAND, to prove the silence by a later datagram that is heard", kind)
	}
	if err := p.program(name); err != nil {
		return u, err
	}
	u.name, u.who = name, p.called(name)
	if u.text, err = parsePattern(pattern); err != nil {
		return u, err
	}
	if u.run, err = p.run(command); err != nil {
		return u, err
	}
	u.marker = u.run.args[len(u.run.args)-1]
	return u, nil
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

// called is a program that goes on, with its host.
func (p *parser) called(name string) string { return fmt.Sprintf("%s on %s", name, p.programs[name]) }

func (p *parser) say(text string) (action, error) {
	name, line, ok := strings.Cut(text, ": ")
	if !ok {
		return nil, errors.New("want say NAME: TEXT")
	}
	return sayStep{name, p.called(name), line}, p.program(name)
}

func (p *parser) stop(name string) (action, error) {
	return stopStep{name, p.called(name)}, p.program(name)
}

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
	words := strings.Fields(text)
	by, err := uint64(1), error(nil)
	if len(words) == 4 && words[2] == "by" {
		by, err = strconv.ParseUint(words[3], 10, 32)
		words = words[:2]
	}
	if len(words) != 2 || strings.Count(words[1], ".") != 1 || err != nil || by == 0 {
		return nil, errors.New("want grows HOST GROUP.COUNTER [by NUMBER], such as Udp.InDatagrams")
	}
	return growsStep{words[0], words[1], by}, p.host(words[0])
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
		at := wordAt(line, piece)
		if at < 0 {
			return false
		}
		line = line[at+len(piece):]
	}
	return true
}

// wordAt is where a piece is in a line, but not within a word: "ready" is not in
// "already". It is -1 if the piece is not there.
func wordAt(line, piece string) int {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	for from := 0; ; {
		at := strings.Index(line[from:], piece)
		if at < 0 {
			return -1
		}
		if at += from; at == 0 || !letter(piece[0]) || !letter(line[at-1]) {
			return at
		}
		from = at + 1
	}
}

// String is the pattern as it was written.
func (p pattern) String() string { return strings.Join(p, " ... ") }
