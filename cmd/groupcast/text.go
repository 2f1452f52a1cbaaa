package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// addrPortText is an address as a line has it: a zone is the name of an
// interface.
func addrPortText(a netip.AddrPort) string { return chat.Clean(a.String()) }

// emphasis makes headings bold on a terminal with colours, and leaves them as
// they are elsewhere.
func emphasis(out io.Writer) func(string) string {
	if !isTerminal(out) || os.Getenv("TERM") == "dumb" || os.Getenv("NO_COLOR") != "" {
		return func(s string) string { return s }
	}
	return ansi.NewStyle().Bold().Styled
}

// state is an interface's condition in a word or two.
func state(i host.Interface) string {
	switch {
	case !i.Up():
		return "down"
	case !i.Carrier():
		return "no carrier"
	}
	return "up"
}

func addresses(i host.Interface) string {
	if len(i.Addrs) == 0 {
		return "-"
	}
	all := make([]string, len(i.Addrs))
	for n, a := range i.Addrs {
		all[n] = a.String()
	}
	return strings.Join(all, " ")
}

// there says what there is instead of what was named.
func there(what string, names []string) string {
	const most = 8
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	return what + ": " + strings.Join(names, ", ") + more
}

func didYouMean(err error, near []string) error {
	if len(near) == 0 {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
}

// wrap breaks a paragraph into rows of at most that many cells. It breaks at
// spaces only: an option such as --probe stays whole.
func wrap(text string, width int) string {
	const unbroken = "\u2011" // ansi.Wordwrap breaks after a hyphen, but not after this one
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "-", unbroken)
	return strings.ReplaceAll(ansi.Wordwrap(text, width, ""), unbroken, "-") + "\n"
}

// writeRow writes a row after a mark. If a terminal is too narrow for it, what does not fit
// goes into rows below, each after another mark, and no word is cut. Rows with commands to
// be copied are not for it: a terminal copies a row that it broke itself as one.
func writeRow(out io.Writer, mark, below, text string) {
	if width := rowColumns(out); isTerminal(out) && ansi.WcWidth.StringWidth(mark+text) > width {
		first, rest, more := strings.Cut(strings.TrimSuffix(wrap(text, max(20, width-ansi.WcWidth.StringWidth(mark))), "\n"), "\n")
		text = first
		if more {
			text += "\n" + strings.TrimSuffix(indent(wrap(rest, max(20, width-ansi.WcWidth.StringWidth(below))), below), "\n")
		}
	}
	fmt.Fprintf(out, "%s%s\n", mark, text)
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// addrText is "" for the zero Addr, which would print as "invalid IP".
func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return chat.Clean(a.String())
}
