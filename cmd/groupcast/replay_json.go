package main

import (
	"math"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/record"
)

// jsonDestination is what of a recording went to one address and port. Fields are only
// added.
type jsonDestination struct {
	jsonHead          // destination
	To        string  `json:"to"` // in the recording
	Datagrams int     `json:"datagrams"`
	Bytes     int64   `json:"bytes"`
	Seconds   float64 `json:"seconds"`        // from the first to the last
	Senders   int     `json:"senders"`        // addresses that they came from
	More      bool    `json:"more,omitempty"` // there were more senders than are counted
}

func destinationObject(d record.Destination) jsonDestination {
	return jsonDestination{headOf("destination"), addrPortText(d.To), d.Datagrams, d.Bytes, d.Last.Sub(d.First).Seconds(), d.Senders, d.More}
}

// jsonDue is a datagram of a recording and when it is due in the replay, with -v; its
// time is that of the recording. Fields are only added.
type jsonDue struct {
	jsonHead         // due
	From     string  `json:"from"`         // in the recording
	Recorded string  `json:"recorded_for"` // ADDRESS:PORT in the recording
	To       string  `json:"to"`           // in the replay, where it comes from this host
	AfterMS  float64 `json:"after_ms"`     // after the first one; of more than 292 years, those
	Size     int     `json:"size"`
	Text     string  `json:"text"` // sanitised
	Data     []byte  `json:"data"`
	Out      bool    `json:"out,omitempty"` // it had left the recording host it
}

// jsonReplay is what a replay sent, or would send. Fields are only added.
type jsonReplay struct {
	jsonHead                // replayed, would-replay
	File     string         `json:"file"`         // -: standard input
	Recorded string         `json:"recorded_for"` // ADDRESS:PORT in the recording
	To       string         `json:"to"`
	Sent     int            `json:"sent"`
	Bytes    int64          `json:"bytes"`
	Failed   int            `json:"failed"`             // to be sent
	Errors   map[string]int `json:"errors,omitempty"`   // why, and how many
	Rounds   int            `json:"rounds"`             // that were begun; of would-replay 0: until ctrl+c, and the numbers are of one
	Seconds  float64        `json:"seconds"`            // from the first to the last
	Speed    float64        `json:"speed,omitempty"`    // times as fast as the recording; left out: max
	Rate     float64        `json:"rate,omitempty"`     // datagrams a second at the most
	LateMS   float64        `json:"late_ms"`            // in the mean, after each was due
	LatestMS float64        `json:"latest_ms"`          // at the most
	Back     int            `json:"back,omitempty"`     // times that the recording's time ran back
	CutGaps  int            `json:"cut_gaps,omitempty"` // pauses that --cap-gap made shorter
	Skipped  map[string]int `json:"skipped,omitempty"`  // packets of the recording, by reason
	Others   int            `json:"others,omitempty"`   // datagrams to other destinations, which were left out
	Copies   int            `json:"copies,omitempty"`   // own copies of what the recording host had sent, which were left out
	Own      int            `json:"own,omitempty"`      // datagrams of the replay that came back by the pipe, and were left out
	Broken   string         `json:"broken,omitempty"`   // how the recording ends, if not at its end
	Ended    bool           `json:"ended,omitempty"`    // the replay was ended before its end, or would be by --timeout

	TTL       int    `json:"ttl"`
	Interface string `json:"interface,omitempty"`
	IfIndex   int    `json:"ifindex,omitempty"`
	Source    string `json:"source,omitempty"`
	Because   string `json:"because,omitempty"`
}

// base is what a replay and its plan have in common.
func (r *replayer) base(kind string, read account) jsonReplay {
	o := jsonReplay{
		jsonHead: headOf(kind), File: chat.Clean(r.from.name), Recorded: addrPortText(r.chosen.To), To: addrPortText(r.group.AddrPort()),
		Speed: speedNumber(r.pace.Speed), Rate: r.rate(), Others: read.others, Copies: read.copies, TTL: r.set.ttl,
	}
	for _, s := range read.skipped {
		if o.Skipped == nil {
			o.Skipped = map[string]int{}
		}
		o.Skipped[s.Reason.String()] = s.Count
	}
	if read.broken != nil {
		o.Broken = chat.Clean(brokenText(read.broken))
	}
	return o
}

func (r *replayer) object() jsonReplay {
	o, p := r.base("replayed", r.read), r.player
	o.Sent, o.Bytes, o.Failed, o.Errors, o.Rounds, o.Seconds = p.Sent, p.Bytes, r.failed, r.causes, r.rounds, p.Took().Seconds()
	o.Own = r.own
	o.LateMS, o.LatestMS, o.Back, o.CutGaps, o.Ended = inMillis(p.Late()), inMillis(p.Latest), p.Back(), p.Cut(), r.ended != nil
	o.Interface, o.IfIndex, o.Source, o.Because = chat.Clean(r.way.Interface), r.way.IfIndex, addrText(r.way.Source), r.way.Because
	return o
}

func (r *replayer) planObject() jsonReplay {
	o, p := r.base("would-replay", r.plan.read), &r.plan
	o.Sent, o.Bytes, o.Failed, o.Rounds, o.Seconds, o.Back, o.CutGaps = p.datagrams-p.tooLong, p.bytes, p.tooLong, r.loops, p.takes.Seconds(), p.back, p.cut
	o.Ended = p.left > 0
	if p.tooLong > 0 {
		o.Errors = map[string]int{mcast.ErrTooLong.Error(): p.tooLong}
	}
	return o
}

// speedNumber is a speed in JSON, which has no infinity: 0 is max.
func speedNumber(speed float64) float64 {
	switch {
	case math.IsInf(speed, 1):
		return 0
	case speed == 0:
		return 1
	}
	return speed
}
