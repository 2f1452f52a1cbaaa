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

// shot is one datagram that is sent.
type shot struct {
	by   host.Interface
	n    int // from 1
	text string
}

// shots are the datagrams of a probe, by the interfaces in turn, with a token
// by which the copies are known.
func shots(places []host.Interface) []shot {
	random := make([]byte, 4)
	rand.Read(random)
	token := hex.EncodeToString(random)
	var list []shot
	for n := range datagramsEach {
		for _, by := range places {
			list = append(list, shot{by, n + 1, payload(by, n+1) + " " + token})
		}
	}
	return list
}

// volley is what becomes of the datagrams by one interface.
type volley struct {
	by     host.Interface
	echoes bool // own copies are to be expected
	leaves bool // they are meant to leave the host

	sent    Sent
	refused int
	copies  []int // which of them came back
	before  *Link // its counters before the first datagram; nil: not known
	settled bool  // sent.Left is final
}

// begin keeps the counters, before the first datagram.
func (v *volley) begin(traffic map[int]Link) {
	if link, ok := traffic[v.by.Index]; ok {
		v.before = &link
	}
}

func (v *volley) tried(err error) {
	v.sent.Tried++
	if err != nil {
		v.refused++
		v.sent.Err = err
	}
}

// copied counts an own copy, once for each datagram.
func (v *volley) copied(n int) {
	if !slices.Contains(v.copies, n) {
		v.copies = append(v.copies, n)
		v.sent.Copies++
	}
}

// settle looks at the counters again, that long after the last datagram, and
// reports whether there is anything more to wait for.
func (v *volley) settle(traffic map[int]Link, since time.Duration) bool {
	taken := v.sent.Tried - v.refused
	if !v.settled {
		v.count(traffic, taken, since >= counterTime)
	}
	heard := !v.echoes || v.sent.Copies >= taken || since >= copyTime
	return v.settled && heard
}

func (v *volley) count(traffic map[int]Link, taken int, last bool) {
	now, ok := traffic[v.by.Index]
	if !ok || v.before == nil || now.Sent < v.before.Sent {
		v.settled = true
		return
	}
	left := int(now.Sent - v.before.Sent)
	v.sent.Queue = max(now.QueueDrops, v.before.QueueDrops) - v.before.QueueDrops
	v.settled = !v.leaves || left >= taken || last
	if v.settled && v.leaves {
		v.sent.Left = &left
	}
}
