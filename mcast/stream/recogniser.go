package stream

import (
	"fmt"
	"time"
)

const (
	// needFits is how many datagrams in a row must fit a format, and count on, before
	// it is adopted.
	needFits = 8
	// maxStep is how far a number may be ahead of the one before it until then.
	maxStep = 16
	// maxMisfits in a row end a format.
	maxMisfits = 8
	// maxVain is how many datagrams are tried at most before only one in vainEvery is.
	maxVain, vainEvery = 4096, 1024
	// maxTrial is how many datagrams one trial takes at most: a PAT of MPEG-TS, and a
	// new timestamp of RTP, may be a while coming.
	maxTrial = 1024
	// maxHeld is how many of them are counted once the format is adopted.
	maxHeld = 16
	// maxTrialIDs is how many streams of one socket are told apart until then.
	maxTrialIDs = 4
	// maxFreeTrials are kept for the next recogniser that needs one.
	maxFreeTrials = 16
)

// kind is a Format in one byte.
type kind uint8

const (
	kindNone kind = iota
	kindOwn
	kindRTP
	kindRTPTS
	kindTS
	kindMcjoin
	kindIperf
	kindSockperf
	kindPTP
	kindTold
)

// kinds says of each format how wide its numbers are, and how many datagrams in a
// row adopt it. mcjoin's text and PTP's header say so much of themselves that fewer
// do: a PTP clock sends one a second.
var kinds = [...]struct {
	format Format
	bits   int
	need   int
}{
	kindNone:     {},
	kindOwn:      {Own, 64, 1},
	kindRTP:      {RTP, 16, needFits},
	kindRTPTS:    {RTPTS, 16, needFits},
	kindTS:       {TS, 0, needFits},
	kindMcjoin:   {Mcjoin, 64, 4},
	kindIperf:    {Iperf2, 64, needFits},
	kindSockperf: {Sockperf, 64, needFits},
	kindPTP:      {PTP, 16, 3},
	kindTold:     {Told, 0, 1},
}

// fit is how well a datagram suits a format.
type fit uint8

const (
	misfit     fit = iota
	unnumbered     // it is of that format, and has no number of its sender's
	numbered
)

// bench is what the recognisers of one Tally share. It is not safe for concurrent
// use.
type bench struct {
	seq    Seq
	sights [maxHeld]Seen // of the latest Reading
	trials []*trial      // free ones
	tables []*pids       // free ones
}

// newBench returns what recognisers share. With a seq that is not zero they read
// the number where it says, and look for nothing else.
func newBench(seq Seq) *bench { return &bench{seq: seq} }

// recogniser returns one for a row of a group with that port; 0: not known.
func (b *bench) recogniser(port uint16) recogniser { return recogniser{bench: b, port: port} }

// recogniser finds out how one sender numbers its datagrams in one group, and reads
// the numbers. The zero value works, with a bench of its own.
//
// A format is adopted when enough datagrams in a row fit it and count on by 1 to
// 16, and dropped when 8 in a row do not fit it.
type recogniser struct {
	bench   *bench
	trial   *trial // nil: nothing is held
	inside  inside // of the adopted format
	port    uint16 // of the group; 0: not known
	vain    uint16 // datagrams that were tried, or passed over, since a format was known
	adopted kind
	misfits uint8 // in a row
}

// inside is what is remembered of the counters and clocks inside datagrams.
type inside struct {
	pids    *pids  // continuity counters; nil: no MPEG-TS
	stamp   int64  // the latest RTP timestamp, without wraps, or the clock of iperf2; 0: none
	ssrc    uint32 // that it is of
	number  uint16 // of the latest RTP datagram
	rtpType uint8
	summed  bool // ours: a checksum was right; one that was cut shows none
}

// next reads a datagram of the adopted format, as read does; nil: that is for read.
func (r *recogniser) next(d *Datagram) *Seen {
	k := r.adopted
	if k == kindNone || k == kindTold || len(d.Payload) > d.Bytes {
		return nil
	}
	to := &r.bench.sights[0]
	var f fit
	if to.Sight, f = r.look(k, d.Payload, d.Bytes); f != numbered || k == kindIperf && !iperfClock(to.Sent, r.inside.stamp) {
		return nil
	}
	r.misfits = 0
	if r.trial != nil {
		r.giveUp()
	}
	to.At, to.Drops = d.At, d.Drops
	to.Format, to.Bits = kinds[k].format, kinds[k].bits
	if k == kindOwn {
		r.inside.summed = r.inside.summed || len(d.Payload) == d.Bytes
	} else {
		r.inside.follow(r.bench, k, &to.Sight, d.Payload, d.Bytes, d.At)
	}
	return to
}

// read notes a datagram of size bytes, of which payload is the beginning or all. It
// keeps nothing of payload. The Sights are good until the next read of any
// recogniser of the same bench.
func (r *recogniser) read(payload []byte, size int, at time.Time, drops uint32) Reading {
	if r.bench == nil {
		r.bench = newBench(Seq{})
	}
	if r.bench.seq != (Seq{}) {
		return r.told(payload, at, drops)
	}
	if len(payload) > size {
		payload = payload[:size]
	}
	if k := r.adopted; k != kindNone {
		s, f := r.look(k, payload, size)
		if f != misfit && (k != kindIperf || iperfClock(s.Sent, r.inside.stamp)) {
			r.misfits = 0
			r.giveUp()
			return r.one(k, s, f, payload, size, at, drops)
		}
	}
	if isOwn(payload) {
		s, f := r.look(kindOwn, payload, size)
		switch {
		case f == misfit: // damage and newer versions say nothing about how the others are numbered
			damaged, newer := ownFault(payload, size)
			return Reading{Damaged: damaged, Newer: newer}
		case r.adopted == kindNone: // one is enough
			r.giveUp()
			r.adopted, r.vain = kindOwn, 0
			reading := r.one(kindOwn, s, f, payload, size, at, drops)
			reading.Adopted = Own
			return reading
		}
	}
	var reading Reading
	if r.adopted != kindNone {
		r.misfits++
		reading = r.try(payload, size, at, drops)
		if reading.Adopted == "" && r.misfits >= maxMisfits {
			reading.Dropped = kinds[r.adopted].format
			r.forget()
		}
		return reading
	}
	if r.vain >= maxVain && r.trial == nil {
		if r.vain++; r.vain < maxVain+vainEvery {
			return Reading{}
		}
		r.vain = maxVain
	} else if r.vain < maxVain {
		r.vain++
	}
	return r.try(payload, size, at, drops)
}

