package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// told waits until pages have asked for that, and nothing else.
func (d *drill) told(t *testing.T, want ...string) {
	t.Helper()
	labtest.Eventually(t, fmt.Sprintf("%q is asked for", want), func() bool { return len(d.did()) >= len(want) })
	if got := d.did(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("pages asked for %q, want %q", got, want)
	}
}

// Two hosts, and an exercise: keys go where the tab is, what a check has seen is shown as
// text, and nothing that cannot be taken back happens without a question.
func testBrowserExercise(t *testing.T, b browser) {
	a, other, x := exerciseDesk(t)
	r := &room{desks: map[class.Token]*desk{"new": a}}
	host, cut := serve(t, newHandler(r, Options{}))
	p := b.tab(t, 1024, 768, false)
	p.do(chromedp.Navigate("http://" + host + "/"))
	p.focused("code")
	p.do(chromedp.KeyEvent("K7MQ4R\tAda\r"))
	a.Write([]byte("this is A"))
	p.shows("this is A")
	text := func(id, want string) {
		t.Helper()
		p.becomes(fmt.Sprintf("document.getElementById('%s').textContent === '%s'", id, want))
	}
	if len(other.sizes()) != 0 {
		t.Error("a tab that nobody has shown was started")
	}

	// By keys alone to the other host, and back to its screen.
	p.focused("keys")
	p.press("m", 2)
	p.focused("tab-0")
	p.press("ArrowRight", 0)
	p.focused("tab-1")
	other.Write([]byte("this is B"))
	p.shows("this is B")
	p.becomes("!document.getElementById('screen').innerText.includes('this is A')")
	labtest.Eventually(t, "the other is told its size", func() bool { return len(other.sizes()) > 0 })
	p.press("Escape", 0)
	p.focused("keys")
	p.do(chromedp.KeyEvent("b"))
	other.told(t, "what is typed there", class.Input{Text: "b"})
	a.Write([]byte("\r\nmore of A"))
	p.becomes("document.querySelector('#tab-0.new')")
	p.do(chromedp.Reload())
	p.shows("this is B") // the same tab
	p.do(chromedp.Click("#tab-0"))
	p.shows("more of A")
	p.becomes("!document.querySelector('[role=tab].new')")
	p.focused("keys")
	p.do(chromedp.KeyEvent("a"))
	a.told(t, "what is typed there", class.Input{Text: "a"})

	text("task-met", "Not checked yet.")
	p.do(chromedp.Click("#check"))
	x.told(t, "check")
	text("check", "Checking…")
	p.do(chromedp.Click("#hint"), chromedp.Click("#check"), chromedp.Click("#reset")) // it is busy
	x.set(checked(1))
	text("task-met", "1 of 2 met.")
	text("told", "1 of 2 met.")
	p.becomes("document.querySelectorAll('#task-list .met').length === 1 && document.querySelectorAll('#task-list .unmet').length === 1")
	p.becomes("document.querySelector('#task-list .seen').textContent === '<img src=x onerror=alert(1)>' && !document.querySelector('#task img')")
	p.becomes("document.querySelectorAll('#task-list .seen')[1].textContent.length < 400")
	for n := range 2 {
		p.do(chromedp.Click("#hint"))
		x.told(t, append([]string{"check"}, []string{"hint", "hint"}[:n+1]...)...)
		x.set(func(s *class.ExerciseState) {
			s.Busy, s.Hints = "", append(s.Hints, fmt.Sprint("Hint number <b>", n+1))
			s.Progress.Hints++
		})
		text("told", fmt.Sprintf("Hint %d: Hint number <b>%d", n+1, n+1))
	}
	text("hint", "Hint 3 of 3")

	// By keys alone to the last hint, and not yet.
	p.press("m", 2)
	p.press("ArrowDown", 0)
	p.focused("check")
	p.press("ArrowRight", 0)
	p.focused("hint")
	p.do(chromedp.KeyEvent("\r"))
	p.becomes("document.getElementById('ask-hint').open")
	p.do(chromedp.KeyEvent("\x1b"))
	p.becomes("!document.getElementById('ask-hint').open")
	p.focused("hint")
	p.do(chromedp.Click("#hint"))
	p.becomes("(() => {document.getElementById('ask-hint').close(); document.getElementById('hint').click(); return true})()") // and asked again at once
	p.do(chromedp.Click("#ask-hint .main"))
	x.told(t, "check", "hint", "hint", "hint")
	x.set(func(s *class.ExerciseState) { s.Busy, s.Progress.Hints = "", 3 })
	text("hint", "No more hints")
	p.press("Escape", 0)
	p.focused("keys")
	p.do(chromedp.Click("#hint"), chromedp.Click("#reset"), chromedp.Click("#ask-reset .main"))
	x.told(t, "check", "hint", "hint", "hint", "reset")
	text("state", "Your network is being built anew…")
	x.set(func(s *class.ExerciseState) { s.Busy, s.Expectations, s.Progress.Resets = "", nil, 1 })
	text("state", "")
	text("told", "Your network was built anew, with the fault in it.")
	p.focused("keys")
	p.do(chromedp.KeyEvent("c"))
	a.told(t, "what is typed after a question", class.Input{Text: "c"})
	p.do(chromedp.Click("#reset"))
	p.do(chromedp.KeyEvent("\x1b")) // which is no yes, though the last answer was
	p.becomes("!document.getElementById('ask-reset').open")

	// Folded it stays, also when the page is loaded again; and says what a check found.
	p.do(chromedp.Click("#fold"))
	p.becomes("!document.getElementById('task').checkVisibility()")
	p.do(chromedp.Reload())
	p.shows("this is A")
	p.becomes("document.getElementById('show-task').checkVisibility() && !document.getElementById('task').checkVisibility()")
	x.set(checked(2))
	text("notice", "2 of 2 met: solved.")
	text("task-short", "2 of 2 ✓")

	// On a phone the head is one row, and the buttons of the page are behind one.
	p.size(390, 844, false)
	p.becomes("!document.getElementById('leave').checkVisibility() && document.querySelector('header').offsetHeight < 45")
	p.do(chromedp.Click("#more"))
	p.becomes("document.getElementById('leave').checkVisibility() && document.getElementById('tab-1').checkVisibility()")
	p.focused("keys")
	p.do(chromedp.Click("#screen"))
	p.becomes("!document.getElementById('leave').checkVisibility()")
	p.size(1024, 768, false)
	p.becomes("document.getElementById('leave').checkVisibility() && !document.getElementById('more').checkVisibility()")

	p.do(chromedp.Click("#show-task"))
	text("task-met", "2 of 2 met: solved.")
	x.set(func(s *class.ExerciseState) { s.Said = "the check took too long" })
	text("task-said", "the check took too long")
	text("told", "the check took too long")

	x.set(func(s *class.ExerciseState) { s.Said, s.Busy = "", "build" })
	text("state", "Your network is being built…")
	x.set(func(s *class.ExerciseState) { s.Busy, s.Progress.Resets = "", 2 }) // by somebody else
	p.becomes("document.getElementById('notice').textContent.includes('The teacher asked for that')")
	a.SetLooked(true)
	text("looked", "The teacher looks on: A")
	a.SetLooked(false)
	text("looked", "")

	tree := ""
	for _, want := range []string{
		`tablist "Hosts"`, `tab "A"`, `tab "B"`, `tabpanel "A"`, `textbox "Keys for the screen of A"`, `region "A sends, and B hears nothing"`, `button "Task 2 of 2 ✓"`,
		`toolbar "Exercise"`, `button "Check"`, `button "No more hints"`, `button "Start over"`, `button "Fold the task"`, `StaticText "Met:"`, `heading "Hints"`,
	} {
		labtest.Eventually(t, "a screen reader has "+want, func() bool {
			if !strings.Contains(tree, want) {
				tree = p.tree()
			}
			return strings.Contains(tree, want)
		})
	}
	p.behaved(host)
	cut()
	a.Write([]byte("\r\nthere again")) // which comes by the next connection
	p.shows("there again")
	p.becomes("document.getElementById('state').textContent === ''")
	p.do(chromedp.Click("#check"))
	x.told(t, "check", "hint", "hint", "hint", "reset", "check")
	r.end()
	p.becomes("document.title === 'The class is over.' && !document.getElementById('check').checkVisibility()")
}

