package main

import (
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// isText reports whether a file is shown as a page of its own.
func isText(name string) bool {
	_, ok := languageOf[path.Ext(name)]
	return ok
}

// readLinked makes pages of the files and directories that others lead to.
func (s *site) readLinked() error {
	for len(s.queue) > 0 {
		name := s.queue[0]
		s.queue = s.queue[1:]
		if s.pages[name] != nil || s.files[name] != nil && !isText(name) {
			continue
		}
		info, err := fs.Stat(s.fsys, name)
		if err != nil {
			return err
		}
		switch {
		case info.IsDir():
			err = s.directory(name)
		case isText(name):
			err = s.source(name)
		default:
			err = s.take(name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// source is a page that shows a file, which is in the site, too.
func (s *site) source(name string) error {
	if err := s.take(name); err != nil {
		return err
	}
	content := string(s.files[name])
	if !utf8.ValidString(content) {
		return fmt.Errorf("it is no text")
	}
	p := &page{src: name, out: name + ".html", lang: "en", title: path.Base(name), description: name + ", a file of groupcast."}
	language := languageOf[path.Ext(name)]
	list, api := strings.CutPrefix(name, "docs/api/")
	switch {
	case api:
		p.title, language = strings.ReplaceAll(strings.TrimSuffix(list, ".txt"), "-", "/"), "go"
		p.description = "What the Go package " + p.title + " exports."
	case name == "LICENSE":
		p.title = "Licence"
	}
	p.headings = []heading{{1, "file", p.title}}
	p.body = template.HTML(fmt.Sprintf("<h1 id=\"file\">%s</h1>\n<p class=\"file\">%s · <a href=\"%s\" download>the file</a></p>\n%s",
		template.HTMLEscapeString(p.title), template.HTMLEscapeString(name), rel(p.out, name), codeBlock(language, content)))
	if api {
		p.text = &text{}
		p.text.add(content)
		p.text.titled(p)
	}
	s.add(p)
	return nil
}

// directory is a page for a directory without a README: its pages and files, or what the
// Go package in it is for.
func (s *site) directory(name string) error {
	p := &page{src: name, out: name + "/index.html", lang: "en", title: titleOfDirectory(name)}
	var b strings.Builder
	fmt.Fprintf(&b, "<h1 id=\"top\">%s</h1>\n", template.HTMLEscapeString(p.title))
	p.headings = []heading{{1, "top", p.title}}
	entries, err := fs.ReadDir(s.fsys, name)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(name, "docs") {
		said, err := s.packageDoc(name, entries)
		if err != nil {
			return err
		}
		b.WriteString(said)
		if api := "docs/api/" + strings.ReplaceAll(name, "/", "-") + ".txt"; s.files[api] != nil {
			fmt.Fprintf(&b, "<p><a href=\"%s\">All that it exports</a></p>\n", rel(p.out, api+".html"))
			s.queue = append(s.queue, api)
		}
		p.description = "The Go package " + name + " of groupcast."
		p.body = template.HTML(b.String())
		s.add(p)
		return nil
	}
	p.description = "All pages of " + name + "."
	b.WriteString("<ul class=\"contents\">\n")
	for _, e := range entries {
		child := path.Join(name, e.Name())
		switch {
		case e.IsDir():
			continue
		case s.pages[child] != nil && path.Ext(child) == ".md":
			p.links = append(p.links, child)
			fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", rel(p.out, htmlOf(child)), template.HTMLEscapeString(s.pages[child].title))
		case isText(child):
			s.queue = append(s.queue, child)
			p.links = append(p.links, child)
			fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", rel(p.out, child+".html"), template.HTMLEscapeString(strings.ReplaceAll(strings.TrimSuffix(e.Name(), ".txt"), "-", "/")))
		}
	}
	b.WriteString("</ul>\n")
	p.body = template.HTML(b.String())
	s.add(p)
	return nil
}

// titleOfDirectory names the directories that pages lead to.
func titleOfDirectory(name string) string {
	switch name {
	case "docs/decisions":
		return "Decisions"
	case "docs/api":
		return "What the Go packages export"
	case "docs/topics":
		return "Topics"
	}
	if rest, ok := strings.CutPrefix(name, "docs/"); ok {
		return strings.ToUpper(rest[:1]) + rest[1:]
	}
	return "Package " + name
}

// packageDoc is the documentation of the Go package in a directory.
func (s *site) packageDoc(name string, entries []fs.DirEntry) (string, error) {
	said := ""
	for _, e := range entries {
		if path.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		content, err := fs.ReadFile(s.fsys, path.Join(name, e.Name()))
		if err != nil {
			return "", err
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), content, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return "", err
		}
		if d := file.Doc.Text(); len(d) > len(said) {
			said = d
		}
	}
	var p comment.Parser
	printer := comment.Printer{HeadingLevel: 2, DocLinkURL: func(*comment.DocLink) string { return "" }}
	return string(printer.HTML(p.Parse(said))), nil
}