// look says what a datagram is if it is of a format. It changes nothing.
func (r *recogniser) look(k kind, payload []byte, size int) (Sight, fit) {
	switch k {
	case kindOwn:
		return ownSight(payload, size)
	case kindRTP:
		return rtpSight(payload, size)
	case kindRTPTS:
		return rtpTSSight(payload, size)
	case kindTS:
		return tsSight(payload, size)
	case kindMcjoin:
		return mcjoinSight(payload, size)
	case kindIperf:
		return iperfSight(payload, size)
	case kindSockperf:
		return sockperfSight(payload, size)
	case kindPTP:
		if r.port == 0 || r.port == ptpEvent || r.port == ptpGeneral {
			return ptpSight(payload, size)
		}
	}
	return Sight{}, misfit
}

// guess is the format that a datagram may be of. Its first bytes say of most that it
// is of none.
func (r *recogniser) guess(payload []byte, size int) (kind, Sight, fit) {
	if len(payload) < 12 {
		return kindNone, Sight{}, misfit
	}
	var list [3]kind
	switch first := payload[0]; {
	case first == magic[0]:
		list[0] = kindOwn
	case first == tsSync:
		list[0], list[1] = kindTS, kindIperf
	case first >= 0x80 && first < 0xC0:
		list[0], list[1] = kindRTPTS, kindRTP
	case first == mcjoinStart[0]:
		list[0], list[1] = kindMcjoin, kindIperf
	default:
		list = [3]kind{kindPTP, kindSockperf, kindIperf}
	}
	for _, k := range list {
		if s, f := r.look(k, payload, size); f != misfit {
			return k, s, f
		}
	}
	return kindNone, Sight{}, misfit
}

// follow is what the counters and clocks inside a datagram say, after those before.
func (i *inside) follow(b *bench, k kind, s *Sight, payload []byte, size int, at time.Time) {
	if i.pids == nil && (k == kindTS || k == kindRTPTS) {
		i.pids = pop(&b.tables)
	}
	switch k {
	case kindRTP, kindRTPTS:
		i.followRTP(k, s, payload, size)
	case kindIperf:
		i.stamp = int64(s.Sent)
	case kindTS:
		s.Missing = i.pids.datagram(payload, size, at)
	case kindOwn:
		i.summed = i.summed || len(payload) == size
	}
}

// one is the Reading of a datagram of the adopted format.
func (r *recogniser) one(k kind, s Sight, f fit, payload []byte, size int, at time.Time, drops uint32) Reading {
	if f == unnumbered {
		return Reading{}
	}
	s.Format, s.Bits = kinds[k].format, kinds[k].bits
	r.inside.follow(r.bench, k, &s, payload, size, at)
	r.bench.sights[0] = Seen{Sight: s, At: at, Drops: drops}
	return Reading{Sights: r.bench.sights[:1]}
}

// rest is what the continuity counters of a stream that paused miss beyond what was
// told.
func (r *recogniser) rest(now time.Time) (missing int) {
	if p := r.inside.pids; r.adopted == kindTS && p != nil && p.pending && p.paused(uint32(now.UnixMilli())) {
		return p.give()
	}
	return 0
}

// forget ends a format that was adopted.
func (r *recogniser) forget() {
	r.adopted, r.misfits, r.vain = kindNone, 0, 0
	push(&r.bench.tables, &r.inside.pids)
	r.inside = inside{}
}

// why says what makes the format certain, for people; "": none is known.
func (r *recogniser) why() string {
	const row = "%s, %d datagrams in a row"
	n := kinds[r.adopted].need
	switch r.adopted {
	case kindOwn:
		if !r.inside.summed {
			return "the beginning FE 47 53; of its checksum nothing is known, since only the beginning of each datagram was kept"
		}
		return "the beginning FE 47 53 and a right checksum"
	case kindRTP:
		return fmt.Sprintf(row, fmt.Sprintf("version 2, SSRC %08x, type %d", r.inside.ssrc, r.inside.rtpType), n)
	case kindRTPTS:
		return fmt.Sprintf(row, fmt.Sprintf("version 2, SSRC %08x, type %d, MPEG-TS packets inside", r.inside.ssrc, r.inside.rtpType), n)
	case kindTS:
		return fmt.Sprintf(row, "packets of 188 bytes that begin with 47, a program association table with a right checksum", n)
	case kindMcjoin:
		return fmt.Sprintf(row, "the text of mcjoin's", n)
	case kindIperf:
		return fmt.Sprintf(row, "a number and a clock that moves as ours", n)
	case kindSockperf:
		return fmt.Sprintf(row, "a number, flags and the datagram's length", n)
	case kindPTP:
		return fmt.Sprintf(row, "version 2, type, length and clock identity", n)
	case kindTold:
		return "the number is at the place that --seq gives"
	}
	return ""
}
