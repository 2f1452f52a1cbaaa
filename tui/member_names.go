package tui

import (
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// apart is where the end of a name begins that tells it from another with the same
// nickname: "~7f3c" of another key, " #2" of another stream.
func apart(name string) int {
	at := len(name)
	if head := strings.TrimRight(name, "0123456789"); len(head) < len(name) && strings.HasSuffix(head, " #") {
		at = len(head) - len(" #")
	}
	if n := at - len("~7f3c"); n >= 0 && name[n] == '~' && strings.Trim(name[n+1:at], "0123456789abcdef") == "" {
		at = n
	}
	return at
}

// memberLabel is a member's name, safe to show. A nickname that looks like the address
// of a plain program, or like the user of this one, has the beginning of its
// fingerprint behind it.
func memberLabel(name, fingerprint string) string {
	name = clean(name)
	at := apart(name)
	nick, tail := name[:at], name[at:]
	if strings.HasPrefix(tail, "~") || len(fingerprint) < 4 || !looksPlain(nick) {
		return name
	}
	return nick + "~" + clean(fingerprint[:4]) + tail
}

// looksPlain reports whether a nickname could pass for what the screen calls others.
func looksPlain(nick string) bool {
	nick = strings.ToLower(strings.TrimSpace(nick))
	if _, err := netip.ParseAddr(nick); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(nick); err == nil {
		return true
	}
	word, _, _ := strings.Cut(nick, " ")
	return word == "" || word == "you" || word == "groupcast"
}

// label is the name of a member in a list.
func label(w members.Who) string { return memberLabel(w.String(), w.Fingerprint) }

// labelled is the name of a member who said a line.
func labelled(m chat.Member) string { return memberLabel(m.Name, m.Fingerprint) }

// memberName is a label in so many cells at most. What tells it from another is not
// cut off.
func (st *styles) memberName(label string, space int) string {
	if st.cells(label) <= space {
		return label
	}
	at := apart(label)
	tail := label[at:]
	if tail == "" || st.cells(tail)+2 > space {
		return st.cut(label, space)
	}
	return st.cut(label[:at], space-st.cells(tail)) + tail
}

// person is the style of the one who has a key, in any room.
func (st *styles) person(fingerprint string) shade {
	h := fnv.New32a()
	h.Write([]byte(fingerprint))
	return st.senders[int(h.Sum32()%uint32(len(st.senders)))]
}

// presenceWords say what is known of a member.
var presenceWords = map[members.Presence]string{
	members.NotKnown: "not known yet",
	members.Live:     "live",
	members.OneWay:   "one-way",
	members.Quiet:    "quiet",
	members.Gone:     "gone",
}

// seen is what is known of a member as the screen tells it. One that hears the HELLOs
// which leave by another interface, and not the words, is one-way.
func seen(s session.Members, m members.Member) members.Member {
	if m.Presence == members.Live && hearsElsewhere(s, m.Who) != "" {
		m.Presence, m.LostOut = members.OneWay, -1
	}
	return m
}

// presenceStyle is that of the word.
func (st *styles) presenceStyle(p members.Presence) shade {
	switch p {
	case members.Live:
		return st.good
	case members.OneWay:
		return st.warning
	}
	return st.dim
}

// lossText is a loss of so many per mille; -1: it is not known.
func lossText(perMille int) string {
	switch {
	case perMille < 0:
		return "?"
	case perMille == 0:
		return "0 %"
	case perMille < 10:
		return "<1 %"
	}
	return strconv.Itoa((perMille+5)/10) + " %"
}

// roundTripText is how long the way to a member and back takes; "": it is not known.
// Members tell ages in milliseconds.
func roundTripText(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 2*time.Millisecond:
		return "under 2 ms"
	case d < 10*time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + " s"
}

// interfaceAt is the name of an interface of this host, safe to show.
func interfaceAt(s session.Snapshot, index int) string {
	for _, i := range s.Interfaces {
		if i.Index == index {
			return clean(i.Name)
		}
	}
	if index == 0 {
		return ""
	}
	return "#" + strconv.Itoa(index)
}

// memberMode says in two words what kind of conversation it is; "": nothing is known.
func memberMode(s session.Snapshot) string {
	switch m := s.Members; {
	case m.On && m.Sealed:
		return "sealed"
	case m.On:
		return "members on"
	case m.Plain:
		return "plain only"
	case m.Off != "":
		return "members off"
	}
	return ""
}
