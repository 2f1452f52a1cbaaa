package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// eval is the value of an expression.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// unnamed are buttons and the like that are shown and have no name for a screen reader.
func (p *tab) unnamed() (list []string) {
	p.t.Helper()
	for line := range strings.Lines(p.tree()) {
		role, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch role {
		case "button", "dialog", "image", "region", "group", "table", "toolbar", "textbox", "link":
			if strings.TrimSpace(strings.Trim(name, `"`)) == "" {
				list = append(list, line)
			}
		}
	}
	return list
}

// contrasts are the texts that are shown and whose contrast with what is behind them is below
// 4.5 to 1 (WCAG 2.2, 1.4.3), as "text: contrast".
const contrasts = `(() => {
	const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
	const rgba = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const over = (top, below) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat(255); };
	const behind = (e) => {
		const all = [];
		for (; e; e = e.parentElement) all.push(rgba(getComputedStyle(e).backgroundColor));
		return all.reverse().reduce((below, top) => over(top, below), rgba(getComputedStyle(document.body).backgroundColor));
	};
	const list = [];
	let looked = 0;
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || ['SCRIPT', 'NOSCRIPT', 'title'].includes(e.tagName)) continue;
		if (document.querySelector('dialog[open]') && !e.closest('dialog[open]')) continue;
		const style = getComputedStyle(e);
		const [back, front] = [behind(e), over(rgba(e instanceof SVGElement ? style.fill : style.color), behind(e))];
		const [a, b] = [light(front), light(back)];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		looked++;
		if (contrast < 4.5) list.push(e.textContent.slice(0, 30) + ': ' + contrast.toFixed(2));
	}
	return looked < 3 ? ['only ' + looked + ' texts'] : list;
})()`

// wireIs is an expression: a wire of the drawing has that state.
func wireIs(name, state string) string {
	return fmt.Sprintf(`document.querySelector('.wire[data-name="%s"]').getAttribute('aria-label') === 'Wire %s, %s'`, name, name, state)
}

// click clicks on what an expression is.
func (p *tab) click(expression string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Evaluate[chromedp.Void]("("+expression+").dispatchEvent(new MouseEvent('click', {bubbles: true}))")); err != nil {
		p.t.Fatal(err)
	}
}

