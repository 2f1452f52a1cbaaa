package tui

import (
	"strconv"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// lineDetail is the page about a line of the talk.
func (m *model) lineDetail(width int) []string {
	s := sheet{styles: m.styles, width: max(1, width)}
	if !m.talk.marked.on || m.talk.marked.at < m.talk.first() || m.talk.marked.at > m.talk.last() {
		s.say("This line was let go.")
		return s.rows
	}
	line := m.talk.lines.kept.at(m.talk.marked.at).Line
	by := clean(line.Interface)
	if by != "" {
		by = " by " + by
	}
	at := line.At.Format("15:04:05.000")
	switch line.Kind {
	case chat.Heard:
		s.head("Heard " + at + by)
	case chat.Own:
		s.head("Said here " + at + by)
	default:
		s.head("Said by groupcast " + at)
	}
	s.say(line.Text.String())
	if hint := line.Hint.String(); hint != "" {
		s.say(hint)
	}
	switch line.Kind {
	case chat.Heard:
		m.heardDetail(&s, line)
	case chat.Own:
		m.ownDetail(&s, line)
	}
	return s.rows
}

// heardDetail says who said a line, and how it came.
func (m *model) heardDetail(s *sheet, line chat.Line) {
	if o := line.Origin; o.By != "" {
		s.head("A plain program, as a bridge tells")
		s.field("address", clean(o.Source.Addr().String()), "at its site")
		s.field("port", strconv.Itoa(int(o.Source.Port())), "")
		s.field("site", orNotKnown(clean(o.Site)), "")
		s.field("relayed by", clean(o.By), "who signed that it was said; nobody signed the words")
	} else if line.Member.Name == "" {
		s.head("A plain program")
		s.field("address", clean(line.From.Addr().String()), "")
		s.field("port", strconv.Itoa(int(line.From.Port())), "")
		s.say("Anybody on the network can send from that address: it proves nothing.")
	} else if member, ok := spokenBy(m.snap, line.Member); ok {
		m.memberSheet(s, member)
	} else {
		s.head(labelled(line.Member))
		s.field("fingerprint", clean(line.Member.Fingerprint), "")
		s.field("presence", "not here now", "")
		if line.From.IsValid() {
			s.field("came from", clean(line.From.String()), "")
		}
	}
	s.head("How it came")
	s.field("interface", orNotKnown(clean(line.Interface)), "")
	if line.Hops > 0 {
		s.field("ttl", strconv.Itoa(line.Hops), "what was left of it")
	}
	if line.To.IsValid() {
		s.field("to", clean(line.To.String()), "")
	}
	if line.Member.Site != "" {
		s.field("site", clean(line.Member.Site), "a bridge brought it")
	}
	if line.Part[1] > 1 {
		s.field("part", strconv.Itoa(line.Part[0])+" of "+strconv.Itoa(line.Part[1]), "")
	}
	for _, mark := range []struct {
		on   bool
		text string
	}{
		{line.Missed, "Repaired: it did not come here when it was said. A member sent the same bytes again, signed by their author, and it stands where it belongs."},
		{line.Earlier, "Earlier: it was said before this program came, or is from a history. The time is the author's, and orders it among other earlier lines."},
		{line.Outside, "Outside: plain text where only members speak. Nobody signed it."},
		{line.Direct, "It was sent to this host alone, not to the group."},
		{line.Local, "Another program of this host said it."},
	} {
		if mark.on {
			s.say(mark.text)
		}
	}
}

// ownDetail says what became of an own line.
func (m *model) ownDetail(s *sheet, line chat.Line) {
	s.head("What became of it")
	switch r := line.Reach; {
	case line.Copy == chat.CopyNone && r.By == 0:
		s.field("sent", "no", "")
	case r.Known && r.Of > 0:
		s.field("heard by", strconv.Itoa(r.By)+" of "+count(r.Of, "member"), "as they say themselves")
		if r.Missing != "" {
			s.field("not yet", clean(r.Missing), "")
		}
	case len(m.snap.Members.Members) > 0:
		s.field("heard by", "not known yet", "members say it with their next HELLO")
	default:
		s.field("heard by", "not known", "only members say what they heard")
	}
	s.field("interface", orNotKnown(clean(line.Interface)), "")
	if line.Source.IsValid() {
		s.field("from", clean(line.Source.String()), "")
	}
	copied := map[chat.Copy]string{
		chat.CopyPending: "not back yet", chat.CopyBack: "back after " + milliseconds(line.After),
		chat.CopyMissing: "did not come back", chat.CopyOff: "none: loopback is off", chat.CopyNone: "none",
	}[line.Copy]
	s.field("own copy", copied, "this host makes it before the wire: no proof that it left")
	if line.Stays {
		s.say("Its ttl is 0: it stays on this host.")
	}
}

// peopleDetail is the page of all that is known of those who are heard.
func (m *model) peopleDetail(width int) []string {
	const most = 128
	s := sheet{styles: m.styles, width: max(1, width)}
	people, hosts := m.heard.people(), m.heard.hosts()
	for _, member := range people[:min(len(people), most)] {
		m.memberSheet(&s, member)
	}
	if more := len(people) - most; more > 0 {
		s.head(count(more, "member") + " more")
		s.say("In Heard from, / shows those whose rows have the words that are typed.")
	}
	for _, host := range hosts {
		s.head(hostName(host))
		if note := m.heard.note(host); note != "" {
			s.field("note", note, "")
		}
		m.hostFields(&s, host)
	}
	if len(people)+len(hosts) == 0 {
		s.say("Nobody is heard.")
	}
	return s.rows
}

// memberSheet is what is known of a member.
func (m *model) memberSheet(s *sheet, member members.Member) {
	name := label(member.Who)
	member = seen(m.snap.Members, member)
	s.head(name)
	verified := "not verified: /verify " + name
	if member.Verified {
		verified = "verified by you"
	}
	s.field("fingerprint", clean(member.Fingerprint), verified)
	if member.Clash {
		s.field("warning", "this name belongs to another key, which was seen first", "")
	}
	s.field("presence", presenceWords[member.Presence], map[members.Presence]string{
		members.Live: "each hears the other", members.OneWay: "it is heard here, and does not hear you", members.Quiet: "not heard for a while",
		members.Gone: "it left, or was not heard for long", members.NotKnown: "it has not said yet whether it hears you",
	}[member.Presence])
	switch {
	case member.Afar:
		s.field("site", orNotKnown(clean(member.Site)), "beyond a bridge: probes and facts do not go there")
	case member.Site != "":
		s.field("site", clean(member.Site), "this one")
	}
	if member.Unproven {
		s.field("warning", "it names nothing that was said here lately: it hears nobody, or somebody replays a recording of it", "")
	}
	if by := hearsElsewhere(m.snap.Members, member.Who); by != "" {
		s.field("your words", "it does not hear what you say: your sends leave via "+clean(m.snap.Sends.Interface)+", and it hears your "+by, "")
	}
	s.field("heard", ago(m.now().Sub(member.Last)), "since "+member.Since.Format("15:04:05"))
	s.field("heard on", orNotKnown(interfaceAt(m.snap, member.IfIndex)), "")
	s.field("hears you on", orNotKnown(clean(member.Theirs)), "its interface")
	s.field("sends via", orNotKnown(clean(member.Sends)), "its interface")
	s.field("round trip", orNotKnown(roundTripText(member.RoundTrip)), "")
	s.field("lost", "in "+lossText(member.LostIn)+", out "+lossText(member.LostOut), "of the last 64 HELLOs: in, those to here; out, yours")
	said := count(member.Texts, "line")
	if member.Repaired > 0 {
		said += ", of which " + strconv.Itoa(member.Repaired) + " repaired"
	}
	s.field("said", said, "")
	if member.From.IsValid() {
		whose := ""
		if member.Afar {
			whose = "of the bridge"
		}
		s.field("address", clean(member.From.String()), whose)
	}
	if host, ok := hostOf(m.snap.Room, member); ok {
		m.hostFields(s, host)
	}
}

// hostFields are what is known of a host by its plain text.
func (m *model) hostFields(s *sheet, host chat.Sender) {
	facts := count(host.Datagrams, "datagram")
	if ttl := ttlOf(host); ttl != "" {
		facts += ", " + ttl
	}
	if host.Interface != "" {
		facts += ", by " + clean(host.Interface)
	}
	s.field("plain text", facts+", "+perSecond(host.Rate)+", "+ago(m.now().Sub(host.Last)), portList(host))
}

// spokenBy is the member who said a line, if it is known still.
func spokenBy(s session.Snapshot, by chat.Member) (found members.Member, ok bool) {
	for _, m := range s.Members.Members {
		if m.Fingerprint == by.Fingerprint {
			if m.String() == by.Name {
				return m, true
			}
			found, ok = m, true
		}
	}
	for _, m := range s.Members.Gone {
		if m.Fingerprint == by.Fingerprint && !ok {
			m.Presence = members.Gone
			found, ok = m, true
		}
	}
	return found, ok
}

func orNotKnown(text string) string {
	if text == "" {
		return "not known"
	}
	return text
}

// pairDetail is the page about the two members of the selected cell of the matrix.
func (m *model) pairDetail(width int) []string {
	s := sheet{styles: m.styles, width: max(1, width)}
	if !m.matrix.there() {
		s.say("Nobody is there any more.")
		return s.rows
	}
	i, j := m.matrix.row, m.matrix.column
	s.head("Who hears whom")
	s.say(m.matrix.words(i, j))
	if i != j {
		s.say(m.matrix.words(j, i))
	}
	for n, who := range []members.Who{m.matrix.rows[i].Who, m.matrix.rows[j].Who} {
		if n == 1 && i == j {
			break
		}
		if who.Self {
			s.head(label(who) + ", you")
			s.field("fingerprint", clean(who.Fingerprint), "others compare it with what they see")
			continue
		}
		for _, member := range m.snap.Members.Members {
			if member.Ref == who.Ref {
				m.memberSheet(&s, member)
			}
		}
	}
	return s.rows
}
