package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
)

// bridgeSight is what the lines of a bridge have told so far.
type bridgeSight struct {
	groups []mcast.Group
	ports  []bridge.Port
	name   string                    // of the bridge
	place  string                    // of the hub; "": there is none
	nets   map[string][]netip.Prefix // of the LANs, by interface
	start  time.Time

	leads    map[string]bool   // by site
	begun    map[string]bool   // by site: the first line about it is printed
	unled    map[string]bool   // by site: this bridge does not lead any more, and that is not printed yet
	doubted  map[string]bool   // bridges that lead this site, and what is wrong with that is printed
	doubts   int               // that are findings
	asks     int               // of all bridges how they stand
	asking   bool              // just now
	answered bool              // and an answer came:
	statuses []bridge.Status   // so stand the other bridges
	counted  bool              // and this one answered, too
	beside   []bridge.Presence // the other bridges of this site
	afar     []bridge.Presence // those of other sites that have joined since this one began
	up       bool              // the hub is reached,
	everUp   bool              // or was,
	away     time.Time         // or is not since then,
	awayErr  error             // for that reason,
	awayHint bool              // with a hint, once,
	awaySaid time.Time         // which was said then,
	awayWait time.Duration     // and is again after that long

	comings int             // of bridges, since the last tick
	told    map[string]bool // errors since the last tick
	refused map[string]bool // by the server, since the begin
}

// mostComings is how many bridges that come and go are printed within 10 s: any site can
// announce as many as it likes.
const mostComings = 20

// An absent hub is said at once, after 10 s, then after a minute, then every 10 minutes.
// One that was reached gets a moment: perhaps it refuses the key from now on.
const (
	awayAfter = 1500 * time.Millisecond
	awayFirst = statsEvery
	awayThen  = time.Minute
	awayLast  = 10 * time.Minute
)

// mostErrors is how many different errors are remembered as printed within 10 s.
const mostErrors = 64

// begin prints what is carried, as far as it is known at once.
func (b *bridgeCommand) begin(name string, now time.Time) {
	b.name, b.start, b.leads, b.begun, b.told = name, now, map[string]bool{}, map[string]bool{}, map[string]bool{}
	b.unled, b.doubted = map[string]bool{}, map[string]bool{}
	if b.set.json {
		writeJSON(b.out, b.bridgingObject())
	}
	if b.place == "" {
		b.line(joinedText(b.ports, b.groups))
	}
}

// line prints a remark about the bridge.
func (b *bridgeCommand) line(text string) {
	if !b.set.quiet && !b.set.json {
		fmt.Fprintln(b.out, text)
	}
}

// port is that of a site.
func (b *bridgeSight) port(site string) bridge.Port {
	for _, p := range b.ports {
		if p.Site == site {
			return p
		}
	}
	return bridge.Port{Site: site, Interface: site}
}

// happened prints an event.
func (b *bridgeCommand) happened(e bridge.Event) {
	on := b.port(e.Site)
	switch e.Kind {
	case bridge.EventError:
		b.failed(withHolder(e.Err))
		return
	case bridge.EventNote:
		b.noted(e)
		return
	case bridge.EventSite:
		if e.Presence.Bridge == b.name {
			return
		}
		b.note(*e.Presence)
		if b.comings++; b.comings > mostComings {
			return
		}
	}
	if b.set.json {
		if o := b.eventObject(e, on); o != nil {
			writeJSON(b.out, o)
		}
	}
	if e.Kind == bridge.EventLease {
		b.leased(e, on)
	}
	if b.set.json {
		return
	}
	at := e.At.Format(time.TimeOnly) + "  "
	switch e.Kind {
	case bridge.EventFinding:
		fmt.Fprintln(b.out, b.findingLine(e.At, *e.Finding, on, e.Group))
	case bridge.EventSite:
		b.line(at + presenceText(*e.Presence, b.groups))
	case bridge.EventCarried, bridge.EventResent, bridge.EventDropped:
		fmt.Fprintln(b.out, datagramLine(e, on, b.set.ttl))
	}
}

