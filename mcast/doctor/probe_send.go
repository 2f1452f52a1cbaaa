package doctor

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

const (
	// reportTime passes between the joins and the first datagram, so that what
	// the host tells of them is not counted among what was sent: IGMPv3 and
	// MLDv2 repeat a report within a second (RFC 3376, sections 8.1 and 8.11).
	reportTime = 1100 * time.Millisecond
	// copyTime is how long own copies are waited for after the last datagram.
	copyTime = time.Second
	// counterTime is how long it waits for the interfaces' counters to grow:
	// some drivers read those of the card every two seconds only.
	counterTime = 2500 * time.Millisecond
)

// probeDatagram is one datagram of a probe.
type probeDatagram struct {
	by   host.Interface
	n    int // from 1
	text string
}

// probeDatagrams are the datagrams of a probe, by the interfaces in turn, with a
// token by which the copies are known.
func probeDatagrams(places []host.Interface) []probeDatagram {
	random := make([]byte, 4)
	rand.Read(random)
	token := hex.EncodeToString(random)
	var list []probeDatagram
	for n := range datagramsEach {
		for _, by := range places {
			list = append(list, probeDatagram{by, n + 1, payload(by, n+1) + " " + token})
		}
	}
	return list
}

// sendTest is what becomes of the datagrams that are sent by one interface.
type sendTest struct {
	by     host.Interface
	echoed bool // own copies are expected
	leaves bool // they are meant to leave the host

	sent    Sent
	refused int
	copies  []int // which of them came back
	before  *Link // its counters before the first datagram; nil: not known
	settled bool  // sent.Left is final
}

// begin keeps the counters, before the first datagram.
func (t *sendTest) begin(traffic map[int]Link) {
	if link, ok := traffic[t.by.Index]; ok {
		t.before = &link
	}
}

func (t *sendTest) tried(err error) {
	t.sent.Tried++
	if err != nil {
		t.refused++
		t.sent.Err = err
	}
}

// copied counts an own copy, once for each datagram.
func (t *sendTest) copied(n int) {
	if !slices.Contains(t.copies, n) {
		t.copies = append(t.copies, n)
		t.sent.Copies++
	}
}

// settle looks at the counters again, that long after the last datagram, and
// reports whether there is anything more to wait for.
func (t *sendTest) settle(traffic map[int]Link, since time.Duration) bool {
	taken := t.sent.Tried - t.refused
	if !t.settled {
		t.count(traffic, taken, since >= counterTime)
	}
	heard := !t.echoed || t.sent.Copies >= taken || since >= copyTime
	return t.settled && heard
}

func (t *sendTest) count(traffic map[int]Link, taken int, last bool) {
	now, ok := traffic[t.by.Index]
	if !ok || t.before == nil || now.Sent < t.before.Sent {
		t.settled = true
		return
	}
	left := int(now.Sent - t.before.Sent)
	t.sent.Queue = max(now.QueueDrops, t.before.QueueDrops) - t.before.QueueDrops
	t.settled = !t.leaves || left >= taken || last
	if t.settled && t.leaves {
		t.sent.Left = &left
	}
}
