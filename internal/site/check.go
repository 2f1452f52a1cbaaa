package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// found is what a check reads of a page.
type found struct {
	ids   map[string]bool
	links []link
}

type link struct{ to, tag string }

// check reports links and anchors that lead nowhere, and whatever a page would fetch from
// elsewhere.
func check(files map[string][]byte, base *url.URL) error {
	pages := map[string]found{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".html" {
			continue
		}
		f, err := read(files[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		pages[name] = f
	}
	home := "/"
	if base != nil {
		home = base.Path
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		for _, l := range pages[name].links {
			u, err := url.Parse(l.to)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
				continue
			case u.Host != "" && l.tag == "a" && (u.Scheme == "https" || u.Scheme == "http"), l.tag == "canonical":
				continue
			case u.Scheme == "mailto" && l.tag == "a":
				continue
			case u.IsAbs() || u.Host != "":
				errs = append(errs, fmt.Errorf("%s: <%s> leads out of the site: %s", name, l.tag, l.to))
				continue
			}
			to := name
			if inner, ok := strings.CutPrefix(u.Path, home); ok && name == "404.html" {
				to = inner
			} else if u.Path != "" {
				to = path.Join(path.Dir(name), u.Path)
			}
			if _, ok := files[to]; !ok {
				errs = append(errs, fmt.Errorf("%s: a link leads nowhere: %s", name, l.to))
			} else if target, isPage := pages[to]; u.Fragment != "" && isPage && !target.ids[u.Fragment] {
				errs = append(errs, fmt.Errorf("%s: %s has no anchor for the link %s", name, to, l.to))
			}
		}
	}
	return errors.Join(errs...)
}

// read finds the anchors and links of a page.
func read(content []byte) (found, error) {
	f := found{ids: map[string]bool{}}
	doc, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		return f, err
	}
	level := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			if now := int(n.Data[1] - '0'); now > level+1 || now == 1 && level > 0 {
				err = errors.Join(err, fmt.Errorf("a heading of level %d follows one of level %d", now, level))
			}
			level = int(n.Data[1] - '0')
		}
		tag, alt := n.Data, false
		for _, a := range n.Attr {
			if n.Data == "link" && a.Key == "rel" && a.Val == "canonical" {
				tag = "canonical"
			}
			alt = alt || a.Key == "alt" && a.Val != ""
		}
		if n.Data == "img" && !alt {
			err = errors.Join(err, errors.New("a picture says nothing to those who do not see it"))
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				if f.ids[a.Val] {
					err = errors.Join(err, fmt.Errorf("two things have the name %q", a.Val))
				}
				f.ids[a.Val] = true
			case "href", "src", "srcset":
				f.links = append(f.links, link{a.Val, tag})
			}
		}
	}
	if level == 0 {
		err = errors.Join(err, errors.New("it has no heading"))
	}
	return f, err
}
