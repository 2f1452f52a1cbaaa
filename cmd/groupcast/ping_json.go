package main

import (
	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/ping"
)

// jsonPinging comes first: who is pinged, and which way requests leave. Fields
// are only added.
type jsonPinging struct {
	jsonHead            // pinging
	To         string   `json:"to"`
	Group      string   `json:"group,omitempty"` // the same, if it is a group: anyone may answer
	Size       int      `json:"size"`            // bytes of payload
	Interface  string   `json:"interface,omitempty"`
	IfIndex    int      `json:"ifindex,omitempty"`
	Source     string   `json:"source,omitempty"`
	Because    string   `json:"because,omitempty"`
	Interfaces []string `json:"interfaces,omitempty"` // each request leaves by all of them
	Error      string   `json:"error,omitempty"`      // there is no way
}

// jsonPing is what happened to a request. Fields are only added.
type jsonPing struct {
	jsonHead          // reply, duplicate, late, changed, lost, error
	Seq       uint64  `json:"seq,omitempty"`
	From      string  `json:"from,omitempty"` // the responder; of an error who was asked
	Interface string  `json:"interface,omitempty"`
	IfIndex   int     `json:"ifindex,omitempty"`
	Size      int     `json:"size"`             // bytes of payload
	TTL       int     `json:"ttl,omitempty"`    // that was left
	RTT       float64 `json:"rtt_ms,omitempty"` // of answers
	Error     string  `json:"error,omitempty"`
}

func (t *pingText) eventObject(e ping.Event) jsonPing {
	o := jsonPing{jsonHead: jsonHead{Type: string(e.Kind), Time: e.At}, Seq: e.Seq, IfIndex: e.IfIndex, Size: e.Size, TTL: e.Hops, RTT: inMillis(e.RTT)}
	if e.From.IsValid() {
		o.From = chat.Clean(e.From.String())
	}
	if e.IfIndex != 0 {
		o.Interface = t.name(e.IfIndex)
	}
	if e.Err != nil {
		o.Error = chat.CleanRow(mcast.Plain(e.Err))
	}
	return o
}

// jsonResponder is the statistics of one that answers, or was to. Fields are
// only added.
type jsonResponder struct {
	jsonHead           // responder
	From       string  `json:"from"`
	Interface  string  `json:"interface,omitempty"`
	IfIndex    int     `json:"ifindex,omitempty"`
	Sent       uint64  `json:"sent"` // since the first that it answered; to a host all
	Received   uint64  `json:"received"`
	Lost       uint64  `json:"lost"`
	Duplicates uint64  `json:"duplicates"`
	Late       uint64  `json:"late"`
	Changed    uint64  `json:"changed"` // not what was sent
	TTL        int     `json:"ttl,omitempty"`
	Min        float64 `json:"min_ms"`
	Avg        float64 `json:"avg_ms"`
	Max        float64 `json:"max_ms"`
	StdDev     float64 `json:"stddev_ms"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
}

// jsonPinged comes last. Fields are only added.
type jsonPinged struct {
	jsonHead                     // ping
	To         string            `json:"to"`
	Sent       uint64            `json:"sent"`
	Unanswered uint64            `json:"unanswered"` // requests that nobody answered
	Responders int               `json:"responders"` // that answered
	Errors     map[string]uint64 `json:"errors"`     // by their text
	Foreign    uint64            `json:"foreign"`    // datagrams that answer nothing that was sent
	TookMS     float64           `json:"took_ms"`

	Recording *jsonRecording `json:"recording,omitempty"` // with --record
}

func (t *pingText) summaryJSON(s ping.Summary) {
	answering := 0
	for _, r := range s.Responders {
		o := jsonResponder{
			jsonHead: headOf("responder"), From: chat.Clean(r.AddrPort().String()), IfIndex: r.IfIndex,
			Sent: r.Sent, Received: r.Received, Lost: r.Lost, Duplicates: r.Duplicates, Late: r.Late, Changed: r.Changed, TTL: r.Hops,
			Min: inMillis(r.Min), Avg: inMillis(r.Avg), Max: inMillis(r.Max), StdDev: inMillis(r.StdDev), P50: inMillis(r.P50), P99: inMillis(r.P99),
		}
		if r.IfIndex != 0 {
			o.Interface = t.name(r.IfIndex)
		}
		if r.Received > 0 {
			answering++
		}
		writeJSON(t.out, o)
	}
	errs := map[string]uint64{} // {}, not null
	for text, n := range s.Errors {
		errs[chat.CleanRow(text)] += n
	}
	writeJSON(t.out, jsonPinged{
		jsonHead: headOf("ping"), To: chat.Clean(t.target.addr.String()), Sent: s.Sent, Unanswered: s.Unanswered,
		Responders: answering, Errors: errs, Foreign: s.Foreign, TookMS: inMillis(s.Took), Recording: t.recording.object(),
	})
}
