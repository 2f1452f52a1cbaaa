package main

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

// plain is the hosts that were heard from another port than those of members, the latest
// first. Only the latest are remembered.
func (w whoSeen) plain() (list []chat.Sender) {
	ofMembers := map[netip.AddrPort]bool{}
	for _, m := range slices.Concat(w.Members.Members, w.Members.Gone, w.Members.Bridges) {
		ofMembers[m.From], ofMembers[m.Plain] = true, true
		for _, a := range m.Speaks { // it may send by several interfaces
			ofMembers[a] = true
		}
	}
	for _, host := range w.Room.Senders {
		if slices.ContainsFunc(host.Ports, func(port uint16) bool { return !ofMembers[netip.AddrPortFrom(host.Addr, port)] }) {
			list = append(list, host)
		}
	}
	return list
}

// oneWay is how many members do not hear this host.
func (w whoSeen) oneWay() (n int) {
	for _, m := range w.Members.Members {
		if m.Presence == members.OneWay {
			n++
		}
	}
	return n
}

// heardBy is how many members hear this host.
func (w whoSeen) heardBy() (n int) {
	for _, m := range w.Members.Members {
		if m.Presence == members.Live {
			n++
		}
	}
	return n
}

// table writes who is there: a row each, and in remarks what they have in common.
func (w whoSeen) table(p *linePrinter) {
	m := w.Members
	if !m.On && m.Off != "" {
		p.remark(m.Off)
	}
	if plain := w.plain(); len(m.Members)+len(plain)+len(m.Bridges) > 0 {
		var rows [][]string
		row := func(name, fingerprint, presence, site string, rest ...string) {
			cells := []string{name, fingerprint, presence}
			if w.bridged() {
				cells = append(cells, orDash(chat.CleanRow(site)))
			}
			rows = append(rows, append(cells, rest...))
		}
		row("NAME", "FINGERPRINT", "PRESENCE", "SITE", "ADDRESS", "INTERFACE", "SENDS BY", "ROUND TRIP", "LOST HERE", "LOST THERE")
		for _, one := range slices.Concat(m.Members, m.Bridges) {
			presence := presenceWord(one.Presence)
			if one.Bridge {
				presence = "bridge"
			}
			row(memberName(one.Who), one.Fingerprint, presence, siteCell(one), hostOf(one.From), w.by(one.IfIndex),
				orDash(chat.CleanRow(one.Sends)), roundTrip(one.RoundTrip), perMille(one.LostIn), perMille(one.LostOut))
		}
		for _, host := range plain {
			row("-", "-", "plain", "", addrText(host.Addr), host.Interface, "-", "-", "-", "-")
		}
		foldedTable(p.out, rows)
	}
	if !m.On {
		return
	}
	p.remark(w.sumText())
	if text := session.SitesText(m.Sites); text != "" {
		p.remark(text)
	}
	if better, n := w.betterWay(); better != "" {
		p.warn(fmt.Sprintf("what is said here leaves by %s, where no member hears it; by %s %s", w.sendsBy(), chat.Clean(better), hear(n)),
			chat.SanitizeString("send out of it: -i "+shellWord(better)))
	}
	for _, text := range m.Notices {
		p.remark(text)
	}
	for _, one := range m.Members {
		if one.Clash && !p.quiet && !p.json {
			fmt.Fprintf(p.errs, "groupcast: %s has a name that belongs to another key\n  hint: when the member has confirmed by another way that the key is its own, type in %s: /verify %s\n",
				memberName(one.Who), w.talkCommand(), chat.CleanRow(one.Who.String()))
		}
	}
	p.otherRooms(m)
}

// talkCommand is the command that talks in the group.
func (w whoSeen) talkCommand() string {
	if w.Group == mcast.DefaultGroup {
		return "groupcast"
	}
	return chat.CleanRow("groupcast " + shellWord(groupArg(w.Group)))
}

