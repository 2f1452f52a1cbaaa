package natslink

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	askEvery    = time.Second     // the history is asked for what did not come
	askSeldom   = 5 * time.Second // if there is none
	askWait     = time.Second     // for an answer
	maxUnasked  = 4096            // frames of a gap: those before them are as earlier ones
	maxEarlier  = 65536           // frames of a group: those before them are left out
	clockMargin = 2 * time.Second // of the server's clock, between two answers
)

// past is where the reading of the history is.
type past struct {
	begun   bool
	created time.Time         // of the stream
	last    uint64            // sequence of it
	read    map[string]uint64 // by group: its last frame that was read
	whole   bool              // all until last
	// Frames until this sequence are earlier ones, if the server kept them before the time;
	// zero: whenever it did.
	until   uint64
	since   time.Time
	contact time.Time // of the last answer, by the own clock
	asked   uint64    // requests, each has a number
}

// read asks the history until the keeper ends: when the server is reached, then each second.
func (k *keeper) read() {
	p := &past{read: map[string]uint64{}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-k.ask:
		case <-timer.C:
		}
		wait := askEvery
		if k.client.reached.Load() {
			connection := k.client.connection.Load()
			switch h, err := k.look(); {
			case errors.Is(err, errOlderHub):
				wait = time.Hour // or when another is reached
			case errors.Is(err, errNoAnswer), errors.Is(err, bridge.ErrAway):
			case err != nil:
				wait = askSeldom
			case k.catchUp(p, h):
				if k.caught.Swap(connection) != connection {
					signal(k.wake)
				}
			}
		}
		timer.Reset(wait)
	}
}

// look asks how the history is, and notes what becomes of kept frames.
func (k *keeper) look() (history, error) {
	h, err := k.info()
	if h.Error != nil && h.Error.ErrCode == int(jetstream.JSErrCodeStreamNotFound) && !k.client.hub() {
		var made *jetstream.APIError
		if err = k.client.makeHistory(k.ctx); err == nil {
			h, err = k.info()
		} else if errors.As(err, &made) {
			h.Error = &apiError{Code: made.Code, ErrCode: int(made.ErrorCode), Description: made.Description}
		}
	}
	hub := k.client.hub()
	itself, way := keepItself, passItself
	if hub {
		itself, way = keepByHub, passByHub
	}
	api := 0
	if h.Error != nil {
		api = h.Error.ErrCode
	}
	switch {
	case err == nil && api == 0:
		k.set(itself, nil)
		return h, nil
	case k.ctx.Err() != nil || !k.client.reached.Load():
		return h, bridge.ErrAway
	case k.client.forbidden.Load() && hub:
		err, way = errOlderHub, passItself
	case k.client.forbidden.Load():
		err = errForbidden
	case api == int(jetstream.JSErrCodeStreamNotFound) && hub:
		err = errNoHistory
	case api == int(jetstream.JSErrCodeJetStreamNotEnabled), api == int(jetstream.JSErrCodeJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders) && !hub:
		err = errNoJetStream
	case api != 0 && !noAnswer(err):
		err = errors.New("the server has no history: " + h.Error.words())
	case noAnswer(err):
		// It begins just now, or is slow.
		k.slow()
		return h, errNoAnswer
	}
	k.set(way, err)
	return h, err
}

func noAnswer(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders)
}

// slow notes that the server gives no answer. What became of kept frames before still does.
func (k *keeper) slow() {
	k.mu.Lock()
	way := k.way
	k.mu.Unlock()
	if way == keepLater {
		way = passItself
	}
	k.set(way, errNoAnswer)
}

// info asks how the history is.
func (k *keeper) info() (h history, err error) {
	subject := HistoryAPI(k.client.site) + "." + HistoryInfo
	if !k.client.hub() {
		subject = k.client.api() + "STREAM.INFO." + HistoryStream
	}
	ctx, cancel := context.WithTimeout(k.ctx, askWait)
	defer cancel()
	m, err := k.client.conn.RequestWithContext(ctx, subject, nil)
	if err == nil && len(m.Data) > maxWord {
		err = errMalformed
	}
	if err == nil {
		err = json.Unmarshal(m.Data, &h)
	}
	return h, err
}

// api is what subjects of JetStream begin with at a server of others.
func (c *Client) api() string {
	if c.cfg.Domain == "" {
		return "$JS.API."
	}
	return "$JS." + c.cfg.Domain + ".API."
}

