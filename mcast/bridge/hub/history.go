package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// DefaultHistory is how many bytes of kept frames a hub keeps.
const DefaultHistory = 256 << 20

// Limits of what a site asks of the history, and gives to it.
const (
	keepRate   = 1000 // a second: frames; a read is as much as readCost, another question as askCost
	keepBurst  = 2000
	askCost    = 4
	readCost   = 8
	maxKept    = 1024    // requests that wait: 4 bridges of a site may have 256 on their way
	maxKeptIn  = 2 << 20 // bytes of them
	maxStreams = 128     // subjects that a site may write: a group on a LAN
)

// tooManyStreams answers as JetStream does.
var tooManyStreams = fmt.Sprintf(`{"error":{"code":400,"err_code":0,"description":"a site has at most %d groups and LANs"}}`, maxStreams)

// makeHistory makes the stream of kept frames, or takes an older one away if there shall be
// none.
func (h *Hub) makeHistory(ctx context.Context) error {
	return h.administer(func(js jetstream.JetStream) error {
		if h.History() > 0 {
			_, err := js.CreateOrUpdateStream(ctx, natslink.HistoryConfig(h.History()))
			return err
		}
		err := js.DeleteStream(ctx, natslink.HistoryStream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil
		}
		return err
	})
}

// History is how many bytes of kept frames the hub keeps; 0: none.
func (h *Hub) History() int64 {
	switch {
	case h.cfg.History < 0:
		return 0
	case h.cfg.History == 0:
		return DefaultHistory
	}
	return h.cfg.History
}

// historyDesk passes kept frames of sites on to all sites and to the history, and what
// they ask of it.
func historyDesk() deskKind {
	return deskKind{prefix: natslink.HistoryAPI, waiting: maxKept, size: maxKeptIn, rate: keepRate, burst: keepBurst, most: maxStreams, pass: passKept}
}

// passKept waits for the site's turn: what comes faster waits in its queue, whose end a
// bridge does not reach that waits for acknowledgements.
func passKept(d *desk, site string, a *asker, m *nats.Msg) {
	rest, _ := strings.CutPrefix(m.Subject, natslink.HistoryAPI(site)+".")
	out, cost := &nats.Msg{Reply: m.Reply}, 1
	key, keeps := strings.CutPrefix(rest, natslink.HistoryKeep+".")
	switch {
	case keeps:
		group, lan, ok := strings.Cut(key, ".")
		id, err := natslink.KeptID(m.Data)
		subject, good := natslink.KeptSubject(group, site, lan)
		if !ok || err != nil || !good {
			return
		}
		if !a.writes(key) {
			if m.Reply != "" { // else the bridge would offer it again and again
				d.send(site, &nats.Msg{Subject: m.Reply, Data: []byte(tooManyStreams)})
			}
			out = natslink.NotKept(subject, m) // it crosses all the same
			break
		}
		out.Subject, out.Data = subject, m.Data
		out.Header = nats.Header{nats.MsgIdHdr: {id}, natslink.HeadBridge: m.Header[natslink.HeadBridge]}
	case m.Reply == "":
		return
	case rest == natslink.HistoryInfo:
		out.Subject, cost = "$JS.API.STREAM.INFO."+natslink.HistoryStream, askCost
	case rest == natslink.HistoryGet:
		get, err := natslink.ReadHistoryRequest(m.Data)
		if err != nil {
			return
		}
		out.Subject, cost = "$JS.API.DIRECT.GET."+natslink.HistoryStream, readCost
		if out.Data, err = json.Marshal(get); err != nil {
			return
		}
	default:
		return
	}
	if a.limit.WaitN(d.ctx, cost) == nil {
		d.send(site, out)
	}
}
