package main

import (
	"math"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// jsonWatchMetrics says where --metrics are, before all else. Fields are only added.
type jsonWatchMetrics struct {
	jsonHead        // metrics
	URL      string `json:"url"`    // where Prometheus reads them
	Others   bool   `json:"others"` // other hosts can read them, too
}

// jsonWatchJoined comes for each group before anything is heard. Fields are only added.
type jsonWatchJoined struct {
	jsonHead            // joined
	Group      string   `json:"group"`
	Name       string   `json:"name,omitempty"` // of the group, in the list of groups
	Interfaces []string `json:"interfaces"`     // where it is joined
	ReadBuffer int      `json:"read_buffer"`    // bytes
	Error      string   `json:"error,omitempty"`
}

// jsonStreamKey is which stream an object is about.
type jsonStreamKey struct {
	Group     string `json:"group"`
	Name      string `json:"name,omitempty"` // of the group, in the list of groups
	From      string `json:"from"`
	Interface string `json:"interface,omitempty"`
	Stream    int    `json:"stream,omitempty"` // 1 to 3: one more that the same socket sends
}

// jsonStream is how it stands with a stream, every --every and at the end. Fields are
// only added.
type jsonStream struct {
	jsonHead // stream
	jsonStreamKey
	Datagrams   uint64    `json:"datagrams"`
	Bytes       uint64    `json:"bytes"`
	Rate        float64   `json:"rate"`             // datagrams in the last second
	Bits        float64   `json:"bits"`             // of payload, the same
	Format      string    `json:"format,omitempty"` // of its numbers: groupcast, RTP, RTP+TS, MPEG-TS, mcjoin, iperf2, sockperf, PTP or seq; without it there are none, and lost is not known
	Lost        uint64    `json:"lost"`             // numbers that did not come; it falls when late ones do
	LostKernel  uint64    `json:"lost_kernel"`      // of them, at most, those that this host's socket had no room for
	LostAtLeast bool      `json:"lost_at_least"`    // lost is a lower bound
	LostAbout   bool      `json:"lost_about"`       // lost is partly estimated, by rate and time
	Duplicates  uint64    `json:"duplicates"`
	Reordered   uint64    `json:"reordered"`  // they came after a later one
	Early       uint64    `json:"early"`      // below the first that was heard; not counted
	Old         uint64    `json:"old"`        // too late to say whether they are late or duplicates
	Stray       uint64    `json:"stray"`      // numbers that fit nothing around them
	Restarts    int       `json:"restarts"`   // the sender began anew
	Ended       bool      `json:"ended"`      // the sender said so
	JitterMS    float64   `json:"jitter_ms"`  // RFC 3550; of arrivals where the sender tells no time
	GapMaxMS    float64   `json:"gap_max_ms"` // the longest between two datagrams
	TTLMin      int       `json:"ttl_min"`
	TTLMax      int       `json:"ttl_max"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	SilentSince time.Time `json:"silent_since,omitzero"` // it is missed, and was heard last then
	Silences    int       `json:"silences"`              // so far
	jsonCopied
}

func (c *watchCommand) streamObject(s watch.Snapshot, one watch.Stream) jsonStream {
	n := one.Numbers
	return jsonStream{
		jsonHead: jsonHead{Type: "stream", Time: s.At}, jsonStreamKey: keyObject(s, one.Key, one.Group, one.Interface),
		Datagrams: uint64(one.Datagrams), Bytes: one.Bytes, Rate: rounded(one.Rate), Bits: rounded(one.Bits),
		Format: string(n.Format), Lost: n.Lost, LostKernel: n.LostKernel, LostAtLeast: n.AtLeast, LostAbout: n.About,
		Duplicates: n.Duplicates, Reordered: n.Reordered, Early: n.Early, Old: n.Old, Stray: n.Stray, Restarts: n.Restarts, Ended: n.Ended,
		JitterMS: inMillis(n.Jitter), GapMaxMS: inMillis(one.Gap), TTLMin: one.HopsMin, TTLMax: one.HopsMax,
		First: one.First, Last: one.Last, SilentSince: one.SilentSince, Silences: one.Silences, jsonCopied: copiedObject(one.Copied),
	}
}

func keyObject(s watch.Snapshot, k stream.Key, group int, by string) jsonStreamKey {
	o := jsonStreamKey{Interface: chat.Clean(by), Stream: k.Sub}
	if k.Group.IsValid() {
		o.Group = addrPortText(k.Group)
	}
	if k.From.IsValid() {
		o.From = addrPortText(k.From)
	}
	if group >= 0 && group < len(s.Groups) {
		o.Name = chat.CleanRow(s.Groups[group].Name)
	}
	return o
}

// rounded is a rate without the digits that mean nothing.
func rounded(r float64) float64 { return math.Round(10*r) / 10 }

// jsonStreamEvent is what happened to a stream, or to the watch. Fields are only
// added.
type jsonStreamEvent struct {
	jsonHead        // event
	Event    string `json:"event"` // first, silent, back, loss, restart, end, format, no format, on and off, rate, rate back, stopped, interface, failed, drops, bulk, unreadable, copies, copies ended, reflection, reflection ended, storm, storm ended, pair, pair problem, pair loss
	jsonStreamKey
	At          time.Time       `json:"at,omitzero"`             // of silent: when it was heard last
	ForMS       float64         `json:"for_ms,omitempty"`        // of back, and of stopped: how long
	Rate        float64         `json:"rate,omitempty"`          // of silent: datagrams a second until then; of rate: over 10 s
	Bits        float64         `json:"bits,omitempty"`          // of rate: of payload, a second
	Lost        uint64          `json:"lost,omitempty"`          // of loss: given up since the last such event, without what back told; of back: while it was silent; of pair loss: what neither leg brought
	LostKernel  uint64          `json:"lost_kernel,omitempty"`   // of them, at most, those that this host's socket had no room for
	LostAtLeast bool            `json:"lost_at_least,omitempty"` // lost is a lower bound
	LostAbout   bool            `json:"lost_about,omitempty"`    // lost is an estimate
	Format      string          `json:"format,omitempty"`        // of the numbers
	Pair        string          `json:"pair,omitempty"`          // the legs A=B, of an event about a pair
	Count       int             `json:"count,omitempty"`         // of on and off: silences; of storm: arrivals within a second, or how often the TTL fell
	Streams     int             `json:"streams,omitempty"`       // that fell silent, or came back, at once: those of each
	Of          int             `json:"of,omitempty"`            // with streams: those of the interface that are to be heard
	Each        []jsonStreamKey `json:"each,omitempty"`          // with streams: which ones; the event itself is about no single one
	Text        string          `json:"text,omitempty"`          // in words
	Error       string          `json:"error,omitempty"`
	Doctor      string          `json:"doctor,omitempty"` // the command that looks closer
	jsonCopied                  // of copies, reflection, storm, and of what ended
	TTL         []int           `json:"ttl,omitempty"`     // of copies: those of two arrivals
	Explain     string          `json:"explain,omitempty"` // the command that explains it
}

func (c *watchCommand) eventObject(s watch.Snapshot, e watch.Event) jsonStreamEvent {
	o := jsonStreamEvent{
		jsonHead: jsonHead{Type: "event", Time: e.Told}, Event: string(e.Kind), jsonStreamKey: keyObject(s, e.Key, e.Group, e.Interface),
		At: e.At, ForMS: inMillis(e.For), Rate: rounded(e.Rate), Bits: rounded(e.Bits),
		Lost: e.Lost, LostKernel: e.Kernel, LostAtLeast: e.AtLeast, LostAbout: e.About, Format: string(e.Format), Count: e.Count,
		Streams: len(e.Each), Text: chat.CleanRow(e.Text), Pair: pairName(s, e),
	}
	if len(e.Each) > 0 {
		o.Of = max(e.Of, len(e.Each))
		for _, one := range e.Each {
			o.Each = append(o.Each, keyObject(s, one.Key, groupIn(s, one.Key), e.Interface))
		}
		e.Key = e.Each[0].Key // they have one cause, so one question will do
	}
	if e.Err != nil {
		o.Error = chat.CleanRow(mcast.Plain(e.Err))
	}
	if text, page := e.CopiesText(); text != "" {
		o.Text, o.jsonCopied, o.At = chat.CleanRow(text), copiedObject(&e.Copied), e.Event.At
		if e.Copied.Hops[1] > 0 && e.Copied.Times > 0 {
			o.TTL = e.Copied.Hops[:]
		}
		if page != "" {
			o.Explain = "groupcast explain " + page
		}
	}
	if e.Kind == stream.Silent && e.From.IsValid() {
		o.Doctor = c.askStream(e.Key, e.Interface).command()
	}
	return o
}

// jsonCopied is what is known of copies of a stream's datagrams. Fields are only added.
type jsonCopied struct {
	Copies  int     `json:"copies,omitempty"`   // so often each datagram arrives: 2 or more
	CopyOf  string  `json:"copy_of,omitempty"`  // who sent the same earlier
	LaterMS float64 `json:"later_ms,omitempty"` // by so much
	Repeats bool    `json:"repeats,omitempty"`  // with copy_of: this one sends again what that one sends; else both may send the same
	Storm   bool    `json:"storm,omitempty"`    // a datagram goes in circles
	Storms  int     `json:"storms,omitempty"`   // so often one began to
}

func copiedObject(c *stream.Copied) jsonCopied {
	if c == nil {
		return jsonCopied{}
	}
	o := jsonCopied{Copies: c.Times, LaterMS: inMillis(c.Later), Repeats: c.Repeats, Storm: c.Storm, Storms: c.Storms}
	if c.From.IsValid() {
		o.CopyOf = addrPortText(c.From)
	}
	return o
}

// groupIn is the group of a stream in a snapshot, or -1.
func groupIn(s watch.Snapshot, k stream.Key) int {
	for _, one := range s.Streams {
		if one.Key == k {
			return one.Group
		}
	}
	return -1
}

// jsonNeverHeard is a group that nothing was heard of.
type jsonNeverHeard struct {
	Group      string   `json:"group"`
	Name       string   `json:"name,omitempty"`
	Interfaces []string `json:"interfaces"` // where it is joined
	Error      string   `json:"error,omitempty"`
	Doctor     string   `json:"doctor"` // the command that looks closer
}

// jsonUnreadable is a sender of which nothing could be read when it was heard first:
// its datagrams begin as those of send --rate.
type jsonUnreadable struct {
	jsonStreamKey
	Damaged uint64 `json:"damaged"` // datagrams with a wrong checksum
	Newer   uint64 `json:"newer"`   // datagrams of a newer version
}

// jsonBroken is a bar that did not hold.
type jsonBroken struct {
	Bar string `json:"bar"` // --max-loss, --max-gap or --min-rate as it is, silence, or the --csv that could not be written
	jsonStreamKey
	Text string `json:"text"` // in words
}

// jsonWatchReport comes last. Fields are only added.
type jsonWatchReport struct {
	jsonHead                       // report
	Exit          int              `json:"exit"` // the exit status
	Seconds       float64          `json:"seconds"`
	Groups        int              `json:"groups"`  // that were watched
	Heard         int              `json:"heard"`   // of them
	Never         []jsonNeverHeard `json:"never"`   // the others
	Streams       int              `json:"streams"` // that were heard, as many as are known at the end
	Datagrams     uint64           `json:"datagrams"`
	Lost          uint64           `json:"lost"`            // numbers of all streams that did not come, lost before this host's sockets
	LostKernel    uint64           `json:"lost_kernel"`     // because sockets of this host had no room
	Dropped       uint64           `json:"dropped"`         // datagrams that this host dropped, numbered or not
	Others        uint64           `json:"others"`          // datagrams of streams for which there was no room
	MadeRoom      int              `json:"made_room"`       // streams that were heard and made room for others; they are in datagrams and lost, and judged together
	RoomLost      uint64           `json:"made_room_lost"`  // numbers of theirs that did not come
	Damaged       uint64           `json:"damaged"`         // datagrams of send --rate with a wrong checksum
	Newer         uint64           `json:"newer"`           // datagrams of a newer version of send --rate
	Unreadable    []jsonUnreadable `json:"unreadable"`      // who sent those, up to 64 of each socket, where nothing else was heard of them before
	Silences      int              `json:"silences"`        // of all streams
	EventsLost    uint64           `json:"events_lost"`     // events that came faster than they were printed
	ComparedOneIn int              `json:"compared_one_in"` // of so many datagrams one was looked at for copies when most came; 1: all of them
	Broken        []jsonBroken     `json:"broken"`          // bars that did not hold
	Error         string           `json:"error,omitempty"`
}

func (c *watchCommand) reportObject(s watch.Snapshot, r watchReport) jsonWatchReport {
	o := jsonWatchReport{
		jsonHead: jsonHead{Type: "report", Time: s.At}, Exit: r.exit, Seconds: float64(s.At.Sub(s.Began).Milliseconds()) / 1000,
		Groups: len(s.Groups), Heard: len(s.Groups) - len(r.never), Never: []jsonNeverHeard{}, Streams: len(s.Streams), Datagrams: datagramsOf(s),
		Lost: s.Lost, LostKernel: s.LostKernel, Dropped: s.Dropped, Others: s.Others, MadeRoom: s.MadeRoom.Streams, RoomLost: s.MadeRoom.Lost, Damaged: s.Damaged, Newer: s.Newer,
		Silences: s.Silences, EventsLost: s.EventsLost, ComparedOneIn: max(s.ComparedOneIn, 1), Broken: []jsonBroken{}, Unreadable: []jsonUnreadable{},
	}
	for _, g := range r.never {
		one := jsonNeverHeard{Group: chat.Clean(g.Target.Group.String()), Name: chat.CleanRow(g.Name), Interfaces: cleanAll(g.Joined), Doctor: c.askGroup(g).command()}
		if g.Err != nil {
			one.Error = chat.CleanRow(g.Err.Error())
		}
		o.Never = append(o.Never, one)
	}
	for _, u := range s.Unreadable {
		o.Unreadable = append(o.Unreadable, jsonUnreadable{keyObject(s, u.Key, u.Group, u.Interface), u.Damaged, u.Newer})
	}
	for _, b := range r.broken {
		one := jsonBroken{Bar: b.bar, Text: b.text}
		if b.stream >= 0 {
			at := s.Streams[b.stream]
			one.jsonStreamKey = keyObject(s, at.Key, at.Group, at.Interface)
		}
		o.Broken = append(o.Broken, one)
	}
	if r.csv != nil {
		o.Error = chat.CleanRow(r.csv.Error())
	}
	return o
}