// failed prints an error, once in 10 s.
func (b *bridgeCommand) failed(err error) {
	if b.isNew(err.Error()) {
		complain(b.errs, err)
	}
}

// notPermitted prints, once, what the server does not permit this bridge.
func (b *bridgeCommand) notPermitted(err error) {
	text := err.Error()
	if b.refused[text] || len(b.refused) >= mostErrors {
		return
	}
	if b.refused == nil {
		b.refused = map[string]bool{}
		b.doubts++
	}
	b.refused[text] = true
	complain(b.errs, &mcast.Advised{
		Err:    fmt.Errorf("the server at %s does not permit this: %s", b.place, strings.TrimPrefix(text, "nats: permissions violation: ")),
		Advice: "docs/bridge.md lists what the key of a site needs",
	})
}

// noted prints what an interface is like now, once in 10 s.
func (b *bridgeCommand) noted(e bridge.Event) {
	if b.isNew(e.Text) {
		b.line(e.At.Format(time.TimeOnly) + "  " + chat.CleanRow(e.Text))
	}
}

// isNew reports a text that was not told within 10 s.
func (b *bridgeCommand) isNew(text string) bool {
	if b.told[text] || len(b.told) >= mostErrors {
		return false
	}
	b.told[text] = true
	return true
}

// hubTold prints that the hub is reached, or is not any more.
func (b *bridgeCommand) hubTold(r reach, now time.Time) {
	b.awayErr = r.err
	switch {
	case r.reached && !b.up:
		if b.everUp {
			b.line(fmt.Sprintf("%s  the hub at %s is reached again, after %s", now.Format(time.TimeOnly), b.place, shortly(now.Sub(b.away))))
		} else if !b.away.IsZero() {
			b.line(fmt.Sprintf("%s  the hub at %s is reached", now.Format(time.TimeOnly), b.place))
		}
		b.up, b.everUp, b.away = true, true, time.Time{}
	case !r.reached && b.away.IsZero():
		b.up, b.away, b.awaySaid, b.awayWait = false, now, time.Time{}, awayFirst
		if !b.everUp {
			b.sayAway(now)
		}
	default:
		return
	}
	if b.set.json {
		o := jsonBridgeHub{jsonHead: jsonHead{Type: "hub", Time: now}, Address: b.place, Reached: r.reached}
		if r.err != nil {
			o.Error = chat.CleanRow(r.err.Error())
		}
		writeJSON(b.out, o)
	}
}

// stillAway says that a hub that was reached is not any more.
func (b *bridgeCommand) stillAway(now time.Time) {
	if !b.away.IsZero() && b.awaySaid.IsZero() {
		b.sayAway(now)
	}
}

// sayAway says that the hub is not reached.
func (b *bridgeCommand) sayAway(now time.Time) {
	b.awaySaid = now
	since := ""
	if now.After(b.away) {
		since = " since " + b.away.Format(time.TimeOnly)
	}
	text := fmt.Sprintf("the hub at %s is not reached%s, so nothing is carried", b.place, since)
	if b.awayErr != nil {
		text += ": " + b.awayErr.Error()
	}
	err := fmt.Errorf("%s; it is tried again (%s)", text, now.Format(time.TimeOnly))
	if b.awayHint {
		complain(b.errs, err)
		return
	}
	b.awayHint = true
	advice := adviceAway
	if b.everUp {
		advice = adviceGone
	}
	complain(b.errs, &mcast.Advised{Err: err, Advice: advice})
}

// every does what is due every 10 s.
func (b *bridgeCommand) every(now time.Time) {
	if !b.away.IsZero() && !b.awaySaid.IsZero() && now.Sub(b.awaySaid) >= b.awayWait-time.Second { // a tick is not exact
		if b.awayWait == awayFirst {
			b.awayWait = awayThen
		} else {
			b.awayWait = awayLast
		}
		b.sayAway(now)
	}
	if more := b.comings - mostComings; more > 0 {
		complain(b.errs, fmt.Errorf("%s joined or left within 10 s: not printed", manyOf(more, "more bridge")))
	}
	b.comings = 0
	clear(b.told)
	if b.set.json {
		b.writeStats(b.bridge.Status(), now)
	}
}
