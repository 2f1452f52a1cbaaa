package natslink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	keepEvery  = 500 * time.Millisecond
	staleAfter = 2 * time.Second  // without an acknowledgement a frame is sent again
	staleMost  = 32 * time.Second // and then after twice as long each time
	// Frames that were sent longer ago are looked for in the history first.
	sureFor     = duplicates - 20*time.Second
	unkeptRate  = 500 // frames a second that nobody acknowledges
	unkeptBurst = 500
)

// keeping is what becomes of kept frames.
type keeping uint8

const (
	keepLater  keeping = iota // they wait until it is known
	keepByHub                 // given to the hub, which has them acknowledged
	keepItself                // given to all sites, and the server acknowledges them
	passByHub                 // given to the hub, which keeps none
	passItself                // given to all sites, and nobody keeps them
)

// keeper gives kept frames to the server, and reads its history.
type keeper struct {
	client *Client
	groups map[string]mcast.Group // by token
	inbox  string
	acks   chan *nats.Msg
	gets   chan *nats.Msg
	subs   []*nats.Subscription
	spool  spool
	wake   chan struct{} // there is something to send, or it can be sent now
	ask    chan struct{} // the history is to be asked now
	found  chan found    // what is in it
	ctx    context.Context
	cancel context.CancelFunc
	ended  sync.WaitGroup
	caught atomic.Uint64 // the connection in which the history was read to its end

	mu    sync.Mutex
	way   keeping
	conn  uint64          // the connection that way is of
	err   error           // why nothing is kept
	ackIt bool            // err is of an acknowledgement
	names map[string]bool // of the bridges that this process has
}

func newKeeper(c *Client, groups map[string]mcast.Group) (*keeper, error) {
	k := &keeper{
		client: c, groups: groups, inbox: c.conn.NewInbox(), acks: make(chan *nats.Msg, 4*spoolWindow), gets: make(chan *nats.Msg, 2*maxBatch),
		wake: make(chan struct{}, 1), ask: make(chan struct{}, 1), found: make(chan found), names: map[string]bool{},
	}
	k.way, k.conn = c.begin(), c.connection.Load()
	k.ctx, k.cancel = context.WithCancel(context.Background())
	for subject, in := range map[string]chan *nats.Msg{k.inbox + ".a.*": k.acks, k.inbox + ".g.*": k.gets} {
		sub, err := c.conn.ChanSubscribe(subject, in)
		if err != nil {
			k.unsubscribe()
			return nil, away(err)
		}
		k.subs = append(k.subs, sub)
	}
	c.watch(k)
	k.ended.Go(k.send)
	k.ended.Go(k.read)
	return k, nil
}

// hub says whether the server is a hub, which sites do not ask themselves.
func (c *Client) hub() bool { return c.cfg.File != (File{}) }

// connected is called when the server is reached.
func (k *keeper) connected() {
	k.anew()
	signal(k.wake)
	signal(k.ask)
}

// anew begins with a new connection, to what may be another server, or a newer one: all
// that waits is sent once more. The sender may see the connection before it is told, and
// is not to send its first frames twice.
func (k *keeper) anew() {
	connection := k.client.connection.Load()
	k.mu.Lock()
	begun := k.conn == connection
	if !begun {
		k.conn, k.way = connection, k.client.begin()
	}
	k.mu.Unlock()
	if !begun {
		k.spool.again()
	}
}

