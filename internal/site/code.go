package main

import (
	"html/template"
	"regexp"
	"strings"
)

// codeBlock is code as HTML, with quiet colours for what a reader looks for: prompts,
// commands, what is expected, comments, text and the words of a language.
func codeBlock(language, text string) string {
	var inner string
	switch l, ok := languages[language]; {
	case ok:
		inner = l.colour(text)
	case language == "" || language == "text" || language == "sh" || language == "console" || language == "bash":
		inner = terminal(text)
	default:
		inner = template.HTMLEscapeString(text)
	}
	return "<pre><code>" + inner + "</code></pre>\n"
}

func span(class, text string) string {
	return `<span class="` + class + `">` + template.HTMLEscapeString(text) + `</span>`
}

var (
	prompted = regexp.MustCompile(`^((?:[A-Za-z0-9]+)?\$ )(.*?)(    \(.*\))?$`)
	expected = regexp.MustCompile(`^(\s+)(expected: .*)$`)
	remark   = regexp.MustCompile(`^(.*?\S\s+|\s*)(# .*)$`)
)

// terminal colours lines of a terminal, and of a lesson.
func terminal(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, end := strings.TrimSuffix(line, "\n"), strings.HasSuffix(line, "\n")
		if m := prompted.FindStringSubmatch(line); m != nil {
			b.WriteString(span("p", m[1]) + span("b", m[2]))
			if m[3] != "" {
				b.WriteString(span("c", m[3]))
			}
		} else if m := expected.FindStringSubmatch(line); m != nil {
			b.WriteString(m[1] + span("e", m[2]))
		} else if m := remark.FindStringSubmatch(line); m != nil {
			b.WriteString(template.HTMLEscapeString(m[1]) + span("c", m[2]))
		} else {
			b.WriteString(template.HTMLEscapeString(line))
		}
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// grammar is as much of a language as its colours need.
type grammar struct {
	tokens *regexp.Regexp // comments, text in quotes, words
	words  map[string]bool
}

func newGrammar(comment, words string) grammar {
	g := grammar{regexp.MustCompile(`(?P<c>` + comment + `)|(?P<s>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|` + "`[^`]*`" + `)|(?P<w>[A-Za-z_][A-Za-z0-9_]*)`), map[string]bool{}}
	for _, w := range strings.Fields(words) {
		g.words[w] = true
	}
	return g
}

const slashes = `//[^\n]*|/\*(?s:.*?)\*/`

var languages = func() map[string]grammar {
	js := newGrammar(slashes, "async await break case catch class const continue default else export false for from function if import in instanceof let new null of return switch this throw true try typeof undefined var while")
	return map[string]grammar{
		"c":      newGrammar(slashes, "break case char const continue default do double else enum extern float for goto if int long return short signed sizeof static struct switch typedef union unsigned void volatile while NULL"),
		"go":     newGrammar(slashes, "break case chan const continue default defer else fallthrough for func go goto if import interface map nil package range return select struct switch type var true false"),
		"js":     js,
		"mjs":    js,
		"python": newGrammar(`#[^\n]*`, "and as assert async await break class continue def del elif else except False finally for from if import in is lambda None not or pass raise return True try while with yield"),
		"lua":    newGrammar(`--[^\n]*`, "and break do else elseif end false for function if in local nil not or repeat return then true until while"),
		"json":   newGrammar(`//[^\n]*`, "true false null"),
	}
}()

// languageOf is the language of a file by its extension.
var languageOf = map[string]string{".c": "c", ".go": "go", ".js": "js", ".mjs": "mjs", ".py": "python", ".lua": "lua", ".json": "json", ".sh": "sh", ".txt": "text", "": "text"}

func (g grammar) colour(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range g.tokens.FindAllStringSubmatchIndex(text, -1) {
		class := ""
		switch {
		case m[2] >= 0:
			class = "c"
		case m[4] >= 0:
			class = "s"
		case g.words[text[m[0]:m[1]]]:
			class = "k"
		default:
			continue
		}
		b.WriteString(template.HTMLEscapeString(text[at:m[0]]) + span(class, text[m[0]:m[1]]))
		at = m[1]
	}
	return b.String() + template.HTMLEscapeString(text[at:])
}