// choose opens the menu of a thing in the drawing, and presses a button in it, both by keys.
func (p *tab) choose(name, button string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('#drawing [data-name="%s"]').focus()`, name)))
	p.press("Enter", 0)
	p.becomes("document.getElementById('menu').open")
	p.click(fmt.Sprintf(`[...document.querySelectorAll('#groups button')].find((b) => b.textContent === '%s')`, button))
}

// The board without a lab: what people read, hear, press and are told.
func testBrowserWall(t *testing.T, b browser) {
	p := newPodium(9)
	screen := &lookedTab{desk: screenDesk(t)}
	p.tabs = map[string]*lookedTab{"H1 ": screen}
	screen.Write([]byte("what Ada has"))
	p.set(func() {
		p.board.Seats[0] = class.BoardSeat{Seat: "H1", Name: "Ada", Pages: 1, Running: true}
		p.board.Seats[1] = class.BoardSeat{Seat: "H2", Name: `<img src="//evil.example">`, Running: true}
		p.board.Log = []class.BoardEvent{{Number: 1, Seat: "H2", Name: "<b>", Text: hostileText}}
		n := p.nets[""]
		n.Hosts[0].Student, n.Hosts[0].Tells, n.Hosts[0].Groups = "Ada", true, []string{"224.0.0.114 by eth0"}
		n.Hosts[1].Student, n.Hosts[1].Faults = p.board.Seats[1].Name, []string{"firewall <in>"}
		n.Hosts[2].Tells = true
		n.Heard = []class.NetHeard{{By: "H1", From: "H2", Datagrams: 1, Ago: 2}}
		p.nets[""] = n
	})
	p.wire("", "H3.eth0", func(w *class.NetWire) { w.Faults = []string{"loss 30%"} })
	h := newHandler(&room{}, Options{Key: teachersKey})
	h.board(p)
	host, cut := serve(t, h)
	board := func(fragment string, dark bool) *tab {
		w := b.tab(t, 1280, 900, false)
		scheme := map[bool]string{false: "light", true: "dark"}[dark]
		call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		w.do(chromedp.Navigate("http://" + host + "/board" + fragment))
		w.becomes("document.querySelectorAll('#rows tr').length === 9")
		return w
	}
	check := func(what string, w *tab) {
		t.Helper()
		if list := w.unnamed(); len(list) > 0 {
			t.Errorf("%s: without a name: %q", what, list)
		}
		if list := eval[[]string](w, contrasts); len(list) > 0 {
			t.Errorf("%s: contrast: %q", what, list)
		}
	}

	// Read only: above eight hosts the table comes first; nothing can be pressed but the views.
	wall := board("", true)
	wall.becomes("!document.getElementById('matrix').hidden && document.querySelector('td[data-by=H1][data-from=H2]').textContent === '●'")
	wall.becomes("document.querySelector('td[data-by=H1][data-from=H3]').textContent === '·' && document.querySelector('td[data-by=H2][data-from=H1]').textContent === '?'")
	check("read only", wall)
	for _, view := range []string{"drawing", "list"} {
		wall.do(chromedp.Click("[data-view=" + view + "]"))
		wall.becomes("!document.getElementById('" + view + "').hidden")
		check(view, wall)
	}
	if n := eval[int](wall, "[...document.querySelectorAll('button, [role=button]')].filter((b) => b.checkVisibility()).length"); n != 3 {
		t.Errorf("without the key there are %d buttons", n)
	}
	tree := wall.tree()
	for _, want := range []string{`rowheader "H3.eth0"`, `cell "loss 30%"`, `cell "224.0.0.114 by eth0"`, `cell "firewall <in>"`} {
		if !strings.Contains(tree, want) {
			t.Errorf("a screen reader has no %s:\n%s", want, tree)
		}
	}
	if eval[bool](wall, "document.querySelector('#events b, #rows img, svg img') !== null") {
		t.Error("a name became an element")
	}

	// With the key: by keys alone to a fault; what the class refuses is said beside it.
	desk := board("#key="+teachersKey, false)
	desk.becomes("document.body.classList.contains('teacher') && location.hash === '' && sessionStorage.getItem('groupcast.key') !== null")
	desk.do(chromedp.Click("[data-view=drawing]"))
	desk.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('#drawing [tabindex=\"0\"]').focus()"))
	first := eval[string](desk, "document.activeElement.dataset.name")
	desk.press("ArrowRight", 0)
	desk.becomes("document.activeElement.dataset.name !== '" + first + "'")
	desk.press("Home", 0)
	desk.press("Enter", 0)
	desk.becomes("document.getElementById('menu').open && document.activeElement.closest('#groups')")
	check("a menu", desk)
	desk.press("ArrowRight", 0)
	desk.becomes("document.activeElement.closest('#groups') && document.activeElement.dataset.key !== document.querySelector('#groups button').dataset.key")
	desk.do(chromedp.KeyEvent("\u001b"))
	desk.becomes("!document.getElementById('menu').open && document.activeElement.dataset.name === '" + first + "'")
	p.mu.Lock()
	p.fails = fmt.Errorf("lab: no host %q", "<b>H2</b>")
	p.mu.Unlock()
	desk.choose("H2.eth0", "Cut")
	desk.becomes(`document.querySelector('#menu section[data-of="H2.eth0"] .error').textContent === 'Lab: no host "<b>H2</b>".' && document.getElementById('menu').open`)
	if did := p.acted(); did != `fault "" ["cut" "H2.eth0"]` {
		t.Errorf("done is %s", did)
	}
	check("an error", desk)
	desk.do(chromedp.KeyEvent("\u001b"))
	p.mu.Lock()
	p.fails = nil
	p.mu.Unlock()
	desk.choose("H2", "Free the seat")
	desk.becomes("document.getElementById('sure').open")
	desk.do(chromedp.KeyEvent("\u001b"))
	desk.becomes("!document.getElementById('sure').open && document.getElementById('menu').open")
	desk.do(chromedp.KeyEvent("\u001b"))
	desk.becomes("!document.getElementById('menu').open && document.activeElement.dataset.name === 'H2'")
	if did := p.acted(); did != "" {
		t.Errorf("what was not confirmed is done: %s", did)
	}

	// The arrows of the host that is pointed at.
	desk.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('.host[data-name=H1]').focus()"))
	desk.becomes("document.querySelectorAll('path.arrow').length === 1 && document.getElementById('pointed').textContent.startsWith('H1 Ada hears H2 <img')")

	desk.choose("H1", "Look on")
	desk.becomes("document.getElementById('looked').innerText.includes('what Ada has')")
	check("looking on", desk)
	desk.do(chromedp.KeyEvent("\u001b"))
	labtest.Eventually(t, "nobody looks on", func() bool { return screen.lookers() == 0 })

	// What happens is announced, but not each thing by itself.
	for n := range 50 {
		p.set(func() {
			p.board.Log = append(p.board.Log[:len(p.board.Log):len(p.board.Log)], class.BoardEvent{Number: int64(n + 2), Text: fmt.Sprint("thing ", n)})
		})
	}
	desk.becomes("document.querySelectorAll('#events li').length === 51 && document.getElementById('news').textContent.includes('thing')")

	desk.behaved(host)
	wall.behaved(host)

	// Both dialogs are opened again before the page hears that they were closed. (The console
	// tells of a connection that was closed so early.)
	reopened := func(dialog, open string) {
		t.Helper()
		desk.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`new Promise((done) => {
			const open = () => { %[2]s };
			const dialog = document.getElementById('%[1]s');
			open();
			dialog.addEventListener('close', done, {once: true});
			dialog.close();
			open();
		})`, dialog, open), chromedp.EvalAwaitPromise))
	}
	const (
		openMenu = `document.querySelector('.host[data-name=H1]').dispatchEvent(new MouseEvent('click', {bubbles: true}))`
		lookOn   = `[...document.querySelectorAll('#groups button')].find((b) => b.textContent === 'Look on').click()`
	)
	reopened("menu", openMenu)
	desk.do(chromedp.Evaluate[chromedp.Void](lookOn))
	desk.becomes("document.getElementById('looked').innerText.includes('what Ada has')")
	reopened("look", openMenu+"; "+lookOn)
	desk.becomes("document.getElementById('looked').innerText.includes('what Ada has')")
	desk.do(chromedp.KeyEvent("\u001b"))
	labtest.Eventually(t, "nobody looks on", func() bool { return screen.lookers() == 0 })

	// A lost connection comes back; a wrong key makes the page read only.
	desk.watchState()
	cut()
	desk.becomes("window.said?.startsWith('The connection is lost')")
	p.set(func() { p.board.Locked = true })
	for _, w := range []*tab{desk, wall} {
		w.becomes("document.getElementById('state').textContent === '' && !document.getElementById('locked').hidden")
	}
	stranger := board("#key=wrong", false)
	stranger.becomes("document.getElementById('failed').textContent.startsWith('This is not the teacher') && !document.body.classList.contains('teacher') && sessionStorage.getItem('groupcast.key') === null")
	p.mu.Lock()
	close(p.done)
	p.mu.Unlock()
	wall.becomes("document.title.startsWith('The class is over')")
}
