package web

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Where each student has a network, the table comes first, and a click on a row opens that
// student's network: with the faults of its exercise for the teacher alone.
func testBrowserExercises(t *testing.T, b browser) {
	p := newPodium(2)
	net := p.nets[""]
	p.nets = map[string]class.Net{"S1": net, "S2": net}
	p.set(func() {
		p.board = class.Board{Private: true, Lesson: "article", Title: "An exercise", Seats: []class.BoardSeat{
			{Seat: "S1", Name: "Ada", Pages: 1, Running: true, Progress: &class.Progress{Met: 1, Of: 2, Checks: 1, Hints: 1, HintsOf: 3, Seconds: 119}},
			{Seat: "S2", Name: "Eve", Pages: 1, Running: true, Progress: &class.Progress{Met: 2, Of: 2, Checks: 3, HintsOf: 3, Solved: true, Seconds: 721}},
			{Seat: "S3"},
		}}
	})
	p.wire("S2", "H1.eth0", func(w *class.NetWire) { w.Faults = []string{"loss 30%"} })
	h := newHandler(&room{}, Options{Key: teachersKey})
	h.board(p)
	host, _ := serve(t, h)
	defer func() { p.mu.Lock(); close(p.done); p.mu.Unlock() }()
	open := func(fragment string) *tab {
		w := b.tab(t, 1024, 768, false)
		w.do(chromedp.Navigate("http://" + host + "/board" + fragment))
		w.becomes("document.getElementById('rows').innerText.replace(/\\s+/g, ' ').trim().startsWith('S1 Ada here 1 of 2 1 of 3 1 ')")
		return w
	}
	wall := open("")
	if text := eval[string](wall, "document.getElementById('rows').innerText.replace(/\\s+/g, ' ').trim()"); text != "S1 Ada here 1 of 2 1 of 3 1 S2 Eve solved 2 of 2 0 of 3 12 S3 free" {
		t.Errorf("the table is %q", text)
	}
	wall.becomes("document.getElementById('counts').textContent === '2 of 3 seats taken · 1 of 2 solved' && document.getElementById('network').hidden")
	wall.do(chromedp.Click("tr[data-seat=S2] button"))
	wall.becomes("document.getElementById('trouble').textContent.startsWith('The faults of an exercise are for the student') && !document.querySelector('.wire[aria-label*=loss]')")

	desk := open("#key=" + teachersKey)
	desk.do(chromedp.Click("tr[data-seat=S2] button"))
	desk.becomes(wireIs("H1.eth0", "loss 30%"))
	desk.becomes("document.getElementById('network-head').textContent === 'Network of S2 Eve'")
	desk.choose("H1.eth0", "Cut")
	labtest.Eventually(t, "it is cut", func() bool { return p.acted() == `fault "S2" ["cut" "H1.eth0"]` })
	desk.becomes("!document.getElementById('menu').open")
	desk.do(chromedp.Click("tr[data-seat=S1] button"))
	desk.becomes(wireIs("H1.eth0", "whole"))
	desk.do(chromedp.Click("tr[data-seat=S3] button"))
	desk.becomes("document.getElementById('trouble').textContent.startsWith('Nobody sits there')")
	desk.do(chromedp.Click("#close-net"))
	desk.becomes("document.getElementById('network').hidden && location.search === '' && document.activeElement.textContent === 'S3'")
	desk.do(chromedp.Click("tr[data-seat=S1] .menu button"))
	desk.becomes("document.getElementById('menu').open && document.activeElement.closest('#groups')")
	if text := eval[string](desk, "[...document.querySelectorAll('#groups button')].map((b) => b.textContent).join('|')"); text != "Show the network of S1|Look on at H1|Look on at H2|Reset|Free the seat" {
		t.Errorf("the menu of a seat is %s", text)
	}
	if list := desk.unnamed(); len(list) > 0 {
		t.Errorf("without a name: %q", list)
	}
	desk.behaved(host)
	wall.behaved(host)
}
