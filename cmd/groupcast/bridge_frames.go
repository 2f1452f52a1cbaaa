package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
)

// notOfMembers is what comes on the port of frames and is no frame that has to cross.
var notOfMembers = []bridge.Why{bridge.Own, bridge.Marked, bridge.NotHere, bridge.Duplicate, bridge.Standby, bridge.OwnSite, bridge.NotBridged, bridge.Answered, bridge.Held, bridge.Nobody}

// frameNames are the kinds of frames, as docs/protocol.md has them.
var frameNames = map[frame.Kind]string{
	frame.KindHello: "HELLO", frame.KindText: "TEXT", frame.KindNeed: "NEED", frame.KindRelay: "RELAY", frame.KindStats: "STATS",
	frame.KindReport: "REPORT", frame.KindProbe: "PROBE", frame.KindAsk: "ASK", frame.KindFacts: "FACTS", frame.KindSites: "SITES",
}

// frameName is what a frame is; one that cannot be read has none.
func frameName(k frame.Kind) string {
	if k == 0 {
		return ""
	}
	return cmp.Or(frameNames[k], fmt.Sprintf("kind %d", k))
}

// plainOnlyOf says of a group that its frames are not carried: of one that a standard uses
// they are only if the user named the flag.
func (b *bridgeCommand) plainOnlyOf(named bool) func(mcast.Group) bool {
	return func(g mcast.Group) bool {
		_, registered := g.Registered()
		return b.plainOnly || registered && !named
	}
}

// framesLine is how the frames of one group stood at one port at the end; "": none came.
func framesLine(s bridge.Status) string {
	lan, sites := s.FramesAtLAN, s.FramesAtSites
	words := notWords("not carried", lan, append(notOfMembers, bridge.Carried), whyTextOfFrame) + notWords("not re-sent", sites, append(notOfMembers, bridge.Resent), whyTextOfFrame)
	if framesCame(s) == 0 {
		return ""
	}
	return fmt.Sprintf("%s, frames of %s: carried %s, re-sent %s%s", atPort(bridge.Port{Site: s.Site, Interface: s.Interface}),
		chat.CleanRow(s.Group.Label()), thousands(lan[bridge.Carried]), thousands(sites[bridge.Resent]), words)
}

// whyTextOfFrame is whyText for a frame, whose limits are not those of the flags.
func whyTextOfFrame(w bridge.Why) string {
	switch w {
	case bridge.Limited:
		return "over the rate of frames"
	case bridge.TooLong:
		return "too long"
	}
	return whyText(w)
}

// framesCame is how many frames came of members and of other sites, whatever became of them.
func framesCame(s bridge.Status) (n uint64) {
	for why, some := range s.FramesAtLAN {
		if !slices.Contains(notOfPrograms, why) && why != bridge.NotBridged {
			n += some
		}
	}
	for why, some := range s.FramesAtSites {
		if why != bridge.OwnSite && why != bridge.Nobody && why != bridge.Held {
			n += some
		}
	}
	return n
}

// keepingWords say how it stands with the frames that a bridge keeps; "": there were none.
func keepingWords(k bridge.Keeping) string { return keepingAs(k, "waiting") }

// keptWords are keepingWords at the end, when nothing waits any more.
func keptWords(k bridge.Keeping) string { return keepingAs(k, "not acknowledged until the end") }

func keepingAs(k bridge.Keeping, waiting string) string {
	words := ""
	add := func(text string) { words += ", " + text }
	if k.Kept > 0 {
		add(chat.Many(k.Kept, "frame") + " kept")
	}
	if k.Waiting > 0 {
		add(thousands(uint64(k.Waiting)) + " " + waiting)
	}
	if k.Dropped > 0 {
		add(thousands(k.Dropped) + " dropped")
	}
	if k.Err != nil {
		add("no history at the hub")
	}
	if words == "" {
		return ""
	}
	return words[len(", "):]
}

// framesShort is how many frames of a group crossed, as the table has room for it.
func framesShort(s bridge.Status) string {
	if s.NoFrames != "" {
		return "off"
	}
	return thousands(s.FramesAtLAN[bridge.Carried] + s.FramesAtSites[bridge.Resent])
}

// withHolder adds to the error of a group without frames who has their port.
func withHolder(err error) error {
	e, ok := errors.AsType[*bridge.NoFramesError](err)
	if !ok || !errors.Is(err, mcast.ErrPortInUse) {
		return err
	}
	at := e.Group.Wildcard()
	frames := mcast.Group{Addr: at.Addr(), Port: at.Port() + 1}.AddrPort()
	return &mcast.Advised{Err: err, Advice: cmp.Or(holder(frames), "a program has it for itself; ss -ulpn shows which") + "; end it, and begin the bridge anew"}
}
