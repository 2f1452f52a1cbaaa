package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// tab is a window of Chromium on the site, which it reads from the disk.
type tab struct {
	t    *testing.T
	ctx  context.Context
	home string // the address of the site

	mu       sync.Mutex
	trouble  []string // what the console says
	requests []string
}

func openTab(t *testing.T) *tab {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal("there is no chromium, and CI is set")
	default:
		t.Skip(err)
	}
	files, err := whole()
	if err != nil {
		t.Fatal(err)
	}
	dir, home := t.TempDir(), t.TempDir()
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(home+"/data"),
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "DBUS_SESSION_BUS_ADDRESS=disabled:"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, home: "file://" + dir + "/"}
	p.do()
	if err := chromedp.Listen(ctx, p.told); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	return p
}

// told keeps what the site does that it should not.
func (p *tab) told(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		p.trouble = append(p.trouble, fmt.Sprint("console: ", e.Type))
	case *runtime.EventExceptionThrown:
		p.trouble = append(p.trouble, e.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		p.trouble = append(p.trouble, e.Entry.Text+" "+e.Entry.URL)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func call[P, R any](p *tab, method cdp.Command[P, R], params P) R {
	p.t.Helper()
	r, err := chromedp.Call(p.ctx, method, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *tab) open(page string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.home + page))
}

// evaluate is what a JavaScript expression gives.
func evaluate[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%v: %s", err, expression)
	}
	return v
}

// becomes waits until a JavaScript expression is true, also on the page that follows.
func (p *tab) becomes(expression string) {
	p.t.Helper()
	labtest.Eventually(p.t, expression, func() bool {
		holds, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("(() => { try { return !!("+expression+") } catch { return false } })()"))
		return err == nil && holds
	})
}

func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key}
		switch key {
		case "/":
			down.Text = key
		case "Enter":
			down.Text, down.WindowsVirtualKeyCode = "\r", 13
		case "Tab":
			down.WindowsVirtualKeyCode = 9
		case "Escape":
			down.WindowsVirtualKeyCode = 27
		case "ArrowDown":
			down.WindowsVirtualKeyCode = 40
		}
		call(p, input.DispatchKeyEvent, down)
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: key})
	}
}

func (p *tab) run(t *testing.T, name string, test func(*testing.T, *tab)) {
	t.Run(name, func(t *testing.T) {
		whole := p.t
		p.t = t
		defer func() { p.t = whole }()
		test(t, p)
	})
}

// samples have every kind of thing that a page has: the widest tables and code, drawings,
// screens, details, Chinese, a file.
var samples = []string{
	"index.html", "docs/index.html", "docs/words.html", "docs/json.html", "docs/zh/article.html", "docs/lessons/index.html", "docs/lessons/igmp.html",
	"docs/lessons/code.html", "docs/pitfalls/index.html", "docs/pitfalls/wrong-egress.html", "docs/pitfalls/cards/index.html", "docs/api/mcast.txt.html", "mcast/index.html",
}

// pale lists text whose contrast with its ground is too small (WCAG 2, 1.4.3).
const pale = `(() => {
	const rgb = (s) => { const [r, g, b, a = 1] = s.match(/[\d.]+/g).map(Number); return {r, g, b, a}; };
	const over = (top, under) => Object.fromEntries(['r', 'g', 'b'].map((c) => [c, top[c] * top.a + under[c] * (1 - top.a)]));
	const light = ({r, g, b}) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = new Map();
	const groundOf = (e) => {
		if (!e) return {r: 255, g: 255, b: 255};
		if (!ground.has(e)) { const own = rgb(getComputedStyle(e).backgroundColor); ground.set(e, own.a === 1 ? own : over(own, groundOf(e.parentElement))); }
		return ground.get(e);
	};
	const seen = new Set(), found = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || seen.has(e) || e.closest('noscript, script, .here, .colon') || !e.checkVisibility()) continue;
		seen.add(e);
		const style = getComputedStyle(e), under = groundOf(e), size = parseFloat(style.fontSize);
		const [a, b] = [light(over(rgb(style.color), under)), light(under)];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		if (ratio < (large ? 3 : 4.5)) found.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
	}
	return seen.size < 10 ? ['only ' + seen.size + ' texts'] : [...found];
})()`

// wide lists what makes a page scroll sideways.
const wide = `document.documentElement.scrollWidth <= innerWidth ? [] : ['by ' + (document.documentElement.scrollWidth - innerWidth), ...[...document.querySelectorAll('body *')].filter((e) =>
	e.getBoundingClientRect().right > innerWidth + 1 && !e.parentElement.closest('pre, .scroll')).slice(0, 3).map((e) => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))]`

func TestBrowser(t *testing.T) {
	p := openTab(t)
	p.run(t, "looks", testLooks)
	p.run(t, "keyboard", testKeyboard)
	p.run(t, "search", testSearch)

	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.trouble {
		t.Errorf("the console says %q", text)
	}
	for _, url := range p.requests {
		if !strings.HasPrefix(url, p.home) {
			t.Errorf("a request to %s", url)
		}
	}
	if len(p.requests) < 3*len(samples) {
		t.Errorf("there were %d requests", len(p.requests))
	}
}

