package chat

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/host"
)

// Clean is s as a terminal may have it. The system's own words need it as well
// as the network's: file names, and names of interfaces and programs, may hold
// any byte.
func Clean(s string) string { return SanitizeString(s).String() }

// CleanRow is Clean on one row.
func CleanRow(s string) string { return SanitizeString(s).Row() }

// Row is the text on one row: line ends are shown as ⏎.
func (t Text) Row() string { return strings.ReplaceAll(t.String(), "\n", " ⏎ ") }

// Gutter keeps the rows of a message apart from rows of our own, whose text
// begins at that column. Of a message of more rows than most the last row says
// how many there are more: one datagram can have 65,507. most <= 0: no limit.
func Gutter(text string, column, most int) string {
	if rows := strings.Count(text, "\n") + 1; most > 0 && rows > most {
		end := 0
		for range most {
			end += strings.IndexByte(text[end:], '\n') + 1
		}
		text = text[:end] + fmt.Sprintf("(%s more)", Count(rows-most, "row"))
	}
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", column)+"│ ")
}

// Speaker is who said a line that was heard, by that address: with the port or
// without. A zone in it is the name of an interface.
func (l Line) Speaker(from string) string {
	if l.Direct {
		from += " (to you alone)"
	}
	return Clean(from)
}

// Count is "1 datagram", "2 datagrams", "2 switches".
func Count(n int, thing string) string { return fmt.Sprintf("%d %s", n, plural(n == 1, thing)) }

// Many is Count with the thousands apart: "56,875 datagrams".
func Many(n uint64, thing string) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text + " " + plural(n == 1, thing)
}

func plural(one bool, thing string) string {
	switch {
	case one:
		return thing
	case strings.HasSuffix(thing, "ch"), strings.HasSuffix(thing, "ss"):
		return thing + "es"
	}
	return thing + "s"
}

// InterfaceNames are the names of interfaces, safe to show.
func InterfaceNames(list []host.Interface) []string {
	out := make([]string, len(list))
	for n, i := range list {
		out[n] = Clean(i.Name)
	}
	return out
}

// InterfaceList is interfaces as a text has them: "eth0, eth1", of many the first.
func InterfaceList(on []host.Interface) string { return ShortList(InterfaceNames(on)) }

// MostNames is how many names ShortList gives in full.
const MostNames = 4

// ShortList is names as a sentence has room for them: "eth0, eth1", and of more
// than a few the number, the first, and how many are left.
func ShortList(names []string) string {
	if len(names) <= MostNames {
		return strings.Join(names, ", ")
	}
	const first = 2
	return fmt.Sprintf("%d interfaces: %s and %d more", len(names), strings.Join(names[:first], ", "), len(names)-first)
}
