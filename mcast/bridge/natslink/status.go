package natslink

import (
	"encoding/json"
	"fmt"
	"net/netip"
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

// tellAll is what a bridge tells, in JSON.
func tellAll(all []bridge.Status) json.RawMessage {
	var t told
	size := 64
	for i, s := range all {
		w := status{
			s.Site, s.Bridge, s.Addr, s.Interface, s.Group.String(), s.Leads, s.Since.UTC(), s.Heard, s.Arrived,
			counted(s.AtLAN), counted(s.AtSites), s.Last.UTC(),
		}
		text, err := json.Marshal(w)
		if size += len(text) + 1; err != nil || size > maxStatusBytes || i == maxStatuses {
			t.More = len(all) - i
			break
		}
		t.Bridges = append(t.Bridges, w)
	}
	text, _ := json.Marshal(t) // it was marshalled in parts
	return text
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
	for _, door := range []map[bridge.Why]uint64{w.AtLAN, w.AtSites} {
		if len(door) > maxWhys {
			return bridge.Status{}, errMalformed
		}
		for why := range door {
			if len(why) > 32 {
				return bridge.Status{}, errMalformed
			}
		}
	}
	return bridge.Status{
		Site: w.Site, Bridge: w.Bridge, Addr: w.Addr, Interface: w.Interface, Group: g, Leads: w.Leads, Since: w.Since,
		Heard: w.Heard, Arrived: w.Arrived, AtLAN: w.AtLAN, AtSites: w.AtSites, Last: w.Last,
	}, nil
}
