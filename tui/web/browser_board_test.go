package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The teacher cuts a wire by a click and heals it, twenty times: what the lab is, what both
// teachers' pages show and what the projector shows agree, and what students say gets through
// or not.
func testBrowserBoard(t *testing.T, b browser) {
	top, err := lab.FindTopology("classroom", 2)
	if err != nil {
		t.Fatal(err)
	}
	program := func(string) []string { return []string{"-c", talk} }
	c, err := class.Start(t.Context(), class.Config{Topology: top, Program: "/bin/sh", Screen: program, Plain: program})
	if err != nil {
		t.Fatal(err)
	}
	host, _ := serve(t, New(c, Options{Key: teachersKey}))
	defer c.Close()
	join := func(name string) *tab {
		p := b.tab(t, 1024, 768, false)
		p.do(chromedp.Navigate("http://" + host + "/"))
		p.focused("code")
		p.do(chromedp.KeyEvent(c.Code() + "\t" + name + "\r"))
		return p
	}
	ada, eve := join("Ada"), join("Eve")
	ada.shows("H1 is ready")
	eve.shows("H2 is ready")
	var boards []*tab
	for n, fragment := range []string{"#key=" + teachersKey, "#key=" + teachersKey, ""} {
		p := b.tab(t, 1280, 900, false)
		p.do(chromedp.Navigate("http://" + host + "/board" + fragment))
		p.becomes(fmt.Sprintf("document.body.classList.contains('teacher') === %v && document.querySelector('.host .student').textContent === 'Ada'", n < 2))
		p.becomes("location.href.endsWith('/board')")
		boards = append(boards, p)
	}
	agree := func(whole bool) {
		t.Helper()
		state := "whole"
		if !whole {
			state = "cut"
		}
		for _, p := range boards {
			p.becomes(wireIs("H2.eth0", state))
		}
		labtest.Eventually(t, "the lab is as the boards show it", func() bool {
			n, err := c.Net("")
			return err == nil && n.Wires[1].Whole == whole && n.Wires[0].Whole
		})
		for _, p := range boards[:2] {
			p.becomes("!document.getElementById('menu').open")
			p.becomes("document.activeElement?.dataset.name === 'H2.eth0' || document.activeElement === document.body")
		}
	}
	agree(true)
	for n := range 20 {
		teacher := boards[n/2%2]
		teacher.choose("H2.eth0", map[bool]string{true: "Cut", false: "Heal"}[n%2 == 0])
		agree(n%2 == 1)
		if n == 0 {
			ada.do(chromedp.KeyEvent("nobody hears this\r"))
			ada.shows("H1 says nobody hears this")
		}
	}
	ada.do(chromedp.KeyEvent("and this\r"))
	eve.shows("H1 says and this")
	if text, err := chromedp.Run(eve.ctx, chromedp.Evaluate[string]("document.getElementById('screen').innerText")); err != nil || strings.Contains(text, "nobody hears") {
		t.Errorf("over a wire that was cut came %q, %v", text, err)
	}

	// What the lab refuses is said where it was clicked, and the menu stays.
	boards[0].choose("H1", "Kill")
	boards[0].becomes("document.getElementById('sure').open")
	boards[0].do(chromedp.Click("#sure-yes"))
	for _, p := range boards {
		p.becomes("document.querySelector('.host.dead')?.dataset.name === 'H1'")
	}
	boards[1].becomes("[...document.querySelectorAll('#events .what')].filter((e) => e.textContent.includes('cut H2.eth0')).length === 10")
	boards[1].becomes("!document.querySelector('#events button')") // each was undone

	// A fault is undone from the log; looking on is seen by who is looked at.
	boards[0].choose("H2.eth0", "30 %")
	boards[1].becomes(wireIs("H2.eth0", "loss 30%"))
	boards[1].click("document.querySelector('#events button')")
	boards[0].becomes(wireIs("H2.eth0", "whole"))
	boards[0].choose("H2.eth0", "Look on")
	boards[0].becomes("document.getElementById('looked').innerText.includes('H1 says and this')")
	labtest.Eventually(t, "Eve is looked at", func() bool { return c.Board().Seats[1].Looked })
	boards[0].do(chromedp.Click("#look-close"))
	labtest.Eventually(t, "Eve is not looked at", func() bool { return !c.Board().Seats[1].Looked })

	boards[0].choose("H2", "Free the seat")
	boards[0].becomes("document.getElementById('sure').open")
	boards[0].do(chromedp.Click("#sure-yes"))
	eve.becomes("location.pathname === '/'")
	boards[2].becomes("document.querySelector('tr[data-seat=H2] .state').textContent === 'free'")
	boards[0].do(chromedp.Click("#lock"))
	boards[2].becomes("!document.getElementById('locked').hidden")
	for _, p := range append(boards, ada) {
		p.behaved(host)
	}
	c.Close()
	for _, p := range boards {
		p.becomes("document.title.startsWith('The class is over') && !document.querySelector('#lock:not([hidden])')")
	}
}
