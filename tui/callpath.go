package tui

import (
	"strings"

	"github.com/groupcast/groupcast/mcast/doctor"
)

// pathPages are the pages about what the kernel does: with what is sent, with what
// is received, and so with what a join lets in.
var pathPages = map[string]string{
	"sendmsg":                 "send-path",
	"sendmmsg":                "send-path",
	"recvmsg":                 "receive-path",
	"recvmmsg":                "receive-path",
	"MCAST_JOIN_GROUP":        "receive-path",
	"IP_ADD_MEMBERSHIP":       "receive-path",
	"IPV6_JOIN_GROUP":         "receive-path",
	"MCAST_JOIN_SOURCE_GROUP": "receive-path",
}

// path adds the functions of the kernel that a datagram of the call passes, in their
// order, with what is decided in each.
func (s *sheet) path(key string) {
	name, ok := pathPages[key]
	if !ok {
		return
	}
	page, err := doctor.FindPage(name)
	if err != nil {
		return
	}
	s.head("In the kernel (Linux)")
	for _, f := range pathFunctions(page) {
		decided := f.decided
		if f.pitfall != "" {
			decided += " (" + f.pitfall + ")"
		}
		s.under("  "+s.styles.dim.Render(s.styles.fit(f.name, pathName)), decided)
	}
	s.say("More: groupcast explain " + name + ". Traced as root, or recorded: groupcast kernel send 224.0.0.114")
}

const pathName = 28 // cells for the names of functions

// pathFunction is a row of the page's table.
type pathFunction struct{ name, decided, pitfall string }

// pathFunctions reads the table of a page, the columns of which begin where their
// titles do.
func pathFunctions(page doctor.Page) (list []pathFunction) {
	for _, p := range page.Sections[0].Paragraphs {
		rows := strings.Split(strings.TrimSuffix(p.Text, "\n"), "\n")
		decided, counter, pitfall := strings.Index(rows[0], "what is decided"), strings.Index(rows[0], "counter"), strings.Index(rows[0], "pitfall")
		if !p.Verbatim || decided < 0 || counter < decided || pitfall < counter {
			continue
		}
		for _, row := range rows[1:] {
			if len(row) < pitfall {
				continue
			}
			list = append(list, pathFunction{
				strings.TrimSpace(row[:decided]), strings.TrimSpace(row[decided:counter]), strings.Trim(row[pitfall:], " -"),
			})
		}
	}
	return list
}
