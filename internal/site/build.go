package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
)

//go:embed assets
var assets embed.FS

const (
	searchFile = "assets/index.js"
	readme     = "README.md"
	allPages   = "docs/README.md"
)

// site is what is made of the repository.
type site struct {
	fsys     fs.FS
	base     *url.URL // where it will be; nil: not known
	pages    map[string]*page
	files    map[string][]byte // to be written, by their paths in the site
	queue    []string          // files and directories that pages lead to, and that are not in the site yet
	doors    []door
	symptoms []symptom
}

// page is one page of the site.
type page struct {
	src, out    string // paths in the repository and in the site
	lang        string
	title       string // without marks
	description string
	body        template.HTML
	headings    []heading
	surprise    string   // of a pitfall, as its card has it
	links       []string // of a page of Markdown, the pages that it leads to, in its order
	answers     []answer // of the page of symptoms
	text        *text    // for the search; nil: it is not searched
}

type heading struct {
	level    int
	id, text string
}

// build makes all files of the site, by their paths in it.
func build(fsys fs.FS, address string) (map[string][]byte, error) {
	s := &site{fsys: fsys, pages: map[string]*page{}, files: map[string][]byte{}}
	if address != "" {
		base, err := url.Parse(address)
		if err != nil || base.Host == "" {
			return nil, fmt.Errorf("-url %s: want an address such as https://example.org/docs/", address)
		}
		base.Path = strings.TrimSuffix(base.Path, "/") + "/"
		s.base = base
	}
	for _, step := range []func() error{s.read, s.readLinked, s.findDoors, s.findSymptoms, s.render, s.addSearch, s.addAssets} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s.files, check(s.files, s.base)
}

// read reads the pages of Markdown, and takes the other files of docs as they are.
func (s *site) read() error {
	var sources []string
	root, err := fs.Glob(s.fsys, "*.md")
	if err != nil {
		return err
	}
	sources = append(sources, root...)
	err = fs.WalkDir(s.fsys, "docs", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
		case path.Ext(name) == ".md":
			sources = append(sources, name)
		default:
			return s.take(name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, src := range sources {
		content, err := fs.ReadFile(s.fsys, src)
		if err != nil {
			return err
		}
		p, err := s.markdown(src, content)
		if err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
		s.add(p)
	}
	s.queue = append(s.queue, "LICENSE")
	if s.pages[readme] == nil || s.pages[allPages] == nil {
		return fmt.Errorf("there is no %s or no %s", readme, allPages)
	}
	return nil
}

func (s *site) add(p *page) { s.pages[p.src] = p }

// take copies a file into the site.
func (s *site) take(name string) error {
	content, err := fs.ReadFile(s.fsys, name)
	s.files[name] = content
	return err
}

// render makes the HTML of all pages.
func (s *site) render() error {
	layout, err := template.New("page.html").Funcs(template.FuncMap{"rel": rel}).ParseFS(assets, "assets/page.html")
	if err != nil {
		return err
	}
	for _, src := range slices.Sorted(maps.Keys(s.pages)) {
		p := s.pages[src]
		if s.files[p.out] != nil {
			return fmt.Errorf("%s and another file are both %s", src, p.out)
		}
		var b bytes.Buffer
		if err := layout.Execute(&b, s.view(p)); err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
		s.files[p.out] = b.Bytes()
	}
	return nil
}

func (s *site) addAssets() error {
	for _, name := range []string{"site.css", "site.js", "search.js", "icon.svg"} {
		content, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		s.files["assets/"+name] = content
	}
	s.files[".nojekyll"] = nil // a host that would leave files out leaves none out
	missing, err := assets.ReadFile("assets/404.html")
	if err != nil {
		return err
	}
	home := "/"
	if s.base != nil {
		home = s.base.Path
		var list strings.Builder
		for _, p := range s.sorted() {
			list.WriteString(s.base.ResolveReference(&url.URL{Path: strings.TrimSuffix(p.out, "index.html")}).String() + "\n")
		}
		s.files["sitemap.txt"] = []byte(list.String())
	}
	s.files["404.html"] = bytes.ReplaceAll(missing, []byte("HOME/"), []byte(home))
	return nil
}

// sorted are the pages by their paths in the site.
func (s *site) sorted() []*page {
	return slices.SortedFunc(maps.Values(s.pages), func(a, b *page) int { return strings.Compare(a.out, b.out) })
}

// htmlOf is the page in the site that a page of Markdown becomes.
func htmlOf(src string) string {
	if path.Base(src) == readme {
		return path.Join(path.Dir(src), "index.html")
	}
	return strings.TrimSuffix(src, ".md") + ".html"
}

// rel is the link from one file of the site to another.
func rel(from, to string) string {
	here, there := strings.Split(path.Dir(from), "/"), strings.Split(to, "/")
	if here[0] == "." {
		here = nil
	}
	for len(here) > 0 && len(there) > 1 && here[0] == there[0] {
		here, there = here[1:], there[1:]
	}
	return strings.Repeat("../", len(here)) + strings.Join(there, "/")
}
