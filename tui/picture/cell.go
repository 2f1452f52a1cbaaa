package picture

import uv "github.com/charmbracelet/ultraviolet"

// FromUV is a cell as the renderer and its terminal emulator have it. Those
// behind the first of a wide character are empty.
func FromUV(c *uv.Cell) Cell {
	return Cell{Text: c.Content, Width: c.Width, Style: Style{
		Fg: c.Style.Fg, Bg: c.Style.Bg,
		Bold:      c.Style.Attrs&uv.AttrBold != 0,
		Reverse:   c.Style.Attrs&uv.AttrReverse != 0,
		Underline: c.Style.Underline != uv.UnderlineNone,
	}}
}
