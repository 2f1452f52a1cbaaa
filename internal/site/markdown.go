package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var converter = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
	goldmark.WithRendererOptions(
		html.WithUnsafe(), // our own pages: rawTags has what they may contain
		renderer.WithNodeRenderers(util.Prioritized(ours{}, 100)),
	),
)

// markdown makes a page of Markdown as GitHub shows it, with links that lead to pages of
// the site.
func (s *site) markdown(src string, content []byte) (*page, error) {
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	p := &page{src: src, out: htmlOf(src), lang: "en", text: &text{}}
	if strings.HasPrefix(src, "docs/zh/") {
		p.lang = "zh-Hans"
	}
	doc := converter.Parser().Parse(gmtext.NewReader(content))
	ids := map[string]int{}
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			said := plain(n, content)
			id := anchor(said)
			if again := ids[id]; again > 0 {
				id = fmt.Sprintf("%s-%d", id, again)
			}
			ids[anchor(said)]++
			n.SetAttributeString("id", []byte(id))
			p.headings = append(p.headings, heading{n.Level, id, said})
			p.text.heading(said)
			return ast.WalkContinue, nil
		case *ast.Link:
			to, err := s.link(p, string(n.Destination))
			n.Destination = []byte(to)
			if _, in := n.Parent().(*east.TableCell); in && oneName.MatchString(plain(n, content)) {
				n.SetAttributeString("class", []byte("one")) // it is not broken at its hyphens
			}
			return ast.WalkContinue, err
		case *ast.HTMLBlock:
			return ast.WalkContinue, rawTags(string(n.Lines().Value(content)))
		case *ast.RawHTML:
			return ast.WalkContinue, rawTags(string(n.Segments.Value(content)))
		case *ast.Paragraph, *ast.TextBlock:
			said := plain(n, content)
			p.text.add(said)
			p.describe(n, doc, said)
			p.word(n, content)
			if said, ok := strings.CutPrefix(said, "One page, one surprise: "); ok {
				p.surprise = said
			}
		case *east.TableRow:
			p.answer(n, content)
		case *east.TableCell:
			p.text.add(plain(n, content))
		case *ast.FencedCodeBlock:
			p.text.add(string(n.Lines().Value(content)))
		case *ast.CodeBlock:
			p.text.add(string(n.Lines().Value(content)))
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	if len(p.headings) == 0 || p.headings[0].level != 1 {
		return nil, fmt.Errorf("it does not begin with a title")
	}
	p.title = p.headings[0].text
	p.text.titled(p)
	var b bytes.Buffer
	if err := converter.Renderer().Render(&b, content, doc); err != nil {
		return nil, err
	}
	made := strings.NewReplacer("<table>", `<div class="scroll"><table>`, "</table>", "</table></div>").Replace(b.String())
	p.body = template.HTML(made)
	return p, nil
}

// link is where a link leads in the site. Files that it leads to are queued.
func (s *site) link(from *page, to string) (string, error) {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Path == "" {
		return to, err
	}
	target := path.Join(path.Dir(from.src), u.Path)
	info, err := fs.Stat(s.fsys, target)
	switch {
	case err != nil:
		return "", fmt.Errorf("a link leads nowhere: %w", err)
	case info.IsDir():
		if _, err := fs.Stat(s.fsys, path.Join(target, readme)); err == nil {
			target = path.Join(target, readme)
			from.links = append(from.links, target)
			target = htmlOf(target)
		} else {
			s.queue = append(s.queue, target)
			target += "/index.html"
		}
	case path.Ext(target) == ".md":
		from.links = append(from.links, target)
		target = htmlOf(target)
	case isText(target):
		s.queue = append(s.queue, target)
		target += ".html"
	default:
		s.queue = append(s.queue, target)
	}
	u.Path = rel(from.out, target)
	return u.String(), nil
}

var rawTag = regexp.MustCompile(`</?([a-zA-Z][a-zA-Z0-9-]*)([^>]*)>`)

// rawTags refuses HTML that a page should not contain.
func rawTags(s string) error {
	for _, m := range rawTag.FindAllStringSubmatch(s, -1) {
		switch strings.ToLower(m[1]) {
		case "details", "summary", "picture", "source", "img", "br", "sub", "sup", "kbd":
		default:
			return fmt.Errorf("the HTML %s is not one that these pages use", m[0])
		}
		if regexp.MustCompile(`(?i)\s(on\w+|style)\s*=`).MatchString(m[2]) {
			return fmt.Errorf("the HTML %s has an attribute that these pages do not use", m[0])
		}
	}
	return nil
}

// plain is the text of a node without its marks.
func plain(n ast.Node, content []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				b.Write(util.UnescapePunctuations(n.Value(content)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			case *ast.String:
				b.Write(n.Value)
			case *ast.AutoLink:
				b.Write(n.Label(content))
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

var terminalFirst = regexp.MustCompile(`^(In a terminal|Lessons|One page, one surprise|在终端里阅读（英文）|课程)[:：]`)

// describe takes a text for the description of a page, if it is: what is seen of a pitfall,
// what one can after a lesson, else the first paragraph.
func (p *page) describe(n, doc ast.Node, said string) {
	if len(p.headings) == 0 || onlyLinks(n) {
		return
	}
	dir := path.Dir(p.src)
	switch {
	case terminalFirst.MatchString(said): // it leads on
	case n.Parent() == doc && p.description == "" && !strings.HasSuffix(said, "After this you can") && said != "学完本课，您能够":
		p.description = said
	case dir == "docs/lessons" && len(p.headings) == 1 && n.Parent().Kind() == ast.KindListItem:
		if p.description != "" {
			p.description += "; "
		}
		p.description += said
	}
}

// onlyLinks reports whether a paragraph begins with a link or an image: it leads on, and
// describes nothing.
func onlyLinks(n ast.Node) bool {
	switch n.FirstChild().(type) {
	case *ast.Link, *ast.Image, nil:
		return true
	}
	return false
}

// anchor is the name of a heading, as GitHub makes it.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// word gives a paragraph that defines a word, such as **MTU**: ..., a name to link to.
func (p *page) word(n ast.Node, content []byte) {
	strong, ok := n.FirstChild().(*ast.Emphasis)
	if !ok || strong.Level != 2 || p.src != "docs/topics/glossary.md" {
		return
	}
	terms := plain(strong, content)
	meaning, ok := strings.CutPrefix(plain(n, content), terms+":")
	if !ok {
		return
	}
	id := "word-" + anchor(terms)
	n.SetAttributeString("id", []byte(id))
	p.text.words = append(p.text.words, defined{terms, strings.TrimSpace(meaning), id})
}
