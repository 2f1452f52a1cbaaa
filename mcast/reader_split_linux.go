package mcast

import "time"

// joined is what a reader keeps where the kernel joins datagrams (UDP_GRO, udp(7)):
// a message may be many of them, and more than one read returns.
type joined struct {
	keep int // bytes of each datagram

	have   int      // messages that the last call brought
	next   int      // the first of them that is not yet returned whole
	offset int      // how much of it is
	length int      // of each datagram in it but the last
	whole  Datagram // it, as if it were one
	at     time.Time
}

// split makes the reader take apart what the kernel joins. It is called before the
// first read.
func (r *reader) split() {
	r.joined = &joined{keep: r.size}
	r.size = maxDatagram // the kernel joins up to that
	r.receive = r.receiveJoined
}

// receiveJoined is recvmmsg and take in one.
func (r *reader) receiveJoined(fd uintptr) bool {
	j := r.joined
	for calls := 0; ; {
		if j.next == j.have {
			calls++
			if !r.recvmmsg(fd) {
				return false
			}
			j.have, j.next, j.at = r.got, 0, time.Now()
		}
		r.got = r.takeApart()
		switch {
		case r.errno != 0 || r.handle == nil || !r.handle(r.got):
			return true
		case j.next < j.have:
		case r.errors != nil || calls == mostCalls:
			return true
		case j.have < r.room && !r.nap.Load(): // see receiveAll
			return false
		}
	}
}

// takeApart makes datagrams of what waits, as many as there is room for.
func (r *reader) takeApart() (n int) {
	j := r.joined
	for ; n < len(r.dst) && j.next < j.have; n++ {
		if j.offset == 0 {
			j.length = r.datagram(j.next, &j.whole, j.at, j.at.UnixNano())
			r.rewind(j.next)
		}
		rest := j.whole.Data[j.offset:]
		size := len(rest)
		if j.length > 0 {
			size = min(j.length, size)
		}
		end := min(size, j.keep)
		r.dst[n] = j.whole
		r.dst[n].Data, r.dst[n].Size, r.dst[n].Truncated = rest[:end:end], size, size > end
		if j.offset += size; j.offset >= len(j.whole.Data) {
			j.next, j.offset = j.next+1, 0
		}
	}
	return n
}

// discard throws away what waits, and counts it.
func (r *reader) discard(fd uintptr) (unread int) {
	if r.msgs == nil {
		r.init()
	}
	r.errno, r.handle, r.room, r.partial = 0, nil, len(r.msgs), false
	r.dst = make([]Datagram, BatchSize)
	for unread < maxDiscarded && r.receiveJoined(fd) && r.errno == 0 {
		unread += r.got
	}
	return unread
}
