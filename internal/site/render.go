package main

import (
	"fmt"
	"html/template"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// ours renders headings with a link to themselves, and code with its colours.
type ours struct{}

func (ours) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, renderHeading)
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			block := n.(*ast.FencedCodeBlock)
			_, _ = w.WriteString(codeBlock(string(block.Language(source)), string(block.Lines().Value(source))))
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(codeBlock("", string(n.Lines().Value(source))))
		}
		return ast.WalkContinue, nil
	})
}

var oneName = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)+$`)

var named = regexp.MustCompile(`^([a-z0-9]+(?:-[a-z0-9]+)*): (.+)$`)

func renderHeading(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n := node.(*ast.Heading)
	id, _ := n.AttributeString("id")
	said := plain(n, source)
	switch m := named.FindStringSubmatch(said); {
	case n.Level == 1 && m != nil && entering: // name: what it is
		_, _ = fmt.Fprintf(w, "<h1 id=\"%s\"><span class=\"name\">%s<span class=\"colon\">: </span></span>%s</h1>\n", id, m[1], template.HTMLEscapeString(m[2]))
		return ast.WalkSkipChildren, nil
	case n.Level == 1 && m != nil:
	case entering:
		_, _ = fmt.Fprintf(w, "<h%d id=\"%s\">", n.Level, id)
	case n.Level == 1:
		_, _ = w.WriteString("</h1>\n")
	default:
		_, _ = fmt.Fprintf(w, " <a class=\"here\" href=\"#%s\" aria-label=\"Link to: %s\">#</a></h%d>\n", id, template.HTMLEscapeString(said), n.Level)
	}
	return ast.WalkContinue, nil
}