// otherRooms says whose frames came and cannot be read, and what would read them.
func (p *linePrinter) otherRooms(m session.Members) {
	var keyed, open []string
	for _, o := range m.Others {
		if o.Sealed {
			keyed = append(keyed, addrText(o.From))
		} else {
			open = append(open, addrText(o.From))
		}
	}
	say := func(list []string, what, hint string) {
		if len(list) == 0 {
			return
		}
		p.remark(fmt.Sprintf("%s: its frames come from %s", what, chat.ShortList(list)))
		if !p.quiet && !p.json {
			fmt.Fprintf(p.errs, "  hint: %s\n", hint)
		}
	}
	switch {
	case m.Sealed:
		say(keyed, "another sealed room is in this group, and its key is not the one given here", "compare the passphrases, or the key files")
		say(open, "an open room is in this group, and refused here", "whoever talks there needs the key of this room")
	default:
		say(keyed, "a sealed room is in this group", "with its key you can join it: --key-file FILE or --passphrase-file FILE")
		say(open, "the room of another group has this port", "another port for the frames of this one: --frame-port PORT")
	}
}

// siteCell is where a member is. In a sealed room no bridge tells its site.
func siteCell(m members.Member) string {
	if m.Afar && m.Site == "" {
		return "elsewhere"
	}
	return m.Site
}

// bridged reports whether anything comes by bridges, or says so.
func (w whoSeen) bridged() bool {
	m := w.Members
	return len(m.Bridges)+len(m.Sites) > 0 || slices.ContainsFunc(m.Members, func(m members.Member) bool { return m.Afar })
}

// sendsBy is the interface that what is said leaves by.
func (w whoSeen) sendsBy() string {
	for _, way := range w.Members.Ways {
		if way.Chosen {
			return chat.Clean(way.Name)
		}
	}
	return chat.Clean(w.Sends.Interface)
}

// betterWay is the interface by which most members hear this host, when none does by
// the one that sends leave by; "": there is none.
func (w whoSeen) betterWay() (name string, members int) {
	hears := w.Members.Hears
	if hears[w.sendsBy()] > 0 {
		return "", 0
	}
	for _, other := range slices.Sorted(maps.Keys(hears)) {
		if n := hears[other]; n > members {
			name, members = other, n
		}
	}
	return name, members
}

func hear(n int) string {
	if n == 1 {
		return "1 does"
	}
	return fmt.Sprintf("%d do", n)
}

// sumText is "2 members, 1 of them hears you; you are ada (7f3c 91ab 02de 44c0)".
func (w whoSeen) sumText() string {
	m := w.Members
	text := chat.Count(len(m.Members), "member")
	if m.More > 0 {
		text += fmt.Sprintf(" (and %d more, heard but not listed)", m.More)
	}
	if len(m.Members) > 0 {
		text += fmt.Sprintf(", heard by %d", w.heardBy())
		if n := w.oneWay(); n > 0 {
			text += fmt.Sprintf(", not heard by %d", n)
		}
		if n := len(m.Members) - w.heardBy() - w.oneWay(); n > 0 {
			text += fmt.Sprintf(", not known of %d", n)
		}
	}
	if n := len(m.Bridges); n > 0 {
		text += "; " + chat.Count(n, "bridge")
	}
	if n := len(w.plain()); n > 0 {
		text += ", and " + chat.Count(n, "host") + " with plain text"
	}
	if m.Sealed {
		text += "; the room is sealed"
	}
	return text + fmt.Sprintf("; you are %s (%s)", memberName(m.Self.Who), m.Self.Fingerprint)
}

// memberName is a member's name, safe to show. One that could be taken for an address
// is in quotes.
func memberName(w members.Who) string { return shownName(w.String()) }

func shownName(name string) string {
	name = chat.CleanRow(name)
	if _, err := netip.ParseAddr(name); err == nil {
		return `"` + name + `"`
	}
	return name
}

// presenceWord is a presence as a list has it, and --json.
func presenceWord(p members.Presence) string {
	switch p {
	case members.Live:
		return "live"
	case members.OneWay:
		return "one-way"
	case members.Quiet:
		return "quiet"
	case members.Gone:
		return "gone"
	}
	return "unknown"
}

