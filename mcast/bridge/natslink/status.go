package natslink

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	maxStatusBytes = 48 << 10 // of what a bridge tells: a hub's messages have at most 66,000
	maxStatuses    = 4096     // of one answer
	maxWhys        = 32       // reasons of one door
	maxGroupText   = 160      // characters: two IPv6 addresses, a zone, a port
)

// told is what a bridge says of itself.
type told struct {
	Bridges []status `json:"bridges"`
	More    int      `json:"more,omitempty"` // that were left out, because of the size
}

// status is a bridge.Status in JSON.
type status struct {
	Site      string                `json:"site"`
	Bridge    string                `json:"bridge"`
	Addr      netip.Addr            `json:"addr"`
	Interface string                `json:"interface"`
	Group     string                `json:"group"`
	Leads     bool                  `json:"leads"`
	Since     time.Time             `json:"since,omitzero"`
	Heard     uint64                `json:"heard"`
	Arrived   uint64                `json:"arrived"`
	AtLAN     map[bridge.Why]uint64 `json:"at_lan,omitempty"`
	AtSites   map[bridge.Why]uint64 `json:"at_sites,omitempty"`
	Last      time.Time             `json:"last,omitzero"`
}

// keepingWord is a bridge.Keeping in JSON.
type keepingWord struct {
	Waiting      int    `json:"waiting,omitempty"`
	WaitingBytes int    `json:"waiting_bytes,omitempty"`
	Kept         uint64 `json:"kept"`
	Dropped      uint64 `json:"dropped,omitempty"`
	Why          string `json:"why,omitempty"` // nothing is kept
}

// tellKeeping is that of the bridge, whose groups have one link.
func tellKeeping(all []bridge.Status) *keepingWord {
	if len(all) == 0 {
		return nil
	}
	k := all[0].Keeping
	w := &keepingWord{k.Waiting, k.WaitingBytes, k.Kept, k.Dropped, ""}
	if k.Err != nil {
		w.Why = cut(k.Err.Error())
	}
	return w
}

// keeping is what a bridge told; nil: an older one, which keeps nothing.
func (w *keepingWord) keeping() bridge.Keeping {
	if w == nil {
		return bridge.Keeping{}
	}
	k := bridge.Keeping{Waiting: max(w.Waiting, 0), WaitingBytes: max(w.WaitingBytes, 0), Kept: w.Kept, Dropped: w.Dropped}
	if w.Why != "" {
		k.Err = errors.New(cut(w.Why))
	}
	return k
}

// cut is what others say of an error, of a bounded length.
func cut(text string) string {
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return strings.ToValidUTF8(text, "?")
}

// framesWord is what a bridge tells of the frames of a group, in JSON.
type framesWord struct {
	None    string                `json:"none,omitempty"` // why none are carried
	AtLAN   map[bridge.Why]uint64 `json:"at_lan,omitempty"`
	AtSites map[bridge.Why]uint64 `json:"at_sites,omitempty"`
}

// tellAll is what a bridge tells.
func tellAll(all []bridge.Status) endpoint {
	var t told
	e := endpoint{Name: "default", Keeping: tellKeeping(all)}
	size := 1024
	for i, s := range all {
		w := status{
			s.Site, s.Bridge, s.Addr, s.Interface, s.Group.String(), s.Leads, s.Since.UTC(), s.Heard, s.Arrived,
			counted(s.AtLAN), counted(s.AtSites), s.Last.UTC(),
		}
		f := framesWord{cut(s.NoFrames), counted(s.FramesAtLAN), counted(s.FramesAtSites)}
		text, err := json.Marshal(w)
		more, err2 := json.Marshal(f)
		if size += len(text) + len(more) + 2; errors.Join(err, err2) != nil || size > maxStatusBytes || i == maxStatuses {
			t.More = len(all) - i
			break
		}
		t.Bridges, e.Frames = append(t.Bridges, w), append(e.Frames, f)
	}
	e.Data, _ = json.Marshal(t) // it was marshalled in parts
	return e
}

func counted(m map[bridge.Why]uint64) map[bridge.Why]uint64 {
	out := map[bridge.Why]uint64{}
	for why, n := range m {
		if n != 0 {
			out[why] = n
		}
	}
	return out
}

// hear reads what a bridge told.
func hear(data []byte) ([]bridge.Status, error) {
	if len(data) > 2*maxStatusBytes {
		return nil, errMalformed
	}
	var t told
	if err := decode(data, &t); err != nil {
		return nil, err
	}
	if len(t.Bridges) > maxStatuses {
		return nil, errMalformed
	}
	all := make([]bridge.Status, 0, len(t.Bridges))
	for _, w := range t.Bridges {
		s, err := w.status()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (w status) status() (bridge.Status, error) {
	if _, _, err := cutSite(w.Site); err != nil || !isName(w.Bridge) || len(w.Interface) > maxLAN || len(w.Group) > maxGroupText || len(w.Addr.Zone()) > maxLAN {
		return bridge.Status{}, errMalformed
	}
	g, err := mcast.ParseGroup(w.Group)
	if err != nil || g.String() != w.Group {
		return bridge.Status{}, fmt.Errorf("%w: its group", errMalformed)
	}
	if !fewWhys(w.AtLAN) || !fewWhys(w.AtSites) {
		return bridge.Status{}, errMalformed
	}
	return bridge.Status{
		Site: w.Site, Bridge: w.Bridge, Addr: w.Addr, Interface: w.Interface, Group: g, Leads: w.Leads, Since: w.Since,
		Heard: w.Heard, Arrived: w.Arrived, AtLAN: w.AtLAN, AtSites: w.AtSites, Last: w.Last,
	}, nil
}

// fewWhys is true of the counts of one door, of a bounded size.
func fewWhys(door map[bridge.Why]uint64) bool {
	for why := range door {
		if len(why) > 32 {
			return false
		}
	}
	return len(door) <= maxWhys
}

// rest sets what is not in the Data of an answer: an older bridge tells nothing of it.
func (e endpoint) rest(told []bridge.Status) error {
	keeping := e.Keeping.keeping()
	for i := range told {
		told[i].Keeping = keeping
		if i >= len(e.Frames) {
			continue
		}
		f := e.Frames[i]
		if !fewWhys(f.AtLAN) || !fewWhys(f.AtSites) {
			return errMalformed
		}
		told[i].NoFrames, told[i].FramesAtLAN, told[i].FramesAtSites = cut(f.None), f.AtLAN, f.AtSites
	}
	return nil
}
