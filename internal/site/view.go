package main

import (
	"html/template"
	"net/url"
	"path"
	"strings"
)

// view is what the layout shows of a page. Its addresses are relative to the page.
type view struct {
	Lang, Title, Description, Canonical string
	Root                                string // of the site: "", or "../" and so on
	Body                                template.HTML
	Home                                bool
	Doors                               []shownDoor
	Crumbs, Shelf                       []place
	ShelfName                           place
	Contents                            []heading
	Previous, Next                      *place
	Symptoms                            []place
	Finder                              *place // the questions that lead to a pitfall
	Says                                says
}

type shownDoor struct {
	Name, Promise, Href string
	Open                bool
	Rows                []place
}

// place is a link of the navigation.
type place struct {
	Name, Href string
	Here       bool
}

// Level, ID and Text are for the layout.
func (h heading) Level() int   { return h.level }
func (h heading) ID() string   { return h.id }
func (h heading) Text() string { return h.text }

// says are the words of the layout that stand beside a page's own.
type says struct{ Skip, Contents, Previous, Next string }

var saysIn = map[string]says{
	"en":      {"Skip to the page", "On this page", "Previous", "Next"},
	"zh-Hans": {"跳到正文", "本页内容", "上一页", "下一页"},
}

const (
	longPage      = 3 // headings from which on a page has a table of contents
	shownSymptoms = 6 // on the first page
)

func (s *site) view(p *page) view {
	v := view{Lang: p.lang, Title: p.title + " · groupcast", Description: brief(p.description), Root: strings.Repeat("../", strings.Count(p.out, "/")), Body: p.body, Home: p.src == readme, Says: saysIn[p.lang]}
	if v.Home {
		v.Title = "groupcast: why multicast does not arrive"
	}
	if s.base != nil {
		v.Canonical = s.base.ResolveReference(&url.URL{Path: strings.TrimSuffix(p.out, "index.html")}).String()
	}
	to := func(q *page) place { return place{q.label(), rel(p.out, q.out), q == p} }
	dir := path.Dir(p.src)
	index := s.indexOf(dir)
	for i, d := range s.doors[:4] {
		shown := shownDoor{Name: d.name, Promise: d.promise, Href: rel(p.out, s.pages[allPages].out) + "#" + d.id, Open: v.Home && i == 0}
		for _, r := range d.rows {
			at := r.page == p || r.page == index && dir != "docs" && dir != "."
			shown.Open = shown.Open || at
			shown.Rows = append(shown.Rows, place{r.name, rel(p.out, r.page.out), r.page == p})
		}
		v.Doors = append(v.Doors, shown)
	}
	for _, q := range s.crumbs(p) {
		v.Crumbs = append(v.Crumbs, to(q))
	}
	if path.Base(p.out) == "index.html" {
		dir = path.Dir(p.out)
	}
	for _, q := range s.shelf(dir) {
		v.Shelf = append(v.Shelf, to(q))
	}
	if index := s.indexOf(dir); index != nil {
		v.ShelfName = to(index)
	} else {
		v.ShelfName.Name = titleOfDirectory(dir)
	}
	before, after := s.beside(p)
	if before != nil {
		at := to(before)
		v.Previous = &at
	}
	if after != nil {
		at := to(after)
		v.Next = &at
	}
	for _, h := range p.headings {
		if h.level == 2 || h.level == 3 {
			v.Contents = append(v.Contents, h)
		}
	}
	if len(v.Contents) < longPage {
		v.Contents = nil
	}
	if v.Home {
		if q := s.pages[symptomsPage]; q != nil {
			at := to(q)
			v.Finder = &at
		}
		for _, y := range s.symptoms[:min(shownSymptoms, len(s.symptoms))] {
			v.Symptoms = append(v.Symptoms, place{Name: y.said[0], Href: y.pages[0].out})
		}
	}
	return v
}

// brief is the beginning of a text, for those that show a page in a list.
func brief(s string) string {
	const most = 200
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	cut := strings.LastIndexAny(string(r[:most]), " ，。")
	if cut < most/2 {
		return string(r[:most]) + "…"
	}
	return strings.TrimRight(string(r[:most])[:cut], ",:;") + " …"
}
