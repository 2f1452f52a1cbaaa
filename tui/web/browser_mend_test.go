package web

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// A student mends the network of an exercise: with a real command, in the shell of one of
// its hosts, in a page.
func testBrowserMends(t *testing.T, b browser) {
	labtest.Program(t, "ip")
	l, err := lesson.Find("article")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, err := class.Start(t.Context(), class.Config{Lesson: &l, Seats: 1, Program: program, Limits: class.Limits{Data: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	host, _ := serve(t, New(c, Options{}))
	defer c.Close()
	p := b.tab(t, 1024, 768, false)
	p.do(chromedp.Navigate("http://" + host + "/"))
	p.focused("code")
	p.do(chromedp.KeyEvent(c.Code() + "\tAda\r"))
	p.shows("A$")
	p.becomes("document.getElementById('task-title').textContent !== '' && document.querySelectorAll('#tabs [role=tab]').length === 2")
	p.do(chromedp.Click("#check"))
	p.becomes("document.getElementById('task-met').textContent === '1 of 2 met.'")
	p.do(chromedp.KeyEvent("ip route del 239.192.0.0/14; echo $((6*7)) done\r"))
	p.shows("42 done")
	p.do(chromedp.Click("#check"))
	p.becomes("document.getElementById('told').textContent === '2 of 2 met: solved.'")

	// Another network, with the fault in it; and the other host's shell.
	p.do(chromedp.Click("#reset"), chromedp.Click("#ask-reset .main"))
	p.becomes("document.getElementById('told').textContent.startsWith('Your network was built anew')")
	p.becomes("document.getElementById('task-met').textContent === 'Solved. Not checked since.'")
	p.shows("The network was built anew.\nA$")
	p.do(chromedp.KeyEvent("ip route show 239.192.0.0/14\r"))
	p.shows("dev eth1")
	p.do(chromedp.Click("#tab-1"))
	p.shows("B$")
	p.behaved(host)
	if list := c.Results(); len(list) != 1 || !list[0].Passed || list[0].Met != 2 || list[0].Resets != 1 {
		t.Errorf("the results are %+v", list)
	}
}
