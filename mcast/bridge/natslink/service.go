package natslink

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	answerPrefix   = prefix + "answer." // all sites publish and read there
	serviceName    = "groupcast-bridge"
	serviceVersion = "1.0.0"
	serviceNote    = "carries multicast groups between networks (groupcast bridge)"
	maxAnswers     = 1024      // of bridges
	maxAnswer      = 128 << 10 // bytes of one
	maxPending     = 16 << 20  // bytes that wait to be read
	maxHeard       = 65536     // statuses: 1,024 bridges of 64 groups
	freshFor       = 200 * time.Millisecond
)

// Serve answers those who ask how this bridge stands, until the client is closed: it is a
// NATS service, groupcast-bridge, and the answer is in its statistics ($SRV.STATS).
func (c *Client) Serve(status func() []bridge.Status) error {
	name, lan, err := cutSite(c.site)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.service != nil {
		return errors.New("the bridge is served already")
	}
	word := &word{status: status}
	service, err := micro.AddService(c.conn, micro.Config{
		Name: serviceName, Version: serviceVersion, Description: serviceNote,
		Metadata:           map[string]string{"site": c.site},
		QueueGroupDisabled: true, // each bridge answers
		StatsHandler:       func(*micro.Endpoint) any { return word.now() },
		Endpoint: &micro.EndpointConfig{ // without one there are no statistics
			Subject: subject(kindStatus, noName, name, lan),
			Handler: micro.HandlerFunc(func(r micro.Request) { _ = r.Respond(word.now()) }),
		},
	})
	if err != nil {
		return err
	}
	c.service = service
	return nil
}

// word is what this bridge tells. It is made anew at most every freshFor: a site that asks
// without end costs little.
type word struct {
	status func() []bridge.Status
	mu     sync.Mutex
	text   json.RawMessage
	at     time.Time
}

func (w *word) now() json.RawMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.text == nil || time.Since(w.at) > freshFor {
		w.text, w.at = tellAll(w.status()), time.Now()
	}
	return w.text
}

// Statuses asks all bridges how they stand, and returns what has come when wait is over:
// of 1,024 bridges at most, by site, bridge and group. It is each bridge's own word, and the
// server does not read it: whoever has a key can answer, and speak of another site. What
// makes no sense is left out.
func (c *Client) Statuses(ctx context.Context, wait time.Duration) ([]bridge.Status, error) {
	if !c.reached.Load() {
		return nil, bridge.ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	// Not into an inbox: a site could only publish there by a Response permission, with
	// which it could publish on any subject that it names as the reply of its own request.
	inbox := answerPrefix + bridge.NewName()
	answers, err := c.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, away(err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := answers.SetPendingLimits(maxAnswers, maxPending); err != nil {
		return nil, err
	}
	if err := c.conn.PublishRequest("$SRV.STATS."+serviceName, inbox, nil); err != nil {
		return nil, away(err)
	}
	var all []bridge.Status
	heard := map[string]bool{}
	for range maxAnswers {
		msg, err := answers.NextMsgWithContext(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return sorted(all), nil
		case errors.Is(err, nats.ErrNoResponders): // no bridge serves
			return nil, nil
		case err != nil:
			return sorted(all), away(err)
		}
		id, told, err := c.answer(msg)
		if err != nil {
			c.malformed.Add(1)
		} else if !heard[id] && len(all)+len(told) <= maxHeard {
			heard[id] = true
			all = append(all, told...)
		}
	}
	return sorted(all), nil
}

// answer reads what one bridge told. The id is that of its service.
func (c *Client) answer(msg *nats.Msg) (id string, told []bridge.Status, err error) {
	if len(msg.Data) > maxAnswer {
		return "", nil, errMalformed
	}
	var stats struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Endpoints []struct {
			Data json.RawMessage `json:"data"`
		} `json:"endpoints"`
	}
	if err := json.Unmarshal(msg.Data, &stats); err != nil || stats.Name != serviceName || len(stats.Endpoints) != 1 || len(stats.ID) > 64 {
		return "", nil, errMalformed
	}
	told, err = hear(stats.Endpoints[0].Data)
	return stats.ID, told, err
}

func sorted(all []bridge.Status) []bridge.Status {
	slices.SortStableFunc(all, func(a, b bridge.Status) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Bridge, b.Bridge),
			a.Group.Addr.Compare(b.Group.Addr), cmp.Compare(a.Group.Port, b.Group.Port), a.Group.Source.Compare(b.Group.Source))
	})
	return all
}