// begin is what becomes of kept frames before the server was asked.
func (c *Client) begin() keeping {
	if c.hub() {
		return keepByHub
	}
	return keepLater
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (k *keeper) keep(p bridge.Parcel, h frameID) {
	_, lan, _ := cutSite(p.Site)
	k.mu.Lock()
	if len(k.names) < maxNames {
		k.names[p.Bridge] = true
	}
	k.mu.Unlock()
	k.spool.add(&waiting{id: h, group: groupToken(p.Group), lan: lan, bridge: p.Bridge, data: append([]byte(nil), p.Data...), since: time.Now()})
	signal(k.wake)
}

const maxNames = 64 // of the bridges of one process

// own says whether this process has given the parcel, whose site has the same key.
func (k *keeper) own(p *bridge.Parcel) bool {
	name, _, _ := cutSite(p.Site)
	k.mu.Lock()
	defer k.mu.Unlock()
	return name == k.client.site && k.names[p.Bridge]
}

func (k *keeper) status() bridge.Keeping {
	s := k.spool.keeping()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.client.Reached() {
		s.Err = k.err // else it is away, and may keep a history
	}
	return s
}

// set notes what becomes of kept frames, and why they are not kept; nil: they are.
func (k *keeper) set(way keeping, err error) {
	k.mu.Lock()
	changed := way != k.way
	k.way = way
	if err != nil || !k.ackIt {
		k.err, k.ackIt = err, false
	}
	k.mu.Unlock()
	if changed {
		k.spool.again()
		signal(k.wake)
	}
}

func (k *keeper) unsubscribe() {
	for _, s := range k.subs {
		_ = s.Unsubscribe()
	}
}

// close ends the keeper. What waits is sent first, for at most 1 s.
func (k *keeper) close() {
	if k.client.reached.Load() {
		timer := time.NewTimer(flushWait)
		defer timer.Stop()
		select {
		case <-k.spool.drained():
		case <-timer.C:
		case <-k.client.done:
		}
	}
	k.client.unwatch(k)
	k.cancel()
	k.ended.Wait()
	k.unsubscribe()
}

// send gives what the spool has to the server.
func (k *keeper) send() {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	limit := rate.NewLimiter(unkeptRate, unkeptBurst)
	var head uint64
	stale := staleAfter
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-k.wake:
		case m := <-k.acks:
			k.acknowledged(m)
		case <-tick.C:
			now := time.Now()
			k.spool.expire(now)
			number, sent := k.spool.head()
			if number != head {
				head, stale = number, staleAfter
			}
			if !sent.IsZero() && now.Sub(sent) > stale {
				stale = min(2*stale, staleMost)
				k.spool.again()
				signal(k.ask)
			}
		}
		k.drain(limit)
	}
}

// drain sends what can be sent now.
func (k *keeper) drain(limit *rate.Limiter) {
	for k.client.reached.Load() {
		k.anew()
		k.mu.Lock()
		way := k.way
		k.mu.Unlock()
		if way == keepLater {
			return
		}
		now, before := time.Now(), time.Time{}
		if k.caught.Load() != k.client.connection.Load() {
			before = now.Add(-sureFor)
		}
		w, number := k.spool.take(now, before)
		if w == nil {
			return
		}
		m := &nats.Msg{Subject: subject(kindKept, w.group, k.client.site, w.lan), Data: w.data, Header: nats.Header{HeadBridge: {w.bridge}}}
		if way == keepByHub || way == passByHub {
			m.Subject = HistoryAPI(k.client.site) + "." + HistoryKeep + "." + w.group + "." + lanToken(w.lan)
		} else {
			m.Header[nats.MsgIdHdr] = []string{w.id.text()}
		}
		kept := way == keepByHub || way == keepItself
		if kept {
			m.Reply = k.inbox + ".a." + strconv.FormatUint(number, 10)
		} else if limit.Wait(k.ctx) != nil {
			return
		}
		if k.client.conn.PublishMsg(m) != nil {
			k.spool.again() // the connection has ended
			return
		}
		if !kept {
			k.spool.acknowledged(number, false)
		}
	}
}

// acknowledged reads what the server says of a frame.
func (k *keeper) acknowledged(m *nats.Msg) {
	number, err := strconv.ParseUint(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], 10, 64)
	if err != nil || len(m.Data) > maxWord {
		return
	}
	var ack struct {
		Stream string    `json:"stream"`
		Error  *apiError `json:"error"`
	}
	switch json.Unmarshal(m.Data, &ack); {
	case ack.Error == nil && ack.Stream == HistoryStream:
		k.spool.acknowledged(number, true)
		k.refused(nil)
	case ack.Error != nil:
		if ack.Error.Code != 503 || ack.Error.ErrCode == storeFailed { // else it is sent again
			k.spool.acknowledged(number, false)
		}
		k.refused(fmt.Errorf("the history does not take a frame: %s", ack.Error.words()))
	}
}

// storeFailed is JetStream's code of a stream at its limits, or whose disk is full. The others
// of code 503 pass: a cluster has no leader, or begins.
const storeFailed = 10077

// refused notes that the history did not take a frame; nil: it took one.
func (k *keeper) refused(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil || k.ackIt {
		k.err, k.ackIt = err, err != nil
	}
}

// Why a server keeps no frames.
var (
	errOlderHub    = errors.New("the hub is older than this bridge, and keeps no history")
	errNoHistory   = errors.New("the hub was started without a history")
	errNoJetStream = errors.New("the server has no JetStream, or not for this key")
	errForbidden   = errors.New("the server does not permit this key to use the history")
	errNoAnswer    = errors.New("the server gives no answer about the history")
)
