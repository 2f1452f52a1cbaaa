package main

import (
	"bytes"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

var repository = os.DirFS("../..")

// whole is the site of this repository.
var whole = sync.OnceValues(func() (map[string][]byte, error) { return build(repository, "") })

func TestBuild(t *testing.T) {
	files, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	again, err := build(repository, "https://example.org/docs")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		switch here := again[name]; {
		case strings.HasSuffix(name, ".html"): // these have their address
			here = bytes.Replace(here, []byte(`<link rel="canonical" href="https://example.org/docs/`+strings.TrimSuffix(name, "index.html")+"\">\n"), nil, 1)
			if name == "404.html" {
				here = bytes.ReplaceAll(here, []byte(`"/docs/`), []byte(`"/`))
			}
			if !bytes.Equal(content, here) {
				t.Errorf("two runs made two kinds of %s", name)
			}
		case !bytes.Equal(content, here):
			t.Errorf("two runs made two kinds of %s", name)
		}
		if external := []byte("://"); strings.HasPrefix(name, "assets/") && name != searchFile &&
			bytes.Contains(bytes.ReplaceAll(content, []byte("http://www.w3.org/2000/svg"), nil), external) {
			t.Errorf("%s has an address of the internet", name)
		}
	}
	if n := strings.Count(string(again["sitemap.txt"]), "https://example.org/docs/"); n < 200 || len(again) != len(files)+1 {
		t.Errorf("the sitemap has %d addresses, and there are %d files, %d without it", n, len(again), len(files))
	}
	for name, want := range map[string]string{
		"index.html":                                `<a href="docs/index.html#engineers-something-does-not-arrive"><b>Engineers</b>`,
		"docs/index.html":                           `<a href="pitfalls/wrong-egress.html" class="one">wrong-egress</a>`,
		"docs/zh/index.html":                        `<html lang="zh-Hans">`,
		"docs/lessons/refused.html":                 `<a rel="prev" href="echo.html">`,
		"docs/pitfalls/wrong-egress.html":           `<span class="name">wrong-egress<span class="colon">: </span></span>Sends leave`,
		"docs/topics/glossary.html":                 `<p id="word-mtu-maximum-transmission-unit">`,
		"docs/decisions/index.html":                 `<a href="005-tools.html">5. Tools and test libraries</a>`,
		"docs/examples/echo_server.py.html":         `<span class="k">import</span>`,
		"docs/examples/echo_server.py":              "import socket",
		"docs/pitfalls/cards/wrong-egress.svg":      "<svg",
		"docs/lessons/article.pcapng":               "",
		"docs/scripts/meet.sh":                      "#!/bin/sh",
		"mcast/index.html":                          "docs/api/mcast.txt.html",
		".nojekyll":                                 "",
		"LICENSE":                                   "MIT",
		"docs/groupcast.lua.html":                   "Wireshark",
		"docs/lessons/drawings/igmp-1.svg":          "<svg",
		"docs/screens/talk-dark.svg":                "<svg",
		"docs/lessons/join-is-not-the-way-out.html": `<a href="../../mcast/lab/lesson/listings/join-on-interface/join-on-interface.go.html">`,
	} {
		if content, ok := files[name]; !ok || !strings.Contains(string(content), want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
	// Whoever looks a pitfall up by what is seen finds it.
	for name := range files {
		if dir, file := filepath.Split(name); dir == "docs/pitfalls/" && strings.HasSuffix(file, ".html") && file != "index.html" {
			if said := string(files[name]); !strings.Contains(said, "One page, one surprise: ") {
				t.Errorf("%s has no surprise, by which the search finds it", name)
			}
		}
	}
}

func TestMarkdown(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, name := range []string{"README.md", "docs/README.md", "docs/a.md", "docs/b/README.md", "docs/b/c.md", "docs/b/d.svg", "docs/api/x.txt", "mcast/doc.go"} {
		fsys[name] = &fstest.MapFile{}
	}
	for _, tt := range []struct{ src, text, want string }{
		{"README.md", "[a](docs/a.md)", `<a href="docs/a.html">`},
		{"README.md", "[a](docs/a.md#x)", `<a href="docs/a.html#x">`},
		{"README.md", "[a](docs/README.md)", `<a href="docs/index.html">`},
		{"docs/b/c.md", "[a](../../README.md#faq)", `<a href="../../index.html#faq">`},
		{"docs/b/c.md", "[a](README.md)", `<a href="index.html">`},
		{"docs/a.md", "[a](b)", `<a href="b/index.html">`},
		{"docs/a.md", "[a](api)", `<a href="api/index.html">`},
		{"docs/a.md", "[a](../mcast)", `<a href="../mcast/index.html">`},
		{"docs/a.md", "[a](../mcast/doc.go)", `<a href="../mcast/doc.go.html">`},
		{"docs/a.md", "![a](b/d.svg)", `<img src="b/d.svg" alt="a">`},
		{"docs/a.md", "[a](https://example.org/x)", `<a href="https://example.org/x">`},
		{"docs/a.md", "## A `b`, <c\n\n## A b c", `<h2 id="a-b-c-1">A b c <a class="here" href="#a-b-c-1" aria-label="Link to: A b c">`},
		{"docs/a.md", "```\nA$ go <x>    (as \"y\")\n    expected: z\nls # why\n```", "<pre><code><span class=\"p\">A$ </span><span class=\"b\">go &lt;x&gt;</span><span class=\"c\">    (as &#34;y&#34;)</span>\n    <span class=\"e\">expected: z</span>\nls <span class=\"c\"># why</span>\n</code></pre>"},
		{"docs/a.md", "```go\nreturn \"<\" // x\n```", `<pre><code><span class="k">return</span> <span class="s">&#34;&lt;&#34;</span> <span class="c">// x</span>`},
		{"docs/a.md", "| a |\n|---|\n| `<table>` |", "<div class=\"scroll\"><table>"},
	} {
		s := &site{fsys: fsys}
		p, err := s.markdown(tt.src, []byte("# T\n\n"+tt.text+"\n"))
		if err != nil || !strings.Contains(string(p.body), tt.want) {
			t.Errorf("%s: %s\n%v\nwant %s, got\n%s", tt.src, tt.text, err, tt.want, p.body)
		}
	}
	for _, text := range []string{"T", "# T\n[a](no.md)", "# T\n<script>x</script>", "# T\n\n<div>\nx\n</div>", "# T\n\na <img src=x onerror=alert(1)>"} {
		s := &site{fsys: fsys}
		if _, err := s.markdown("README.md", []byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestCheck(t *testing.T) {
	page := func(body string) []byte { return []byte("<!DOCTYPE html><h1 id=top>T</h1>" + body) }
	for _, tt := range []struct{ body, want string }{
		{`<a href="b.html#top"></a><a href="#top"></a><a href="https://example.org/"></a><a href="mailto:a@example.org"></a><img src=i.svg alt=x><h2>x</h2><h3>y</h3><h2>z</h2>`, ""},
		{`<a href="c.html"></a>`, "a.html: a link leads nowhere: c.html"},
		{`<a href="b.html#no"></a>`, "a.html: b.html has no anchor for the link b.html#no"},
		{`<a href="#no"></a>`, "a.html has no anchor"},
		{`<a href="../a.html"></a>`, "leads nowhere"},
		{`<img src="https://example.org/x.png" alt=x>`, "<img> leads out of the site"},
		{`<script src="//example.org/x.js"></script>`, "<script> leads out of the site"},
		{`<link rel=stylesheet href="https://example.org/x.css">`, "<link> leads out of the site"},
		{`<a href="javascript:x()"></a>`, "leads out of the site"},
		{`<picture><source srcset=no.svg><img src=i.svg alt=x></picture>`, "leads nowhere: no.svg"},
		{`<img src=i.svg>`, "says nothing to those who do not see it"},
		{`<p id=top>`, `two things have the name "top"`},
		{`<h3>x</h3>`, "a heading of level 3 follows one of level 1"},
		{`<h1>x</h1>`, "a heading of level 1 follows one of level 1"},
	} {
		err := check(map[string][]byte{"a.html": page(tt.body), "b.html": page(""), "i.svg": nil}, nil)
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.body, err, tt.want)
		}
	}
	base := &url.URL{Path: "/x/"}
	if err := check(map[string][]byte{"404.html": page(`<a href="/x/b.html"></a>`), "b.html": page("")}, base); err != nil {
		t.Error(err)
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	index := []byte("searchIndex({})")
	if err := write(dir, map[string][]byte{searchFile: index, "old.html": []byte("x"), "a/b.html": nil}); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, ".git", "HEAD")
	if err := errors.Join(os.Mkdir(filepath.Dir(kept), 0o700), os.WriteFile(kept, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := write(dir, map[string][]byte{searchFile: index, "a/b.html": []byte("y")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("it removed the repository that the site is published from: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old.html")); err == nil {
		t.Error("what is no part of the site any more is still there")
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a", "b.html")); string(got) != "y" {
		t.Errorf("%q, %v", got, err)
	}
	mine := t.TempDir()
	letter := filepath.Join(mine, "letter.txt")
	if err := os.WriteFile(letter, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(mine, map[string][]byte{"index.html": nil}); err == nil {
		t.Error("it wrote into a directory with other things in it")
	}
	other := filepath.Join(mine, filepath.FromSlash(searchFile)) // of a site that is not ours
	if err := errors.Join(os.Mkdir(filepath.Dir(other), 0o700), os.WriteFile(other, []byte("export {}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := write(mine, map[string][]byte{"index.html": nil}); err == nil {
		t.Error("it took another site for one of its own")
	}
	if _, err := os.Stat(letter); err != nil {
		t.Error(err)
	}
}

func TestSearchWords(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"Its memberships, received", []string{"it", "membership", "receiv"}},
		{"IP_MULTICAST_LOOP", []string{"ip", "multicast", "loop", "ip multicast loop"}},
		{"169.254.x.x!", []string{"169", "254", "x", "x", "169 254 x x"}},
		{"出接口eth0", []string{"出接", "接口", "eth0", "出接 接口 eth0"}},
	} {
		if got := keys(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q has %q, want %q", tt.text, got, tt.want)
		}
	}
	// The program in the page cuts the same endings.
	script, err := assets.ReadFile("assets/search.js")
	if err != nil || !strings.Contains(string(script), "const endings = ['"+strings.Join(endings, "', '")+"'];") {
		t.Errorf("search.js has other endings, %v", err)
	}
}
