package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// browser is a Chromium without a window.
type browser struct{ ctx context.Context }

// startBrowser starts Chromium. Where there is none the test is skipped, but not in CI.
func startBrowser(t *testing.T) browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal("there is no chromium, and CI is set")
	default:
		t.Skip(err)
	}
	home := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(home+"/data"),
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "DBUS_SESSION_BUS_ADDRESS=disabled:"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return browser{ctx}
}

// tab is a page of a student: with cookies of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	quiet    bool     // what is told from now on counts no more
	trouble  []string // what the console says
	requests []string
}

func (b browser) tab(t *testing.T, width, height int64, touch bool) *tab {
	t.Helper()
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p.ctx = ctx
	p.size(width, height, touch)
	if err := chromedp.Listen(ctx, p.told); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	return p
}

func (p *tab) size(width, height int64, touch bool) {
	p.t.Helper()
	var options []chromedp.EmulateViewportOption
	if touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do(chromedp.EmulateViewport(width, height, options...))
}

// told keeps what a page does that it should not.
func (p *tab) told(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	trouble := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requests = append(p.requests, e.URL)
	case *runtime.EventConsoleAPICalled:
		trouble = fmt.Sprint("console: ", e.Type)
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			trouble += " " + x.Description
		}
	case *cdplog.EventEntryAdded:
		if !strings.HasSuffix(e.Entry.URL, "/join") && !strings.Contains(e.Entry.URL, "/board/") { // a refusal
			trouble = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	}
	if trouble != "" && !p.quiet {
		p.trouble = append(p.trouble, trouble)
	}
}

// behaved reports what the console said, and requests to anywhere but the server.
func (p *tab) behaved(host string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = true
	for _, text := range p.trouble {
		p.t.Errorf("the console says %q", text)
	}
	for _, url := range p.requests {
		if !strings.HasPrefix(url, "http://"+host+"/") && !strings.HasPrefix(url, "ws://"+host+"/") {
			p.t.Errorf("a request to %s", url)
		}
	}
	if len(p.requests) < 5 {
		p.t.Errorf("there were the requests %q", p.requests)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// call calls a method of the browser's protocol.
func call[P, R any](p *tab, method cdp.Command[P, R], params P) R {
	p.t.Helper()
	r, err := chromedp.Call(p.ctx, method, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// becomes waits until a JavaScript expression is true. The page itself looks again and
// again; while another is loaded it does not.
func (p *tab) becomes(expression string) {
	p.t.Helper()
	look := `new Promise((done) => {
		const begin = Date.now();
		const look = () => ((() => { try { return ` + expression + ` } catch { return false } })() ? done(true) : Date.now() - begin > 2000 ? done(false) : setTimeout(look, 25));
		look();
	})`
	defer func() {
		if p.t.Failed() {
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
			p.t.Logf("the page is %s", text)
		}
	}()
	labtest.Eventually(p.t, expression, func() bool {
		holds, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
		return err == nil && holds
	})
}

// watchState keeps in window.said what the page says of its state from now on: a connection
// that is lost is back sooner than a busy host looks.
func (p *tab) watchState() {
	p.t.Helper()
	p.becomes("(() => { const s = document.getElementById('state'); new MutationObserver(() => { window.said = (window.said ?? '') + s.textContent }).observe(s, {childList: true, characterData: true, subtree: true}); return true })()")
}

// shows waits for text on the screen of a seat.
func (p *tab) shows(text string) {
	p.t.Helper()
	quoted, _ := json.Marshal(text)
	p.becomes(fmt.Sprintf("document.getElementById('screen').innerText.includes(%s)", quoted))
}

func (p *tab) focused(id string) {
	p.t.Helper()
	p.becomes(fmt.Sprintf("document.activeElement?.id === %q", id))
}

// press sends a key with modifiers, of which alt is 1, ctrl 2 and shift 8.
func (p *tab) press(key string, modifiers int64) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Modifiers: modifiers})
	}
}

// write types text, as an input method or a keyboard of a touch screen does.
func (p *tab) write(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

// tree is what a screen reader has of the page: role and name of each thing in it.
func (p *tab) tree() string {
	p.t.Helper()
	var b strings.Builder
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal([]byte(v.Value), &s)
		}
		return s
	}
	for _, n := range call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !n.Ignored {
			fmt.Fprintf(&b, "%s %q\n", text(n.Role), text(n.Name))
		}
	}
	return b.String()
}

func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	t.Run("phone", func(t *testing.T) { testBrowserPhone(t, b) })
	t.Run("desk", func(t *testing.T) { testBrowserDesk(t, b) })
	t.Run("exercise", func(t *testing.T) { testBrowserExercise(t, b) })
	t.Run("mends", func(t *testing.T) { testBrowserMends(t, b) })
	t.Run("lines", func(t *testing.T) { testBrowserLines(t, b) })
	t.Run("lines exercise", func(t *testing.T) { testBrowserLinesExercise(t, b) })
	t.Run("seats", func(t *testing.T) { testBrowserSeats(t, b) })
	t.Run("board", func(t *testing.T) { testBrowserBoard(t, b) })
	t.Run("exercises", func(t *testing.T) { testBrowserExercises(t, b) })
	t.Run("wall", func(t *testing.T) { testBrowserWall(t, b) })
}
