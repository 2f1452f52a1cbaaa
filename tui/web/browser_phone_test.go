package web

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// got returns what a page told the desk, but not the sizes, and forgets it.
func (d *desk) got() (list []class.Input) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var sizes []class.Input
	for _, in := range d.inputs {
		if in.Size == (class.Size{}) {
			list = append(list, in)
		} else {
			sizes = append(sizes, in)
		}
	}
	d.inputs = sizes
	return list
}

// sizes are those that pages told the desk.
func (d *desk) sizes() (list []class.Size) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range d.inputs {
		if in.Size != (class.Size{}) {
			list = append(list, in.Size)
		}
	}
	return list
}

// refuse lets nobody in, for that reason; nil: it lets them in.
func (r *room) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// told waits until a page has told the desk that, and nothing else.
func (d *desk) told(t *testing.T, what string, want ...class.Input) {
	t.Helper()
	var got []class.Input
	labtest.Eventually(t, what+" is told", func() bool {
		got = append(got, d.got()...)
		return len(got) >= len(want)
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the seat is told %+v, want %+v", what, got, want)
	}
}

func key(name string) class.Input { return class.Input{Key: class.Key{Name: name}} }

func mouse(x, y, button int, kind class.MouseKind) class.Input {
	return class.Input{Mouse: &class.Mouse{X: x, Y: y, Button: button, Kind: kind}}
}

// What a phone makes of text, keys of its bar, touch and turning, and of what a program
// draws.
func testBrowserPhone(t *testing.T, b browser) {
	d := screenDesk(t)
	r := &room{desks: map[class.Token]*desk{"new": d}}
	host, _ := serve(t, newHandler(r, Options{}))
	p := b.tab(t, 390, 844, true)
	d.Resize(class.Size{Width: 60, Height: 12})
	d.Write([]byte("\x1b]0;<b>title\x07\x1b[31mred\x1b[0m<img src=x onerror=alert(1)>\r\n日本e\u0301│\x1b[7mreverse\x1b[0m\x1b[5;3H"))

	p.do(chromedp.Navigate("http://" + host + "/"))
	p.focused("code")
	for _, step := range []struct{ text, focused, complaint string }{
		{"", "code", "Type the code"}, {"k7mq4r", "name", "Type a name"},
	} {
		p.write(step.text)
		p.do(chromedp.Tap("#go"))
		p.becomes("document.getElementById('" + step.focused + "-error').textContent.startsWith('" + step.complaint + "')")
		p.focused(step.focused)
	}
	r.refuse(class.ErrTaken)
	p.write("Ada")
	p.do(chromedp.KeyEvent("\r"))
	p.becomes("document.getElementById('name-error').textContent.startsWith('Somebody')")
	p.focused("name")
	r.refuse(nil)
	p.do(chromedp.KeyEvent("\r"))
	p.shows("<img src=x onerror=alert(1)>")
	p.shows("日本e\u0301│reverse")
	p.becomes("document.title === '<b>title' && !document.querySelector('#screen img, #title b')")
	p.becomes("getComputedStyle(document.querySelector('.line .run')).color !== getComputedStyle(document.getElementById('screen')).color")
	// What follows a wide character, or a mark, is in its column, and a row is no higher than
	// the font's line, or upright lines would have gaps.
	p.becomes(`(() => {
		const lines = [...document.querySelectorAll('.line')];
		const probe = document.createElement('span');
		Object.assign(probe.style, {position: 'absolute', lineHeight: 'normal'}).visibility = 'hidden';
		probe.textContent = '│';
		lines[0].append(probe);
		const [line, cursor, natural, after] = [lines[0], document.querySelector('.cursor'), probe, lines[1].children[2]].map((e) => e.getBoundingClientRect());
		probe.remove();
		const column = (box) => (box.left - line.left) / cursor.width;
		return Math.abs(column(after) - 4) < 0.02 && Math.abs(column(cursor) - 2) < 0.02 && line.height <= natural.height;
	})()`)
	p.focused("keys")
	d.got()

	p.write("é日")
	d.told(t, "text", class.Input{Text: "é日"})
	call(p, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "にほん", SelectionStart: 3, SelectionEnd: 3})
	p.write("日本")
	d.told(t, "what is composed", class.Input{Text: "日本"})
	for _, k := range []struct {
		name      string
		modifiers int64
		want      class.Key
	}{
		{"F5", 0, class.Key{Name: "F5"}},
		{"Tab", 8, class.Key{Name: "Tab", Shift: true}},
		{"ArrowUp", 2, class.Key{Name: "ArrowUp", Ctrl: true}},
		{"r", 2, class.Key{Name: "r", Ctrl: true}},
		{"3", 1, class.Key{Name: "3", Alt: true}},
	} {
		p.press(k.name, k.modifiers)
		d.told(t, k.name, class.Input{Key: k.want})
	}
	paste := func(text string) {
		p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`(() => {
				const clipboardData = new DataTransfer();
				clipboardData.setData('text/plain', `+text+`);
				return document.getElementById('keys').dispatchEvent(new ClipboardEvent('paste', {clipboardData, cancelable: true}));
			})()`))
			return err
		}))
	}
	paste(`'x'.repeat(70000)`)
	p.becomes("document.getElementById('notice').textContent.includes('too long to paste: 70 kB')")
	paste(`'one\ntwo'`)
	d.told(t, "a paste that is not too long", class.Input{Paste: "one\ntwo"})

	for _, button := range []string{"[data-key=Escape]", "[data-key=F7]", "[data-key=ArrowUp]"} {
		p.do(chromedp.Tap(button))
		d.told(t, button, key(strings.TrimSuffix(strings.TrimPrefix(button, "[data-key="), "]")))
	}
	p.do(chromedp.Tap("#ctrl"))
	p.write("u")
	p.write("u")
	d.told(t, "ctrl, for one key", class.Input{Key: class.Key{Name: "u", Ctrl: true}}, class.Input{Text: "u"})
	p.focused("keys") // which keeps the device's keyboard open

	d.Write([]byte("\x1b[?1002h\x1b[?1006h"))
	p.becomes("document.querySelector('#screen.mouse')")
	p.do(chromedp.Tap(".line:nth-child(4)"))
	var got []class.Input
	labtest.Eventually(t, "a tap is told", func() bool { got = append(got, d.got()...); return len(got) == 2 })
	if x := got[0].Mouse.X; !reflect.DeepEqual(got, []class.Input{mouse(x, 3, 1, class.Press), mouse(x, 3, 1, class.Release)}) {
		t.Errorf("a tap is %+v", got)
	}

	// How large letters are is said beside the buttons: nothing of the screen is under it.
	p.do(chromedp.Tap("#larger"))
	p.becomes("/^\\d+ columns, \\d+ rows$/.test(document.getElementById('letters').textContent) && !document.getElementById('notice').textContent.includes('columns')")
	p.becomes("document.getElementById('letters').getBoundingClientRect().bottom <= document.getElementById('screen').getBoundingClientRect().top")
	p.do(chromedp.Tap("#smaller"), chromedp.Tap("#leave"))
	p.becomes("(({left, right}) => left >= 8 && right <= innerWidth - 8)(document.getElementById('ask-leave').getBoundingClientRect())")
	p.do(chromedp.Tap("#ask-leave button[value='']"))

	d.got()
	finger := func(kind input.DispatchTouchEventType, y float64) {
		params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		if kind != input.DispatchTouchEventTypeTouchEnd {
			params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: 100, Y: y})
		}
		call(p, input.DispatchTouchEvent, params)
	}
	finger(input.DispatchTouchEventTypeTouchStart, 400)
	for y := 395.0; y >= 360; y -= 5 {
		finger(input.DispatchTouchEventTypeTouchMove, y)
	}
	finger(input.DispatchTouchEventTypeTouchEnd, 0)
	got = nil
	labtest.Eventually(t, "a finger turns the wheel", func() bool { got = append(got, d.got()...); return len(got) > 0 })
	if m := got[0].Mouse; m == nil || m.Button != 5 || m.Kind != class.Press {
		t.Errorf("a finger that scrolls is %+v", got)
	}

	upright := d.sizes()
	if s := upright[len(upright)-1]; s.Width < 44 || s.Width > 60 || s.Height < 30 {
		t.Errorf("a phone has room for %+v", s)
	}
	p.size(844, 390, true)
	labtest.Eventually(t, "the phone is turned", func() bool {
		s := d.sizes()
		last := s[len(s)-1]
		return last.Width >= 80 && last.Height >= 12
	})
	if more := d.sizes()[len(upright):]; len(more) > 3 {
		t.Errorf("a phone that is turned tells the sizes %+v", more)
	}
	p.behaved(host)
	r.end()
	p.becomes("document.title === 'The class is over.' && document.getElementById('why').checkVisibility()")
}
