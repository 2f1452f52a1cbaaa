package tui

// pingOp is an operation of a key on the screen of a ping.
type pingOp uint8

const (
	pingNone pingOp = iota
	pingUp
	pingDown
	pingTop
	pingBottom
	pingOpen
	pingSorts
	pingPauses
	pingHelp
	pingBack
	pingQuit
)

// pingKeys is the one table of these keys, as bindings is for the talk.
var pingKeys = liveKeys[pingOp]{
	{pingQuit, []string{"q", "ctrl+c"}, "q", "end, and print the statistics (also ctrl+c)", "q end"},
	{pingHelp, []string{"?", "f9"}, "?", "this help (also F9)", "? help"},
	{pingUp, []string{"up", "k"}, "up down", "select a responder (also k j)", "up/down select"},
	{pingDown, []string{"down", "j"}, "", "", ""},
	{pingTop, []string{"home", "g"}, "home end", "the first and the last (also g G)", ""},
	{pingBottom, []string{"end", "G"}, "", "", ""},
	{pingOpen, []string{"enter"}, "enter", "on a small screen: what is known of it, and back", ""},
	{pingSorts, []string{"s"}, "s", "sort by appearance, loss, average, p99, address", "s sort"},
	{pingPauses, []string{"p", "space"}, "p", "freeze the screen, or go on; requests are sent all the time", "p pause"},
	{pingBack, []string{"esc"}, "esc", "back to the table", ""},
}

func (m *pingModel) helpPage(width, height int) string {
	return m.styles.scrolled(m.helpRows(width), m.offset, height)
}

// helpRows say the keys, and what the columns are.
func (m *pingModel) helpRows(width int) []string {
	return pingKeys.help(m.styles, 10, width, [][2]string{
		{"answered", "requests with a reply in time, of all that are not pending"},
		{"loss", "the rest: lost on the way there or back, or no reply was sent; UDP cannot tell"},
		{"p99", "99 of 100 replies came within this time"},
		{"recent", "the last round trips; the longest is the highest"},
	})
}
