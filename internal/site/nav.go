package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"
)

// door is one of the ways in that docs/README.md has: a heading, and the pages that its
// table leads to.
type door struct {
	name, promise, id string // "Engineers", "something does not arrive"
	rows              []row
}

type row struct {
	name string
	page *page
}

// findDoors reads the doors from docs/README.md.
func (s *site) findDoors() error {
	content, err := fs.ReadFile(s.fsys, allPages)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	err = ast.Walk(converter.Parser().Parse(gmtext.NewReader(content)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if title := plain(n, content); n.Level == 2 {
				name, promise, _ := strings.Cut(title, ": ")
				s.doors = append(s.doors, door{name: name, promise: promise, id: anchor(title)})
			}
		case *ast.Link:
			target := path.Join("docs", string(n.Destination))
			p := s.pages[target]
			if p == nil {
				p = s.pages[path.Join(target, readme)]
			}
			if _, in := n.Parent().(*east.TableCell); p == nil || !in || len(s.doors) == 0 {
				break
			}
			if d := &s.doors[len(s.doors)-1]; !seen[d.name+" "+p.src] {
				seen[d.name+" "+p.src] = true
				d.rows = append(d.rows, row{capital(plain(n, content)), p})
			}
		}
		return ast.WalkContinue, nil
	})
	if err == nil && (len(s.doors) < 4 || slices.ContainsFunc(s.doors[:4], func(d door) bool { return len(d.rows) < 3 || d.promise == "" })) {
		err = fmt.Errorf("%s has not four doors, each with a table of pages: %+v", allPages, s.doors)
	}
	return err
}

// capital begins a text with a capital letter, but not what is a name.
func capital(s string) string {
	switch {
	case s == "igmp":
		return "IGMP"
	case s == "pitfall":
		return "Pitfalls"
	case strings.Contains(s, "-") || s == "":
		return s
	}
	r := []rune(s)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// label is a page's name where there is little room.
func (p *page) label() string {
	name := strings.TrimSuffix(path.Base(p.src), ".md")
	switch path.Dir(p.src) {
	case "docs/pitfalls", "docs/topics":
		if m := named.FindStringSubmatch(p.title); m != nil {
			return m[1]
		}
	case "docs/decisions":
		number, _, _ := strings.Cut(name, "-")
		_, title, found := strings.Cut(p.title, ". ")
		if !found || len(title) < 4 {
			title = p.title
		}
		return number + " " + title
	}
	switch p.src {
	case readme:
		return "groupcast"
	case allPages:
		return "All pages"
	}
	return p.title
}

// shelf are the pages of a directory below docs, in the order of its README.
func (s *site) shelf(dir string) (list []*page) {
	if path.Dir(dir) != "docs" {
		return nil
	}
	if index := s.indexOf(dir); index != nil {
		for _, src := range index.links {
			if p := s.pages[src]; path.Dir(src) == dir && p != nil && p != index && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	for _, p := range s.sorted() {
		if path.Dir(p.src) == dir && path.Base(p.src) != readme && path.Ext(p.src) == ".md" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// indexOf is the page of a directory; nil: it has none.
func (s *site) indexOf(dir string) *page {
	if p := s.pages[path.Join(dir, readme)]; p != nil {
		return p
	}
	return s.pages[dir]
}

// crumbs are the pages above a page, the highest first.
func (s *site) crumbs(p *page) (list []*page) {
	if p.src == readme {
		return nil
	}
	for dir := path.Dir(p.src); dir != "."; dir = path.Dir(dir) {
		if index := s.indexOf(dir); index != nil && index != p {
			list = append([]*page{index}, list...)
		}
	}
	return append([]*page{s.pages[readme]}, list...)
}

// beside are the pages before and after a page that is one of an ordered list.
func (s *site) beside(p *page) (before, after *page) {
	dir := path.Dir(p.src)
	switch dir {
	case "docs/lessons", "docs/course", "docs/decisions":
	default:
		return nil, nil
	}
	list := s.shelf(dir)
	i := slices.Index(list, p)
	if i > 0 {
		before = list[i-1]
	}
	if i >= 0 && i+1 < len(list) {
		after = list[i+1]
	}
	return before, after
}