// The same in lines.
func testBrowserLinesExercise(t *testing.T, b browser) {
	a, other := plainDesk("this is A"), plainDesk("this is B")
	screens, _, x := exerciseDesk(t)
	a.host, other.host, a.others, a.drill = "A", "B", []*desk{other}, screens.drill
	host, _ := serve(t, newHandler(&room{desks: map[class.Token]*desk{"new": a}}, Options{}))
	p := b.tab(t, 390, 844, true)
	p.do(chromedp.Navigate("http://" + host + "/?plain"))
	p.focused("code")
	p.do(chromedp.KeyEvent("K7MQ4R\tAda\r"))
	shows := func(want string) {
		t.Helper()
		p.becomes("document.querySelector('.log:not([hidden])').innerText.trim() === '" + want + "'")
	}
	shows("this is A")
	p.becomes("document.getElementById('title').textContent === 'A · S1 · groupcast, in lines'")
	p.do(chromedp.Click("#tab-1"))
	shows("this is B")
	p.do(chromedp.Focus("#line"), chromedp.KeyEvent("ip route\r"))
	labtest.Eventually(t, "B is told a line", func() bool { other.mu.Lock(); defer other.mu.Unlock(); return len(other.said) == 1 })
	shows("this is B\\n\\nYou: ip route")
	other.got()
	p.press("c", 2)
	p.do(chromedp.Click("#stop"))
	ctrlC := class.Input{Key: class.Key{Name: "c", Ctrl: true}}
	other.told(t, "to end what runs there", ctrlC, ctrlC)
	a.write("more of A")
	p.becomes("document.querySelector('#tab-0.new').textContent === 'A, something new'")
	for range 50 {
		other.write("a line")
	}
	other.write("the last")
	atEnd := "(([log]) => log.innerText.endsWith('the last') && log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.querySelectorAll('.log:not([hidden])'))"
	p.becomes(atEnd)
	p.do(chromedp.Click("#check"))
	x.told(t, "check")
	x.set(checked(2))
	p.becomes("document.getElementById('told').textContent === '2 of 2 met: solved.'")
	p.becomes(atEnd) // though the task takes more room
	p.behaved(host)
}
