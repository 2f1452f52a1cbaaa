package tui

import (
	"slices"
	"strings"
)

// help is the page of keys, commands and marks.
type help struct {
	look   *look
	offset int
}

// Scroll moves by rows, in a window of that size.
func (h *help) Scroll(by, width, height int) {
	h.offset = scrollTo(h.offset+by, len(h.rows(width)), height)
}

func (h *help) Render(width, height int) string {
	return h.look.scrolled(h.rows(width), h.offset, height)
}

func (h *help) rows(width int) []string {
	l := h.look
	var rows []string
	add := func(left, text string, column int) {
		wrapped, _ := l.wrap(text, width-column-1, 6)
		for i, r := range wrapped {
			if i > 0 {
				left = ""
			}
			rows = append(rows, l.fit(left, column)+" "+r)
		}
	}
	command := func(name, args, text string) {
		name = l.accent.Render(name) + " " + args
		if width >= wide {
			add(name, l.dim.Render(text), 37)
			return
		}
		rows = append(rows, l.cut(name, width), "  "+l.dim.Render(l.cut(text, width-2)))
	}
	for _, c := range slashes {
		name := c.name
		if c.alias != "" {
			name += " " + c.alias
		}
		command(name, c.args, c.text)
	}
	command("//text", "", "says /text")
	rows = append(rows, "")
	for _, b := range bindings {
		if b.label != "" {
			add(l.accent.Render(b.label), b.text, 13)
		}
	}
	rows = append(rows, "")
	for _, m := range [][2]string{
		{l.joined + " " + l.notJoined, "joined there, not joined there"},
		{l.leaves, "sends leave here"},
		{l.kernel, "without a choice the kernel would send here"},
		{l.copied, "own copy: made by this host before the wire, so no proof"},
	} {
		add(m[0], m[1], 13)
	}
	return rows
}

// footer is the row of keys for a region; a command being typed shows its
// usage instead.
func footer(l *look, in focus, typed string, fixable bool, width int) string {
	if u := usage(typed); in == onInput && u != "" {
		return l.fit(" "+l.dim.Render(l.cut(clean(u), width-2)), width)
	}
	row := ""
	for _, b := range bindings {
		key, text, there := strings.Cut(b.footer, " ")
		switch {
		case !there || b.in != nil && !slices.Contains(b.in, in):
			continue
		case b.op == opFix && !fixable, b.op == opFixFirst && (!fixable || in == onPitfalls):
			continue
		case b.op == opPageUp && in != onInput:
			continue
		}
		next := l.accent.Render(key) + " " + l.dim.Render(text)
		if row != "" {
			next = l.dim.Render(l.dot) + next
		}
		if l.cells(row)+l.cells(next)+1 > width {
			break
		}
		row += next
	}
	return l.fit(" "+row, width)
}
