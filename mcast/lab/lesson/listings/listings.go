package listings

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// Subject is what programs in four languages do.
type Subject struct {
	Name      string // as in the header "code:" of a lesson
	Title     string
	Languages []Listing // C, Python, node and Go, in this order
}

// Listing is a program for one subject in one language.
type Listing struct {
	Language string   // "C", "Python", "node" or "Go"
	File     string   // below this directory, with slashes, such as "ttl/ttl.py"
	Lines    []string // the decisive ones, without the indentation that all of them have
	Missing  string   // why the language has no such program, and what people do instead; "": it has one
}

//go:embed */*.go */*.py */*.js */c/*.c */run.txt
var files embed.FS

// order is the order of the lessons that use them.
var order = []string{
	"outgoing-interface",
	"join-on-interface",
	"connect",
	"loopback",
	"ttl",
	"only-my-group",
	"bind",
	"receive-buffer",
	"largest-datagram",
	"source-specific",
	"echo",
	"refused",
	"tcp-and-udp",
	"truncation",
	"send-buffer",
	"icmp-errors",
	"ask-a-group",
	"ipv6-zone",
}

// languages are the languages, and the file of a subject in each: its directory below
// that of the subject, and its extension.
var languages = []struct{ name, dir, ext, comment string }{
	{"C", "c", ".c", "//"}, // the go command takes no C file beside Go files
	{"Python", "", ".py", "#"},
	{"node", "", ".js", "//"},
	{"Go", "", ".go", "//"},
}

// All returns the subjects in the order of the lessons.
func All() []Subject {
	list := make([]Subject, len(order))
	for i, name := range order {
		s, err := read(name)
		if err != nil {
			panic(err) // a test reads them all
		}
		list[i] = s
	}
	return list
}

// Find returns the subject of that name. The error names those that may have been meant.
func Find(name string) (Subject, error) {
	if slices.Contains(order, name) {
		return read(name)
	}
	if near := lab.Nearest(name, order); len(near) > 0 {
		return Subject{}, fmt.Errorf("no listing %q: did you mean %s?", name, strings.Join(near, ", "))
	}
	return Subject{}, fmt.Errorf("no listing %q: there are %s", name, strings.Join(order, ", "))
}

// Source is the whole text of a listing's file.
func (l Listing) Source() []byte {
	b, err := files.ReadFile(l.File)
	if err != nil {
		panic(err) // it is embedded
	}
	return b
}

func read(name string) (Subject, error) {
	s := Subject{Name: name}
	run, err := fs.ReadFile(files, path.Join(name, "run.txt"))
	if err != nil {
		return s, err
	}
	first, _, _ := strings.Cut(string(run), "\n")
	title, ok := strings.CutPrefix(first, "title: ")
	if !ok {
		return s, fmt.Errorf("%s/run.txt: the first line has no title", name)
	}
	s.Title = title
	for _, lang := range languages {
		l := Listing{Language: lang.name, File: path.Join(name, lang.dir, name+lang.ext)}
		text, err := files.ReadFile(l.File)
		if err != nil {
			return s, err
		}
		if l.Lines, err = decisive(string(text), lang.comment); err != nil {
			return s, fmt.Errorf("%s: %w", l.File, err)
		}
		if onlyComments(text, lang.comment) {
			l.Missing, l.Lines = prose(text, lang.comment), nil
		} else if len(l.Lines) == 0 {
			return s, fmt.Errorf("%s: no line is decisive: want some between %s [ and %s ]", l.File, lang.comment, lang.comment)
		}
		s.Languages = append(s.Languages, l)
	}
	return s, nil
}

// decisive are the lines between the comments "[" and "]", with an empty line between two
// such parts. Each part loses the indentation of its "[".
func decisive(text, comment string) (lines []string, err error) {
	in, indent := false, ""
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		n++
		switch strings.TrimSpace(line) {
		case comment + " [":
			if in {
				return nil, fmt.Errorf("line %d: a second [ before a ]", n)
			}
			in, indent = true, line[:strings.Index(line, comment)]
			if len(lines) > 0 {
				lines = append(lines, "")
			}
		case comment + " ]":
			if !in {
				return nil, fmt.Errorf("line %d: a ] without a [", n)
			}
			in = false
		default:
			if in {
				lines = append(lines, strings.TrimPrefix(line, indent))
			}
		}
	}
	if in {
		return nil, fmt.Errorf("line %d: the last [ has no ]", n)
	}
	return lines, nil
}

// onlyComments reports whether a program is no program.
func onlyComments(text []byte, comment string) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte(comment)) {
			return false
		}
	}
	return true
}

// prose is the text of comments on one line.
func prose(text []byte, comment string) string {
	var words []string
	for line := range strings.Lines(string(text)) {
		words = append(words, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), comment))...)
	}
	return strings.Join(words, " ")
}