// Every page of the samples can be read from 360 to 1600 pixels, in the light and in the
// dark.
func testLooks(t *testing.T, p *tab) {
	list := samples
	if os.Getenv("SITE_ALL") != "" { // by hand: a minute
		list = nil
		files, _ := whole()
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if strings.HasSuffix(name, ".html") && name != "404.html" {
				list = append(list, name)
			}
		}
	}
	for _, page := range list {
		p.open(page)
		for _, width := range []int64{360, 768, 1280, 1600} {
			call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
			if found := evaluate[[]string](p, wide); len(found) > 0 {
				t.Errorf("%s scrolls sideways at %d: %q", page, width, found)
			}
		}
		for _, theme := range []string{"light", "dark"} {
			call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
			p.becomes("document.documentElement.dataset.theme === '" + theme + "'")
			if found := evaluate[[]string](p, pale); len(found) > 0 {
				t.Errorf("%s, %s: too little contrast: %q", page, theme, found)
			}
		}
	}
}

// The search, the colours, the menu and the way past them need no mouse.
func testKeyboard(t *testing.T, p *tab) {
	p.open("docs/mesh.html")
	p.press("Tab", "Enter")
	p.becomes("location.hash === '#page' && document.activeElement.id === 'page'")

	p.open("index.html")
	p.press("/")
	p.becomes("document.querySelector('dialog.search').open && document.activeElement.role === 'combobox'")
	call(p, input.InsertText, input.InsertTextParams{Text: "I hear myself but nobody else"})
	p.becomes("document.querySelector('.search [aria-selected=true]').textContent.includes('loopback-not-proof: ')")
	if found := evaluate[[]string](p, pale); len(found) > 0 {
		t.Errorf("the search: too little contrast: %q", found)
	}
	p.press("ArrowDown")
	p.becomes("document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent.includes('wrong-egress: ')")
	p.press("Escape")
	p.becomes("!document.querySelector('dialog.search').open")
	p.press("/")
	p.becomes("document.querySelector('dialog.search').open")
	p.press("Enter")
	p.becomes("location.pathname.endsWith('/docs/pitfalls/loopback-not-proof.html')")

	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1})
	focus := func(selector string) { evaluate[bool](p, "document.querySelector('"+selector+"').focus() || true") }
	p.becomes("!document.querySelector('.side').checkVisibility()")
	focus("button.menu")
	p.press("Enter")
	p.becomes("document.querySelector('.side').checkVisibility() && document.querySelector('.side a[aria-current=page]')")
	if found := evaluate[[]string](p, wide); len(found) > 0 {
		t.Errorf("the menu scrolls sideways: %q", found)
	}
	focus("button.theme")
	p.press("Enter")
	p.becomes("document.documentElement.dataset.theme === 'light' && document.activeElement.title === 'Colours: light'")
	p.press("Enter")
	p.open("index.html") // the choice is kept, and pictures follow it
	p.becomes("document.documentElement.dataset.theme === 'dark' && document.querySelector('picture img').currentSrc.endsWith('-dark.svg')")
}

var typedRow = regexp.MustCompile(`(?m)^\t\{("(?:[^"\\]|\\.)*"), "([a-z0-9-]+|lab [a-z0-9-]+)"\},`)

// The search finds what groupcast explain finds for the same words, and what people say
// that they see.
func testSearch(t *testing.T, p *tab) {
	rows := [][2]string{
		{"I hear myself but nobody else", "loopback-not-proof"}, {"i only see my own packets", "wrong-egress"}, {"it stops after 4 minutes", "no-querier"},
		{"works with ping but not with multicast", "no-multicast-router"}, {"they hear me but I do not hear them", "one-way"}, {"nobody receives me since the vpn", "wrong-egress"},
		{"wireshark sees it, my app does not", "firewall-in"}, {"every packet comes twice", "two-on-one-lan"}, {"large messages do not arrive", "over-mtu"},
		{"snoop", "no-querier"}, {"class in browsers", "class"}, {"exit status 3", "exit-status"}, {"组播", "article"}, {"protocol test vectors", "protocol"},
	}
	table, err := os.ReadFile("../../cmd/groupcast/explain_search_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range typedRow.FindAllSubmatch(table, -1) {
		var typed string
		if err := json.Unmarshal(m[1], &typed); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, [2]string{typed, string(bytes.TrimPrefix(m[2], []byte("lab ")))})
	}
	if len(rows) < 150 {
		t.Fatalf("%d rows", len(rows))
	}
	p.open("index.html")
	p.press("/")
	p.becomes("document.querySelector('dialog.search').open")
	typed := make([]string, len(rows))
	for i, row := range rows {
		typed[i] = row[0]
	}
	queries, _ := json.Marshal(typed)
	for i, names := range evaluate[[][]string](p, string(queries)+".map((q) => groupcastSearch.find(q).filter((f) => f.kind !== 'Word').slice(0, 3).map((f) => f.name))") {
		if !slices.Contains(names, rows[i][1]) {
			t.Errorf("%q finds %q, want %q among them", rows[i][0], names, rows[i][1])
		}
	}
	if word := evaluate[string](p, "groupcastSearch.find('MTU').find((f) => f.kind === 'Word').url"); word != "docs/topics/glossary.html#word-mtu-maximum-transmission-unit" {
		t.Errorf("the word MTU is at %q", word)
	}
	if !evaluate[bool](p, "JSON.stringify(groupcastSearch.find('querier' + ' '.repeat(300) + 'egress')) === JSON.stringify(groupcastSearch.find('querier '))") {
		t.Error("a text of any length is looked for")
	}
	if n := evaluate[int](p, "groupcastSearch.find('<img src=x>'.repeat(500)).length + groupcastSearch.find('\\u0000 []{}').length"); n < 0 {
		t.Errorf("%d", n)
	}
}