// makeHistory makes the stream on a server of others: of as many bytes as it permits.
func (c *Client) makeHistory(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askWait)
	defer cancel()
	for size := int64(HistoryBytes); size >= HistoryBytes/16; size /= 4 {
		if _, err = c.js.CreateStream(ctx, HistoryConfig(size)); err == nil || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil // else another bridge made it
		}
	}
	return err
}

// catchUp reads what is new in the history. It is false if that was not all.
func (k *keeper) catchUp(p *past, h history) bool {
	now, last := time.Now(), h.State.LastSeq
	switch {
	case !p.begun:
		p.begun, p.until = true, last
	case !h.Created.Equal(p.created) || last < p.last:
		// Another stream, or one of an older store: what was kept since the last answer is
		// new, by the server's clock.
		clear(p.read)
		p.whole = false
		p.until, p.since = last, h.At.Add(-now.Sub(p.contact)-clockMargin)
	}
	p.whole = p.whole && p.last == last
	p.created, p.last, p.contact = h.Created, last, now
	for group := range k.groups {
		for end := p.whole; !end; {
			var err error
			if end, err = k.batch(p, group); err != nil {
				return false
			}
		}
	}
	p.whole = true
	return true
}

// batch reads some frames of a group. end is true if there were no more. A replica of the
// stream may have them later: they are read with those after them.
func (k *keeper) batch(p *past, group string) (end bool, err error) {
	r := HistoryRequest{Seq: max(p.read[group]+1, 1), NextFor: prefix + kindKept + "." + group + ".*.*", Batch: maxBatch, MaxBytes: maxBatchBytes}
	data, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	subject := HistoryAPI(k.client.site) + "." + HistoryGet
	if !k.client.hub() {
		subject = k.client.api() + "DIRECT.GET." + HistoryStream
	}
	p.asked++
	reply := k.inbox + ".g." + strconv.FormatUint(p.asked, 10)
	if err := k.client.conn.PublishRequest(subject, reply, data); err != nil {
		return false, away(err)
	}
	timer := time.NewTimer(askWait)
	defer timer.Stop()
	var before *found // the frame before, in this batch
	for {
		var m *nats.Msg
		select {
		case <-k.ctx.Done():
			return false, k.ctx.Err()
		case <-timer.C:
			return false, errNoAnswer
		case m = <-k.gets:
		}
		if m.Subject != reply {
			continue // of a request that was given up
		}
		switch status := m.Header.Get("Status"); status {
		case "":
		case "204", "404": // the end of the batch; there are none
			return status == "404" || before == nil || before.pending == 0, nil
		default:
			return false, errNoAnswer
		}
		f, single, err := k.readFound(group, m)
		if err != nil {
			return false, err
		}
		if before != nil && (f.seq <= before.seq || f.pending+1 != before.pending) {
			return false, errNoAnswer // one was lost on its way
		}
		before = &f
		p.read[group] = f.seq
		if f.Data != nil {
			k.spool.found(f.id)
			f.Earlier = f.seq <= p.until && (p.since.IsZero() || f.At.Before(p.since)) || f.pending >= maxUnasked
			if f.pending < maxEarlier {
				select {
				case k.found <- f:
				case <-k.ctx.Done():
					return false, k.ctx.Err()
				}
			}
		}
		timer.Reset(askWait) // that may have waited
		if single {
			return false, nil
		}
	}
}

// readFound reads a message of the history. Its Data is nil if it makes no sense. single is
// true of a server that gives one at a time (before 2.11).
func (k *keeper) readFound(group string, m *nats.Msg) (f found, single bool, err error) {
	if f.seq, err = strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64); err != nil || f.seq == 0 {
		return f, false, errMalformed
	}
	if pending := m.Header.Get("Nats-Num-Pending"); pending == "" {
		single = true
	} else if f.pending, err = strconv.ParseUint(pending, 10, 64); err != nil {
		return f, false, errMalformed
	}
	kind, token, site, ok := parseSubject(m.Header.Get("Nats-Subject"))
	if !ok || kind != kindKept || token != group {
		k.client.malformed.Add(1)
		return f, single, nil
	}
	p, err := parcel(kindKept, k.groups[group], site, m)
	if err != nil {
		k.client.malformed.Add(1)
		return f, single, nil
	}
	f.Parcel = *p
	f.At, _ = time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	h, _ := checkFrame(p.Data, kindKept, false)
	f.id = idOf(h, p.Data)
	return f, single, nil
}