// by is the name of this host's interface.
func (w whoSeen) by(index int) string {
	for _, i := range w.Interfaces {
		if i.Index == index {
			return chat.Clean(i.Name)
		}
	}
	if index == 0 {
		return "-"
	}
	return fmt.Sprintf("#%d", index)
}

func hostOf(a netip.AddrPort) string { return orDash(addrText(a.Addr())) }

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// leastRoundTrip is below what HELLOs tell of a round trip: they say times in whole
// milliseconds.
const leastRoundTrip = 2 * time.Millisecond

func roundTrip(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < leastRoundTrip:
		return "under " + leastRoundTrip.String()
	}
	return d.Round(time.Millisecond).String()
}

// perMille is a part of a thousand in percent; below 0 it is not known.
func perMille(n int) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", float64(n)/10)
}

// objects writes who is there as objects.
func (w whoSeen) objects(out io.Writer) {
	for _, m := range w.Members.Members {
		writeJSON(out, w.memberObject(m))
	}
	for _, m := range w.Members.Bridges {
		o := w.memberObject(m)
		o.Type = "bridge"
		writeJSON(out, o)
	}
	for _, host := range w.plain() {
		writeJSON(out, jsonPlainHost{headOf("plain"), addrText(host.Addr), host.Interface, host.IfIndex, host.Datagrams, host.Last})
	}
	m, doctor := w.Members, ""
	better, _ := w.betterWay()
	var others []jsonOtherRoom
	for _, o := range m.Others {
		others = append(others, jsonOtherRoom{addrText(o.From), o.Sealed})
	}
	if len(m.Members)+len(w.plain())+len(others) == 0 {
		doctor = w.ask.command()
	}
	writeJSON(out, jsonWho{
		jsonHead: headOf("who"), Group: chat.Clean(w.Group.String()), Name: chat.CleanRow(m.Self.Who.String()), Fingerprint: m.Self.Fingerprint,
		Members: len(m.Members), More: m.More, HeardBy: w.heardBy(), OneWay: w.oneWay(), Plain: len(w.plain()), SendsBy: w.sendsBy(), BetterBy: chat.Clean(better), Sealed: m.Sealed, OtherRooms: others,
		Site: chat.CleanRow(m.Self.Site), Sites: siteObjects(m.Sites), Bridges: len(m.Bridges),
		Off: chat.CleanRow(m.Off), Interfaces: joinedNames(w.Snapshot), Seconds: float64(w.lasted.Milliseconds()) / 1000, Doctor: doctor,
	})
}

func (w whoSeen) memberObject(m members.Member) jsonMember {
	o := jsonMember{
		jsonHead: headOf("member"), Name: chat.CleanRow(m.Who.String()), Fingerprint: m.Fingerprint, Verified: m.Verified,
		Presence: presenceWord(m.Presence), From: addrPortText(m.From), Interface: w.byOrNone(m.IfIndex), IfIndex: m.IfIndex,
		SendsBy: chat.CleanRow(m.Sends), HearsBy: chat.CleanRow(m.Theirs), RTT: inMillis(m.RoundTrip.Round(time.Millisecond)),
		LossIn: fraction(m.LostIn), LossOut: fraction(m.LostOut), First: m.Since, Last: m.Last,
		Site: chat.CleanRow(m.Site), Afar: m.Afar,
	}
	return o
}

func (w whoSeen) byOrNone(index int) string {
	if index == 0 {
		return ""
	}
	return w.by(index)
}

func fraction(perMille int) *float64 {
	if perMille < 0 {
		return nil
	}
	f := float64(perMille) / 1000
	return &f
}

