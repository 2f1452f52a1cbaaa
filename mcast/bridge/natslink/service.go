package natslink

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	answerPrefix   = prefix + "answer." // all sites publish and read there
	serviceName    = "groupcast-bridge"
	serviceVersion = "1.0.0"
	serviceSubject = "$SRV.STATS." + serviceName
	answerRate     = 10 // a second: a request of 60 bytes has an answer of up to 48 KiB
	answerBurst    = 20
	maxAnswers     = 1024      // of bridges
	maxAnswer      = 128 << 10 // bytes of one
	maxPending     = 16 << 20  // bytes that wait to be read
	maxHeard       = 65536     // statuses: 1,024 bridges of 64 groups
	freshFor       = 200 * time.Millisecond
)

// Serve answers those who ask how this bridge stands, until the client is closed: it is a
// NATS service, groupcast-bridge, and the answer is in its statistics ($SRV.STATS).
func (c *Client) Serve(status func() []bridge.Status) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.service != nil {
		return errors.New("the bridge is served already")
	}
	w := &word{status: status}
	id, limit := bridge.NewName(), rate.NewLimiter(answerRate, answerBurst)
	// Not package micro: it answers to any subject that a request names, also to one that
	// only this site may speak on.
	service, err := c.conn.Subscribe(serviceSubject, func(m *nats.Msg) {
		asker, ok := strings.CutPrefix(m.Reply, answerPrefix)
		if !ok || !isName(asker) || !limit.Allow() {
			return
		}
		text, err := json.Marshal(stats{
			Type: "io.nats.micro.v1.stats_response", Name: serviceName, ID: id, Version: serviceVersion,
			Metadata: map[string]string{"site": c.site}, Endpoints: []endpoint{w.now()},
		})
		if err == nil {
			_ = c.conn.Publish(m.Reply, text)
		}
	})
	if err != nil {
		return away(err)
	}
	c.service, c.own = service, status
	return nil
}

// stats are what package micro calls the statistics of a service.
type stats struct {
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	ID        string            `json:"id"`
	Version   string            `json:"version"`
	Metadata  map[string]string `json:"metadata"`
	Endpoints []endpoint        `json:"endpoints"`
}

type endpoint struct {
	Name    string          `json:"name"`
	Data    json.RawMessage `json:"data"` // not with what follows: older bridges would refuse it
	Keeping *keepingWord    `json:"keeping,omitempty"`
	Frames  []framesWord    `json:"frames,omitempty"` // of the bridges in Data
}

// word is what this bridge tells. It is made anew at most every freshFor: a site that asks
// without end costs little.
type word struct {
	status func() []bridge.Status
	mu     sync.Mutex
	said   endpoint
	at     time.Time
}

func (w *word) now() endpoint {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said.Data == nil || time.Since(w.at) > freshFor {
		w.said, w.at = tellAll(w.status()), time.Now()
	}
	return w.said
}

// Statuses asks all bridges how they stand, and returns what has come when wait is over:
// of 1,024 bridges at most, by site, bridge and group. It is each bridge's own word, and the
// server does not read it: whoever has a key can answer, and speak of another site. Statuses
// leaves out answers that make no sense. If this client serves, its own word is among them
// when the server was reached until the end.
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
	if err := c.conn.PublishRequest(serviceSubject, inbox, nil); err != nil {
		return nil, away(err)
	}
	var all []bridge.Status
	heard := map[string]bool{}
	for range maxAnswers {
		msg, err := answers.NextMsgWithContext(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return sorted(append(all, c.ownWord()...)), nil
		case errors.Is(err, nats.ErrNoResponders): // no other bridge serves
			return sorted(c.ownWord()), nil
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
	return sorted(append(all, c.ownWord()...)), nil
}

// ownWord is how this bridge stands if its client is one that the server sends nothing of
// its own back, and the server is reached.
func (c *Client) ownWord() []bridge.Status {
	c.mu.Lock()
	own := c.own
	c.mu.Unlock()
	if own == nil || !c.cfg.Alone || !c.reached.Load() || c.conn.FlushTimeout(flushWait) != nil {
		return nil
	}
	return own()
}

// answer reads what one bridge told. The id is that of its service.
func (c *Client) answer(msg *nats.Msg) (id string, told []bridge.Status, err error) {
	if len(msg.Data) > maxAnswer {
		return "", nil, errMalformed
	}
	var stats struct {
		ID        string     `json:"id"`
		Name      string     `json:"name"`
		Endpoints []endpoint `json:"endpoints"`
	}
	if err := json.Unmarshal(msg.Data, &stats); err != nil || stats.Name != serviceName || len(stats.Endpoints) != 1 || len(stats.ID) > 64 {
		return "", nil, errMalformed
	}
	if told, err = hear(stats.Endpoints[0].Data); err == nil {
		err = stats.Endpoints[0].rest(told)
	}
	return stats.ID, told, err
}

func sorted(all []bridge.Status) []bridge.Status {
	slices.SortStableFunc(all, func(a, b bridge.Status) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Bridge, b.Bridge),
			a.Group.Addr.Compare(b.Group.Addr), cmp.Compare(a.Group.Port, b.Group.Port), a.Group.Source.Compare(b.Group.Source))
	})
	return all
}
