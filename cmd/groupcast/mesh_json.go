package main

import (
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

// mostMeshPairs is how many pairs an object lists. Of more than that those are left out that
// are well.
const mostMeshPairs = 16_384

// jsonMeshPerson is a member that measures.
type jsonMeshPerson struct {
	Name        string    `json:"name"`              // no other one has it: of two with the same nickname each has the beginning of its key's fingerprint
	Fingerprint string    `json:"fingerprint"`       // of its key
	Address     string    `json:"address,omitempty"` // that it sends from
	Self        bool      `json:"self"`              // this program
	First       time.Time `json:"first,omitzero"`    // when it was heard first, by this program's clock
	Last        time.Time `json:"last,omitzero"`     // and last
	Rate        float64   `json:"rate"`              // datagrams a second that it sends
	Interfaces  []string  `json:"interfaces"`
	ClockMS     float64   `json:"clock_ms"` // that its clock is ahead, as far as that is seen
	Left        bool      `json:"left"`     // it said that it ends
	Gone        bool      `json:"gone"`     // it said so, or was not heard for long
	Reported    bool      `json:"reported"` // all that it has counted is here
	State       string    `json:"state"`
}

// jsonMeshMember says that a member came, or left. Fields are only added.
type jsonMeshMember struct {
	jsonHead        // member
	Group    string `json:"group"`
	Event    string `json:"event"` // came or left
	jsonMeshPerson
	Text string `json:"text"` // in words
}

// jsonMeshUnicast is the outcome of the probes between the two of a pair. It says nothing of
// multicast.
type jsonMeshUnicast struct {
	Sent     uint64  `json:"sent"`
	Answered uint64  `json:"answered"`
	RTT      float64 `json:"rtt_ms,omitempty"` // the median
	Refused  bool    `json:"refused"`          // by ICMP
}

// jsonMeshPair is what one member received of another.
type jsonMeshPair struct {
	Hears      string           `json:"hears"`           // the name of the one that hears
	Speaks     string           `json:"speaks"`          // the name of the one that sends
	State      string           `json:"state"`           // well, lost, silent, never heard, not known or not asked for
	Known      string           `json:"known,omitempty"` // measured, all well (by the sum of its rows), never heard or not asked for
	Sent       uint64           `json:"sent"`            // datagrams that should have come: from the first that came to the last known to be sent
	Received   uint64           `json:"received"`        // each once
	Lost       uint64           `json:"lost"`
	Duplicates uint64           `json:"duplicates"`
	Reordered  uint64           `json:"reordered"`           // they came after a later one
	SpreadMS   *float64         `json:"spread_ms,omitempty"` // how much later than the fastest nearly all came
	SilenceMS  float64          `json:"silence_ms"`          // the longest between two of them
	SilenceAt  time.Time        `json:"silence_at,omitzero"` // when that began, if it was longer than a second
	SilentMS   float64          `json:"silent_ms,omitempty"` // nothing has come for so long
	Interface  string           `json:"interface,omitempty"` // that it is heard by, as the one that hears names it
	TTL        int              `json:"ttl,omitempty"`
	Since      time.Time        `json:"since,omitzero"`    // when it was first heard
	Told       time.Time        `json:"told,omitzero"`     // when the one that hears said so
	Unicast    *jsonMeshUnicast `json:"unicast,omitempty"` // the way back, apart
}

// jsonMeshChange is what one member received of another in an interval.
type jsonMeshChange struct {
	Hears     string    `json:"hears"`          // the name of the one that hears
	Speaks    string    `json:"speaks"`         // the name of the one that sends
	State     string    `json:"state"`          // well, lost, silent, never heard, not known or not asked for
	Was       string    `json:"was"`            // its state before
	Sent      uint64    `json:"sent"`           // in the interval, as far as that is known now
	Lost      uint64    `json:"lost"`           // of them
	Since     time.Time `json:"since,omitzero"` // when a silence began that goes on
	Interface string    `json:"interface,omitempty"`
}

// jsonMeshCounts is how many pairs are in which state.
type jsonMeshCounts struct {
	Pairs    int `json:"pairs"`     // ordered pairs of members
	Well     int `json:"well"`      // they hear, and lost no more than they may
	Lossy    int `json:"lossy"`     // they hear, and lost more
	Silent   int `json:"silent"`    // they heard, and do not any more
	Never    int `json:"never"`     // they never heard
	Unknown  int `json:"unknown"`   // nothing is known
	NotAsked int `json:"not_asked"` // a source that was not asked for
}

// jsonMeshInterval is how it stands, every --every. Fields are only added.
type jsonMeshInterval struct {
	jsonHead        // interval
	Group    string `json:"group"`
	Members  int    `json:"members"` // how many, with this program
	jsonMeshCounts
	Changed []jsonMeshChange `json:"changed"`        // pairs that lost something, or changed their state, the worst first
	More    int              `json:"more,omitempty"` // others that did
}

// jsonMeshHole is a pair that lost more than it may, in words.
type jsonMeshHole struct {
	Hears  string `json:"hears"`  // the name of the one that hears
	Speaks string `json:"speaks"` // the name of the one that sends
	Text   string `json:"text"`   // in words
}

// jsonMeshReport comes last. Fields are only added.
type jsonMeshReport struct {
	jsonHead                  // report
	Exit     int              `json:"exit"` // the exit status
	Text     string           `json:"text"` // the verdict in words
	Group    string           `json:"group"`
	Sealed   bool             `json:"sealed"`         // the members have a passphrase; the numbered datagrams are open all the same
	Began    time.Time        `json:"began"`          // by the clock of this program
	Ended    time.Time        `json:"ended,omitzero"` // the same
	MaxLoss  float64          `json:"max_loss"`       // per cent that a pair may lose
	Expect   int              `json:"expect"`         // members that were expected; 0: it was not said
	Missing  []string         `json:"missing"`        // names that were expected and never came
	Strays   uint64           `json:"strays"`         // numbered datagrams from addresses that are no member's
	Unsent   uint64           `json:"unsent"`         // own datagrams that this host could not send
	Skipped  uint64           `json:"skipped"`        // own datagrams that were left out because this program was stopped
	Counts   jsonMeshCounts   `json:"counts"`
	Members  []jsonMeshPerson `json:"members"`        // this program first
	Holes    []jsonMeshHole   `json:"holes"`          // the worst first
	Pairs    []jsonMeshPair   `json:"pairs"`          // the worst first
	More     int              `json:"more,omitempty"` // pairs that are left out: they are well, or not known
	NotKnown []string         `json:"not_known"`      // in words
}

func meshPersonObject(v *meshreport.View, m int) jsonMeshPerson {
	one := v.Members[m]
	return jsonMeshPerson{
		Name: v.Names[m], Fingerprint: chat.CleanRow(one.Fingerprint), Address: addrText(one.Addr), Self: one.Self, First: jsonMoment(one.First), Last: jsonMoment(one.Last),
		Rate: meshNumber(one.Rate), Interfaces: append([]string{}, cleanAll(one.Interfaces)...), ClockMS: inMillis(one.Clock),
		Left: one.Left, Gone: one.Gone, Reported: one.Done, State: v.MemberState(m),
	}
}

// meshNumber is a number that JSON has: what others tell may be none.
func meshNumber(n float64) float64 {
	if !(n > 0 && n < 1e12) {
		return 0
	}
	return n
}

func meshMemberObject(v *meshreport.View, m int, came bool) jsonMeshMember {
	o := jsonMeshMember{jsonHead: headOf("member"), Group: v.Target(), Event: "left", jsonMeshPerson: meshPersonObject(v, m), Text: v.Went(m)}
	if came {
		o.Event, o.Text = "came", v.Came(m)
	}
	return o
}

func meshCounts(v *meshreport.View) jsonMeshCounts {
	return jsonMeshCounts{
		Pairs: v.Total(), Well: v.Counts[meshreport.Well], Lossy: v.Counts[meshreport.Lossy], Silent: v.Counts[meshreport.Silent],
		Never: v.Counts[meshreport.Never], Unknown: v.Counts[meshreport.Unknown], NotAsked: v.Counts[meshreport.NotAsked],
	}
}

// meshIntervalObject is what changed since an earlier look, which may be nil.
func meshIntervalObject(v, earlier *meshreport.View) jsonMeshInterval {
	o := jsonMeshInterval{jsonHead: headOf("interval"), Group: v.Target(), Members: len(v.Members), jsonMeshCounts: meshCounts(v), Changed: []jsonMeshChange{}}
	for _, c := range v.Changes(earlier) {
		p, st := v.Pairs[c.Pair], v.States[c.Pair]
		if st == c.Was && c.Sent <= c.Received {
			continue
		}
		if len(o.Changed) >= mostMeshPairs {
			o.More++
			continue
		}
		one := jsonMeshChange{
			Hears: v.Names[p.By], Speaks: v.Names[p.From], State: st.String(), Was: c.Was.String(), Sent: c.Sent, Lost: c.Sent - c.Received, Interface: chat.CleanRow(p.Interface),
		}
		if st == meshreport.Silent {
			one.Since = jsonMoment(v.Since(c.Pair))
		}
		o.Changed = append(o.Changed, one)
	}
	return o
}

// jsonMoment is a time that JSON has: years of four digits.
func jsonMoment(t time.Time) time.Time {
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

func meshPairObject(v *meshreport.View, i int) jsonMeshPair {
	p := v.Pairs[i]
	o := jsonMeshPair{
		Hears: v.Names[p.By], Speaks: v.Names[p.From], State: v.States[i].String(), Known: chat.CleanRow(string(p.Known)),
		Sent: p.Sent, Received: p.Received, Lost: p.Sent - min(p.Sent, p.Received), Duplicates: p.Duplicates, Reordered: p.Reordered,
		SilenceMS: inMillis(p.Silence), SilenceAt: jsonMoment(p.SilenceAt), SilentMS: inMillis(p.SilentFor), Interface: chat.CleanRow(p.Interface),
		Since: jsonMoment(p.Since), Told: jsonMoment(p.Told),
	}
	if p.Known == mesh.Measured && p.Spread >= 0 {
		ms := inMillis(p.Spread)
		o.SpreadMS = &ms
	}
	if p.Hops > 0 && p.Known == mesh.Measured {
		o.TTL = p.Hops
	}
	if u := p.Unicast; u.Sent > 0 || u.Refused {
		o.Unicast = &jsonMeshUnicast{u.Sent, u.Answered, inMillis(u.RoundTrip), u.Refused}
	}
	return o
}

// meshReportObject is a report, with the exit status that it comes to.
func meshReportObject(v *meshreport.View, exit int) jsonMeshReport {
	o := jsonMeshReport{
		jsonHead: headOf("report"), Exit: exit, Text: v.Verdict(), Group: v.Target(), Sealed: v.Sealed, Began: jsonMoment(v.Began), Ended: jsonMoment(v.Ended),
		MaxLoss: meshNumber(v.MaxLoss), Expect: v.Expect, Missing: append([]string{}, cleanAll(v.Missing)...), Strays: v.Strays, Counts: meshCounts(v),
		Unsent: v.Unsent, Skipped: v.Skipped, More: v.Total() - len(v.Worst),
		Members: []jsonMeshPerson{}, Holes: []jsonMeshHole{}, Pairs: []jsonMeshPair{}, NotKnown: append([]string{}, v.NotKnown()...),
	}
	for m := range v.Members {
		o.Members = append(o.Members, meshPersonObject(v, m))
	}
	for _, h := range v.List() {
		if len(o.Holes) < mostMeshPairs {
			o.Holes = append(o.Holes, jsonMeshHole{v.Names[h.By], v.Names[h.From], h.Text})
		}
	}
	for _, i := range v.Worst {
		if len(v.Worst) > mostMeshPairs && v.States[i] == meshreport.Well || len(o.Pairs) >= mostMeshPairs {
			o.More++
			continue
		}
		o.Pairs = append(o.Pairs, meshPairObject(v, i))
	}
	return o
}
