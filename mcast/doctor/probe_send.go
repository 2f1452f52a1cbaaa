package doctor

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
)

const (
	// reportTime passes between the joins and the first datagram, so that the
	// host's reports of them are not counted as datagrams: IGMPv3 and MLDv2
	// repeat a report within a second (RFC 3376, sections 8.1 and 8.11).
	reportTime = 1100 * time.Millisecond
	// copyTime is how long the probe waits for own copies after its last datagram.
	copyTime = time.Second
	// counterTime is how long the probe waits for the interfaces' counters to
	// grow: some drivers read the counters of the card every two seconds only.
	counterTime = 2500 * time.Millisecond
)

// probeDatagram is one datagram of a probe.
type probeDatagram struct {
	id   uint64 // in the evidence
	by   host.Interface
	n    int // of those by this interface, from 1
	text string
}

// probeDatagrams are the datagrams of a probe, by the interfaces in turn, with a
// token by which the copies are known, filled up to that many bytes.
func probeDatagrams(places []host.Interface, fill int) []probeDatagram {
	random := make([]byte, 4)
	rand.Read(random)
	token := hex.EncodeToString(random)
	var list []probeDatagram
	for n := range datagramsEach {
		for _, by := range places {
			text := payload(by, n+1) + " " + token
			text += strings.Repeat(".", max(0, fill-len(text)))
			list = append(list, probeDatagram{uint64(len(list)), by, n + 1, text})
		}
	}
	return list
}

// sendTest is what the counters of an interface say about the datagrams that
// are sent by it.
type sendTest struct {
	by     host.Interface
	echoed bool // own copies are expected
	leaves bool // they are meant to leave the host

	taken   int    // datagrams that the kernel took
	before  *Link  // the counters before the first datagram; nil: not known
	left    *int   // as Sent.Left
	queue   uint64 // as Sent.Queue
	settled bool   // left is final
}

// begin keeps the counters, before the first datagram.
func (t *sendTest) begin(traffic map[int]Link) {
	if link, ok := traffic[t.by.Index]; ok {
		t.before = &link
	}
}

// settle looks at the counters again. Copies are the own copies that have come
// back, since is the time after the last datagram. It reports whether there is
// nothing more to wait for.
func (t *sendTest) settle(traffic map[int]Link, copies int, since time.Duration) bool {
	if !t.settled {
		t.count(traffic, since >= counterTime)
	}
	return t.settled && (!t.echoed || copies >= t.taken || since >= copyTime)
}

func (t *sendTest) count(traffic map[int]Link, last bool) {
	now, ok := traffic[t.by.Index]
	if !ok || t.before == nil || now.Sent < t.before.Sent {
		t.settled = true
		return
	}
	left := int(now.Sent - t.before.Sent)
	t.queue = max(now.QueueDrops, t.before.QueueDrops) - t.before.QueueDrops
	t.settled = !t.leaves || left >= t.taken || last
	if t.settled && t.leaves {
		t.left = &left
	}
}

// sent adds up the own datagrams. Of a probe that was ended early one without a
// copy counts only if that had the time to come back.
func (p *prober) sent(now time.Time) map[int]Sent {
	return p.evidence.sum(func(o outgoing) bool {
		return !p.cut || o.Copied || o.Err != nil || now.Sub(o.At) >= copyTime
	})
}