// jsonMember is a member that is there. Fields are only added.
type jsonMember struct {
	jsonHead              // member, bridge
	Name        string    `json:"name"`               // as it is shown: "ada", "ada #2", "ada~7f3c"
	Fingerprint string    `json:"fingerprint"`        // of its key
	Verified    bool      `json:"verified,omitempty"` // the user said that the key is this person's
	Presence    string    `json:"presence"`           // live, one-way, quiet; unknown: it has not said yet whether it hears this host
	From        string    `json:"from"`
	Interface   string    `json:"interface,omitempty"` // this host's, that it was heard by
	IfIndex     int       `json:"ifindex,omitempty"`
	SendsBy     string    `json:"sends_by,omitempty"` // its interface, as it says
	HearsBy     string    `json:"hears_by,omitempty"` // its interface that it hears this host by
	RTT         float64   `json:"rtt_ms,omitempty"`   // to it and back, in whole milliseconds, of which one may be too much or too little
	LossIn      *float64  `json:"loss_in,omitempty"`  // of its last 64 frames, what did not come here: 0 to 1
	LossOut     *float64  `json:"loss_out,omitempty"` // of those of this host, what did not come there, as it says: 0 to 1
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	Site        string    `json:"site,omitempty"` // where it is, as the bridge of this LAN tells
	Afar        bool      `json:"afar,omitempty"` // it is heard by a bridge: the address is the bridge's
}

// siteObjects are sites as --json has them.
func siteObjects(list []members.Site) (out []jsonSite) {
	for _, s := range list {
		o := jsonSite{Site: chat.CleanRow(s.Name), Here: s.Here, Away: s.Away, Joined: s.Joined, Members: s.Members}
		if !s.Since.IsZero() {
			o.Since = &s.Since
		}
		out = append(out, o)
	}
	return out
}

// jsonSite is a site of those that bridges join. Fields are only added.
type jsonSite struct {
	Site    string     `json:"site"`
	Here    bool       `json:"here,omitempty"`   // it is this one
	Away    bool       `json:"away,omitempty"`   // its bridge is not heard any more; of this one: it does not reach the others
	Joined  bool       `json:"joined,omitempty"` // its LAN is this one, joined by something else than bridges
	Since   *time.Time `json:"since,omitempty"`  // that it is away, or back, if it became so lately
	Members int        `json:"members"`          // at it, with this program
}

// jsonPlainHost is a host that was heard and is no member. Fields are only added.
type jsonPlainHost struct {
	jsonHead            // plain
	Host      string    `json:"host"`
	Interface string    `json:"interface,omitempty"`
	IfIndex   int       `json:"ifindex,omitempty"`
	Datagrams uint64    `json:"datagrams"`
	Last      time.Time `json:"last"`
}

// jsonOtherRoom is a host that sends frames of another room to the group. Fields are only
// added.
type jsonOtherRoom struct {
	Host   string `json:"host"`
	Sealed bool   `json:"sealed"` // the room has a key
}

// jsonWho comes last. Fields are only added.
type jsonWho struct {
	jsonHead                    // who
	Group       string          `json:"group"`
	Name        string          `json:"name,omitempty"`        // of this program
	Fingerprint string          `json:"fingerprint,omitempty"` // of its key
	Members     int             `json:"members"`               // how many are listed, without this program
	More        int             `json:"more,omitempty"`        // heard, and not listed: there were too many
	HeardBy     int             `json:"heard_by"`              // how many of them hear this host
	OneWay      int             `json:"one_way"`               // how many do not
	Plain       int             `json:"plain"`                 // hosts that are no members
	SendsBy     string          `json:"sends_by,omitempty"`    // the interface that what is said here leaves by
	BetterBy    string          `json:"better_by,omitempty"`   // the interface on which members hear this host, if none does on the other
	Sealed      bool            `json:"sealed,omitempty"`      // the room has a key
	OtherRooms  []jsonOtherRoom `json:"other_rooms,omitempty"` // whose frames came and cannot be read here, at most 8
	Site        string          `json:"site,omitempty"`        // of this host, as the bridge of this LAN tells
	Sites       []jsonSite      `json:"sites,omitempty"`       // that bridges join
	Bridges     int             `json:"bridges,omitempty"`     // that are listed: they are no members
	Off         string          `json:"off,omitempty"`         // why no member could be asked
	Interfaces  []string        `json:"interfaces"`            // where the group is joined
	Seconds     float64         `json:"seconds"`
	Doctor      string          `json:"doctor,omitempty"` // the command that looks closer, where nobody is there
}
