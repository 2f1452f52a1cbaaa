package tui

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
	for _, b := range bindings {
		if b.part != "" {
			rows = append(rows, "", l.bold.Render(l.cut(b.part, width)))
		}
		if b.label != "" {
			add(l.accent.Render(b.label), b.text, 14)
		}
	}
	rows = append(rows, "", l.bold.Render("Mouse"))
	for _, a := range mouseActions {
		if width >= wide {
			add(a[0], l.dim.Render(a[1]), 38)
		} else {
			rows = append(rows, l.cut(a[0], width), "  "+l.dim.Render(l.cut(a[1], width-2)))
		}
	}
	rows = append(rows, "", l.bold.Render("Marks"))
	for _, m := range [][2]string{
		{l.joined + " " + l.notJoined, "joined there, not joined there"},
		{l.leaves, "sends leave here"},
		{l.kernel, "without a choice the kernel would send here"},
		{l.copied, "own copy: made by this host before the wire, so no proof"},
	} {
		add(m[0], m[1], 14)
	}
	return rows
}
