package tui

// help is the page of keys, commands and marks.
type help struct {
	window
	seat   bool // of a class, where no shell is
	styles *styles
}

func (h *help) render(width, height int) string {
	return h.styles.scrolled(h.rows(width), h.offset, height)
}

func (h *help) rows(width int) []string {
	st := h.styles
	var rows []string
	add := func(left, text string, column int) {
		rows = append(rows, st.hanging(st.fit(left, column), text, width, 6)...)
	}
	command := func(name, args, text string) {
		name = st.accent.Render(name) + " " + args
		if width >= wide {
			add(name, st.dim.Render(text), 37)
			return
		}
		rows = append(rows, st.cut(name, width), "  "+st.dim.Render(st.cut(text, width-2)))
	}
	for _, c := range commands {
		name := c.name
		if c.alias != "" {
			name += " " + c.alias
		}
		command(name, c.args, c.text)
	}
	command("//text", "", "says /text")
	for _, b := range bindings {
		if b.part != "" {
			rows = append(rows, "", st.bold.Render(st.cut(b.part, width)))
		}
		if b.label != "" && !(h.seat && b.op == opSuspend) {
			add(st.accent.Render(b.label), b.text, 14)
		}
	}
	rows = append(rows, "", st.bold.Render("Mouse"))
	for _, a := range mouseActions {
		if width >= wide {
			add(a[0], st.dim.Render(a[1]), 38)
		} else {
			rows = append(rows, st.cut(a[0], width), "  "+st.dim.Render(st.cut(a[1], width-2)))
		}
	}
	rows = append(rows, "", st.bold.Render("Marks"))
	for _, m := range [][2]string{
		{st.joined + " " + st.notJoined, "joined there, not joined there"},
		{st.leaves, "sends leave here"},
		{st.kernel, "without a choice the kernel would send here"},
		{st.copied, "own copy (loopback copy), made before the wire: no proof"},
	} {
		add(m[0], m[1], 14)
	}
	return rows
}
