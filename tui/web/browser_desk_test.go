package web

import (
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Mouse, selection, the way to the buttons and back by keys alone, and a connection that is
// lost.
func testBrowserDesk(t *testing.T, b browser) {
	d := screenDesk(t)
	d.shell = true
	d.Resize(class.Size{Width: 60, Height: 12})
	r := &room{desks: map[class.Token]*desk{"new": d}}
	host, cut := serve(t, newHandler(r, Options{}))
	p := b.tab(t, 1024, 768, false)
	p.do(chromedp.Navigate("http://" + host + "/"))
	p.focused("code")
	p.do(chromedp.KeyEvent("K7MQ4R\tAda\r"))
	d.Write([]byte("\x1b[31mfi\x1b[0mrst   \r\nsecond"))
	p.shows("second")
	p.becomes("document.querySelector('.scrolls').firstElementChild.id === 'shell-keys'") // before F1
	d.got()

	box, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]float64](`(() => {
		const [cell, line] = [document.querySelector('.cursor'), document.querySelector('.line')].map((e) => e.getBoundingClientRect());
		return [line.left, line.top, cell.width, cell.height];
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(column, row float64) (x, y float64) {
		return box[0] + (column+0.5)*box[2], box[1] + (row+0.5)*box[3]
	}
	event := func(kind input.DispatchMouseEventType, column, row, wheel float64) {
		x, y := at(column, row)
		// Chromium selects nothing when the points are no whole pixels.
		e := input.DispatchMouseEventParams{Type: kind, X: math.Round(x), Y: math.Round(y), Button: input.MouseButtonLeft, ClickCount: 1}
		switch kind {
		case input.DispatchMouseEventTypeMouseWheel:
			e.Button, e.ClickCount, e.DeltaX, e.DeltaY = "", 0, 1e-9, wheel // what is zero is left out, and missed
		case input.DispatchMouseEventTypeMouseMoved:
			e.Buttons, e.ClickCount = 1, 0
		case input.DispatchMouseEventTypeMousePressed:
			e.Buttons = 1
		}
		call(p, input.DispatchMouseEvent, e)
	}

	// Without a program that uses the mouse it selects, and the screen waits.
	event(input.DispatchMouseEventTypeMousePressed, 0, 0, 0)
	event(input.DispatchMouseEventTypeMouseMoved, 6, 1, 0)
	event(input.DispatchMouseEventTypeMouseReleased, 6, 1, 0)
	p.becomes(`(() => {
		const copy = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
		document.dispatchEvent(copy);
		return /^f?irst\nsecon/.test(copy.clipboardData.getData('text/plain'));
	})()`) // as text, without what fills the rows
	p.becomes("document.getElementById('notice').textContent.startsWith('Text is selected')")
	d.Write([]byte("\x1b]0;later\x07\x1b[H\x1b[2Jthird"))
	p.becomes("document.title === 'later'")
	p.shows("first")
	p.press("c", 2)
	p.becomes("getSelection().toString() !== ''")
	p.press("Escape", 0)
	p.shows("third")
	p.focused("keys")

	d.Write([]byte("\x1b[?1002h\x1b[?1006h"))
	p.becomes("document.querySelector('#screen.mouse')")
	event(input.DispatchMouseEventTypeMousePressed, 3, 2, 0)
	event(input.DispatchMouseEventTypeMouseMoved, 5, 2, 0)
	event(input.DispatchMouseEventTypeMouseReleased, 5, 2, 0)
	event(input.DispatchMouseEventTypeMouseWheel, 7, 4, -2*box[3])
	d.told(t, "the mouse", mouse(3, 2, 1, class.Press), mouse(5, 2, 1, class.Move), mouse(5, 2, 1, class.Release), mouse(7, 4, 4, class.Press))
	p.becomes("getSelection().isCollapsed")

	// Keys alone: Tab is the program's, so ctrl+m leads out.
	p.press("m", 2)
	p.focused("lines")
	for _, id := range []string{"smaller", "larger", "show-keys", "leave", "lines"} {
		p.press("ArrowRight", 0)
		p.focused(id)
	}
	p.press("Escape", 0)
	p.focused("keys")
	p.do(chromedp.KeyEvent("x"))
	d.told(t, "what is typed after that", class.Input{Text: "x"})

	// A screen reader is not read a screen, but told of the lines.
	tree := p.tree()
	for _, want := range []string{`textbox "Keys for the screen"`, `button "Lines for screen readers"`, `link "Skip to the buttons"`, `status`} {
		if !strings.Contains(tree, want) {
			t.Errorf("a screen reader has no %s:\n%s", want, tree)
		}
	}
	if strings.Contains(tree, "third") {
		t.Errorf("a screen reader reads the screen:\n%s", tree)
	}
	p.behaved(host)

	p.watchState()
	cut()
	p.becomes("window.said?.includes('The connection is lost')")
	d.Write([]byte("\r\nfourth"))
	p.shows("fourth")
	p.becomes("document.getElementById('state').textContent === ''")
	p.do(chromedp.KeyEvent("y"))
	d.told(t, "what is typed after that", class.Input{Text: "y"})

	d.End("it has ended")
	p.becomes("document.getElementById('why').textContent === 'The program does not run now: it has ended.'")
	p.do(chromedp.Click("#again"))
	d.told(t, "to start it again", key("Enter"))
	p.do(chromedp.Click("#leave"), chromedp.Click("#ask-leave .main"))
	p.becomes("location.pathname === '/'")
	labtest.Eventually(t, "the seat is given back", func() bool { _, err := r.Seat("new"); return err != nil })
}

// Lines instead of a screen.
func testBrowserLines(t *testing.T, b browser) {
	d := plainDesk("groupcast: joined", "<b>Bob</b>: hello")
	r := &room{desks: map[class.Token]*desk{"new": d}}
	host, cut := serve(t, newHandler(r, Options{}))
	p := b.tab(t, 390, 844, false)
	p.do(chromedp.Navigate("http://" + host + "/?plain"))
	p.becomes("document.getElementById('plain').checked")
	p.do(chromedp.KeyEvent("K7MQ4R\tAda\r"))
	lines := func(want string) {
		t.Helper()
		p.becomes("[...document.querySelector('.log').children].map((p) => p.textContent).join('|') === '" + want + "'")
	}
	lines("groupcast: joined|<b>Bob</b>: hello")
	tree := p.tree()
	for _, want := range []string{`log "What the program writes"`, `StaticText "<b>Bob</b>: hello"`, `textbox "Your line"`, `button "Send"`, `status`} {
		if !strings.Contains(tree, want) {
			t.Errorf("a screen reader has no %s:\n%s", want, tree)
		}
	}
	p.focused("line")
	p.do(chromedp.KeyEvent("one\rtwo\r"))
	p.press("ArrowUp", 0)
	p.press("ArrowUp", 0)
	p.do(chromedp.KeyEvent("!\r"))
	labtest.Eventually(t, "three lines are said", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.said) == 3 })
	if got := strings.Join(d.said, "|"); got != "one|two|one!" {
		t.Errorf("said is %q", got)
	}
	p.behaved(host)
	p.watchState()
	cut()
	p.becomes("window.said")
	d.write("Bob: bye")
	lines("groupcast: joined|<b>Bob</b>: hello|You: one|You: two|You: one!|Bob: bye")
	r.end()
	p.becomes("document.getElementById('state').textContent.startsWith('The class is over') && document.getElementById('line').disabled")
}
