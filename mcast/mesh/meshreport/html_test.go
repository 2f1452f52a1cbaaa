package meshreport

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

// allowed are the elements of a page, and the attributes that each may have.
var allowed = map[string]string{
	"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "body": "", "header": "", "main": "", "footer": "",
	"section": "class aria-labelledby", "h1": "", "h2": "id", "h3": "", "p": "class id", "span": "class", "b": "class", "bdi": "", "br": "", "small": "", "ul": "", "li": "",
	"div": "class role aria-labelledby tabindex", "table": "class aria-labelledby aria-describedby", "thead": "", "tbody": "", "tr": "",
	"th": "scope class", "td": "class title", "a": "href", "article": "id class", "figure": "", "figcaption": "",
	"svg": "viewbox preserveaspectratio role aria-label", "path": "class d", "dl": "", "dt": "", "dd": "",
}

// A page loads nothing and runs nothing, whatever members call themselves; what they call
// themselves is in it as text.
func TestPages(t *testing.T) {
	for name, make := range all {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			v := Look(make())
			if err := v.HTML(&b); err != nil {
				t.Fatal(err)
			}
			root, err := html.Parse(strings.NewReader(b.String()))
			if err != nil {
				t.Fatal(err)
			}
			look := pageLook{ids: map[string]bool{}}
			look.walk(t, root)
			for _, name := range v.Names[:min(len(v.Names), mostGrid)] {
				if !slices.Contains(look.texts, name) {
					t.Errorf("the page has no text %q", name)
				}
			}
			for _, to := range look.links {
				if id, ok := strings.CutPrefix(to, "#"); !ok || !look.ids[id] {
					t.Errorf("a link leads to %q", to)
				}
			}
			sum := sha256.Sum256([]byte(look.style))
			if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"; look.policy != want || look.styles != 1 {
				t.Errorf("policy %q of %d styles, want %q", look.policy, look.styles, want)
			}
			if strings.Contains(look.style, "url(") || strings.Contains(look.style, "@import") || strings.Contains(b.String(), "ZgotmplZ") {
				t.Error("the page refers to something")
			}
		})
	}
}

type pageLook struct {
	ids           map[string]bool
	texts, links  []string
	style, policy string
	styles        int
}

func (l *pageLook) walk(t *testing.T, n *html.Node) {
	switch n.Type {
	case html.CommentNode:
		t.Errorf("a comment %q", n.Data)
	case html.TextNode:
		l.texts = append(l.texts, n.Data)
		if n.Parent.Data == "style" {
			l.style = n.Data
			l.styles++
		}
	case html.ElementNode:
		may, ok := allowed[n.Data]
		if !ok {
			t.Errorf("an element %q", n.Data)
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if !slices.Contains(strings.Fields(may), strings.ToLower(a.Key)) {
				t.Errorf("%s has an attribute %q", n.Data, a.Key)
			}
		}
		if id := attributes["id"]; id != "" {
			if l.ids[id] {
				t.Errorf("two have the id %q", id)
			}
			l.ids[id] = true
		}
		switch {
		case n.Data == "a":
			l.links = append(l.links, attributes["href"])
		case n.Data == "meta" && attributes["http-equiv"] == "Content-Security-Policy":
			l.policy = attributes["content"]
		case n.Data == "th" && attributes["scope"] == "":
			t.Error("a th without a scope")
		case n.Data == "svg" && (attributes["role"] != "img" || !strings.HasPrefix(attributes["aria-label"], "Loss over time: ")):
			t.Errorf("a drawing without a name: %v", attributes)
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.walk(t, c)
	}
}

// The page of thirty that all lose something is small enough to be sent by mail, and that of a
// crowd stays so.
func TestPageSize(t *testing.T) {
	for _, members := range []int{30, 130} {
		r := meshtest.Well(members)
		for by := range members {
			for from := range members {
				if by == from {
					continue
				}
				meshtest.Lossy(r, by, from, 5)
				p := meshtest.Pair(r, by, from)
				for i := range p.Line {
					p.Line[i].Received -= uint32(13 * (i % 7))
				}
			}
			if members > 100 && by > 40 { // the fixtures look for each pair
				break
			}
		}
		var b strings.Builder
		if err := HTML(&b, r); err != nil || b.Len() > 300_000 || strings.Count(b.String(), "<svg") != mostCards {
			t.Errorf("of %d members: %d bytes, %d drawings, %v", members, b.Len(), strings.Count(b.String(), "<svg"), err)
		}
		t.Logf("%d members: %d bytes", members, b.Len())
	}
}
