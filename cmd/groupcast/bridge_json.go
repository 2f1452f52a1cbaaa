package main

import (
	"cmp"
	"time"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// The objects that bridge --json prints. Fields are only added.

// jsonBridging comes first.
type jsonBridging struct {
	jsonHead                   // bridging
	Bridge   string            `json:"bridge"`
	Groups   []string          `json:"groups"` // that are carried
	Sites    []jsonBridgedSite `json:"sites"`
	Hub      string            `json:"hub,omitempty"` // HOST:PORT
}

// jsonBridgedSite is a LAN of the bridge.
type jsonBridgedSite struct {
	Site      string `json:"site"`
	Interface string `json:"interface"`
}

// jsonBridged is what became of one datagram; with -v.
type jsonBridged struct {
	jsonHead         // carried, resent, dropped
	Group     string `json:"group"`
	Site      string `json:"site"` // whose bridge this is
	Interface string `json:"interface"`
	Origin    string `json:"origin,omitempty"` // the site that it was heard at
	Bridge    string `json:"bridge,omitempty"` // that heard it there
	Seq       uint64 `json:"seq,omitempty"`    // its number among what that bridge carried from there
	From      string `json:"from,omitempty"`   // ADDRESS:PORT that sent it, at its origin
	TTL       int    `json:"ttl"`              // that was left there; 0: not known
	Size      int    `json:"size"`
	Why       string `json:"why,omitempty"`   // of dropped: the reason, a word
	Frame     string `json:"frame,omitempty"` // of members, on the port after the group's: HELLO, TEXT, NEED, RELAY, ...; "none": what came there is no frame
}

// jsonBridgeSite is a bridge that has joined, or left.
type jsonBridgeSite struct {
	jsonHead          // site
	Site     string   `json:"site"`
	Bridge   string   `json:"bridge"`
	Address  string   `json:"address,omitempty"` // of the bridge on its LAN
	Joined   bool     `json:"joined"`            // false: it has left
	Groups   []string `json:"groups,omitempty"`  // that it carries
}

// jsonBridgeLease is whether this bridge leads its site.
type jsonBridgeLease struct {
	jsonHead        // lease
	Site     string `json:"site"`
	Bridge   string `json:"bridge"`
	Leads    bool   `json:"leads"`
	Leader   string `json:"leader,omitempty"` // the other bridge that leads, if it is known
}

// jsonBridgeHub is a hub that was reached, or lost.
type jsonBridgeHub struct {
	jsonHead        // hub
	Address  string `json:"address"` // HOST:PORT
	Reached  bool   `json:"reached"` // false: not any more, or not yet
	Error    string `json:"error,omitempty"`
}

// jsonBridgeFinding is something wrong between sites, as a bridge has found it.
type jsonBridgeFinding struct {
	jsonHead        // finding
	Name     string `json:"name"` // joined-already, joined-no-more, second-hub, many-repeats, answers-stay-behind, over-rate, over-mtu, other-groups, no-history, frames-dropped, site-away or site-back
	Group    string `json:"group,omitempty"`
	Site     string `json:"site"`            // that finds it
	Other    string `json:"other,omitempty"` // site
	From     string `json:"from,omitempty"`
	Stops    string `json:"stops,omitempty"` // of joined-already: the site that carries this group no more
	Count    int    `json:"count,omitempty"` // of datagrams; of over-mtu bytes; of site-away seconds; of frames-dropped frames
	Text     string `json:"text"`            // in words
}

// jsonBridgeStats is how one group stands at one site of a bridge.
type jsonBridgeStats struct {
	jsonHead                    // stats
	Site      string            `json:"site"`
	Bridge    string            `json:"bridge"`
	Address   string            `json:"address,omitempty"` // of the bridge on that LAN
	Interface string            `json:"interface"`
	Group     string            `json:"group"`
	Leads     bool              `json:"leads"`
	Since     time.Time         `json:"since"`               // the bridge runs since then
	Heard     uint64            `json:"heard"`               // datagrams of programs on the LAN
	Carried   uint64            `json:"carried"`             // of them
	Resent    uint64            `json:"resent"`              // of other sites
	Limited   uint64            `json:"limited"`             // over the rate or the size, in both directions
	Lost      uint64            `json:"lost"`                // in both directions
	LastHeard time.Time         `json:"last_heard,omitzero"` // without it, nothing was
	AtLAN     map[string]uint64 `json:"at_lan"`              // all that came from the LAN, by what became of it
	AtSites   map[string]uint64 `json:"at_sites"`            // all that came from sites, by what became of it

	FramesCarried uint64            `json:"frames_carried"`      // frames of members on the LAN that were given to the hub
	FramesResent  uint64            `json:"frames_resent"`       // frames of other sites that were sent into the LAN
	FramesAtLAN   map[string]uint64 `json:"frames_at_lan"`       // all that came on the port of frames, by what became of it
	FramesAtSites map[string]uint64 `json:"frames_at_sites"`     // all frames that came from sites, by what became of them
	NoFrames      string            `json:"no_frames,omitempty"` // why no frames of this group are carried
	jsonKeeping
}

// jsonKeeping is how it stands with the frames that a bridge gave to the hub to keep, at
// all its sites and of all its groups.
type jsonKeeping struct {
	FramesKept    uint64 `json:"frames_kept"`          // the hub has them
	FramesWaiting int    `json:"frames_waiting"`       // it has not said so yet
	FramesDropped uint64 `json:"frames_dropped"`       // they were too many, or too old, while the hub was away, or it did not take them
	NoHistory     string `json:"no_history,omitempty"` // why the hub keeps none
}

// jsonBridgeTotals is the last object: the sums of stats.
type jsonBridgeTotals struct {
	jsonHead          // totals
	Heard      uint64 `json:"heard"`       // datagrams of programs on the LANs
	Carried    uint64 `json:"carried"`     // of them
	Resent     uint64 `json:"resent"`      // of other sites
	Limited    uint64 `json:"limited"`     // over the rate or the size, in both directions
	Lost       uint64 `json:"lost"`        // in both directions
	LostKernel uint64 `json:"lost_kernel"` // besides: a receive buffer was full
	LostLink   uint64 `json:"lost_link"`   // besides: they came faster from other sites than this bridge took them
	Findings   int    `json:"findings"`    // but joined-no-more
	LinesLost  uint64 `json:"lines_lost"`  // objects that came faster than they were printed

	FramesCarried uint64 `json:"frames_carried"` // frames of members on the LANs that were given to the hub
	FramesResent  uint64 `json:"frames_resent"`  // frames of other sites that were sent into the LANs
	jsonKeeping
}

func (b *bridgeCommand) bridgingObject() jsonBridging {
	o := jsonBridging{jsonHead: jsonHead{Type: "bridging", Time: b.start}, Bridge: b.name, Hub: b.place}
	for _, g := range b.groups {
		o.Groups = append(o.Groups, chat.CleanRow(g.String()))
	}
	for _, p := range b.ports {
		o.Sites = append(o.Sites, jsonBridgedSite{chat.CleanRow(p.Site), chat.CleanRow(p.Interface)})
	}
	return o
}

// eventObject is an event as --json prints it; nil: it does not.
func (b *bridgeCommand) eventObject(e bridge.Event, on bridge.Port) object {
	head := jsonHead{Type: string(e.Kind), Time: e.At}
	site, group := chat.CleanRow(e.Site), chat.CleanRow(e.Group.String())
	switch e.Kind {
	case bridge.EventCarried, bridge.EventResent, bridge.EventDropped:
		o := jsonBridged{jsonHead: head, Group: group, Site: site, Interface: chat.CleanRow(on.Interface), TTL: e.Hops, Size: e.Bytes}
		if e.From.IsValid() {
			o.From = addrPortText(e.From)
		}
		if m := e.Message; m != nil {
			o.Origin, o.Bridge, o.Seq = chat.CleanRow(m.Site), chat.CleanRow(m.Bridge), m.Seq
		}
		if e.Frames {
			o.Frame = cmp.Or(frameName(e.Frame), "none")
		}
		if p := e.Parcel; p != nil {
			o.Origin, o.Bridge = chat.CleanRow(p.Site), chat.CleanRow(p.Bridge)
		}
		if e.Kind == bridge.EventDropped {
			o.Why = chat.CleanRow(string(e.Why))
		}
		return o
	case bridge.EventSite:
		p := e.Presence
		o := jsonBridgeSite{head, chat.CleanRow(p.Site), chat.CleanRow(p.Bridge), addrText(p.Addr), p.Joined, nil}
		for _, g := range p.Groups {
			o.Groups = append(o.Groups, chat.CleanRow(g.String()))
		}
		return o
	case bridge.EventLease:
		return jsonBridgeLease{head, site, b.name, e.Leads, chat.CleanRow(e.Leader)}
	case bridge.EventFinding:
		f := e.Finding
		if !e.Group.Addr.IsValid() {
			group = ""
		}
		o := jsonBridgeFinding{
			jsonHead: head, Name: chat.CleanRow(string(f.Name)), Group: group, Site: chat.CleanRow(f.Site), Other: chat.CleanRow(f.Other),
			Stops: chat.CleanRow(f.Stops), Count: f.Count, Text: b.findingWords(*f, on, e.Group),
		}
		if f.From.IsValid() {
			o.From = addrPortText(f.From)
		}
		return o
	}
	return nil
}

func statsObject(s bridge.Status, now time.Time) jsonBridgeStats {
	t := sumOf(s)
	return jsonBridgeStats{
		jsonHead: jsonHead{Type: "stats", Time: now}, Site: chat.CleanRow(s.Site), Bridge: chat.CleanRow(s.Bridge), Address: addrText(s.Addr),
		Interface: chat.CleanRow(s.Interface), Group: chat.CleanRow(s.Group.String()), Leads: s.Leads, Since: s.Since,
		Heard: t.heard, Carried: t.carried, Resent: t.resent, Limited: t.limited, Lost: t.lost, LastHeard: s.Last,
		AtLAN: byWhy(s.AtLAN), AtSites: byWhy(s.AtSites),
		FramesCarried: s.FramesAtLAN[bridge.Carried], FramesResent: s.FramesAtSites[bridge.Resent],
		FramesAtLAN: byWhy(s.FramesAtLAN), FramesAtSites: byWhy(s.FramesAtSites), NoFrames: chat.CleanRow(s.NoFrames), jsonKeeping: keepingObject(s.Keeping),
	}
}

func keepingObject(k bridge.Keeping) jsonKeeping {
	o := jsonKeeping{FramesKept: k.Kept, FramesWaiting: k.Waiting, FramesDropped: k.Dropped}
	if k.Err != nil {
		o.NoHistory = chat.CleanRow(k.Err.Error())
	}
	return o
}

func byWhy(counts map[bridge.Why]uint64) map[string]uint64 {
	out := map[string]uint64{} // {}, not null
	for why, n := range counts {
		out[chat.CleanRow(string(why))] += n
	}
	return out
}

func (b *bridgeCommand) writeStats(list []bridge.Status, now time.Time) {
	for _, s := range list {
		writeJSON(b.out, statsObject(s, now))
	}
}
