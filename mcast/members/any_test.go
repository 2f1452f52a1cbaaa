package members

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/groupcast/groupcast/mcast/frame"
)

var long = flag.Bool("long", false, "forge a million identities, not 4,000")

// unsigned are frames that nobody signed, each to be had once: making and verifying
// signatures would take most of the time of these tests.
type unsigned map[string]*frame.Frame

func (u unsigned) frame(r *frame.Room, a frame.Author, number uint64, b frame.Body) []byte {
	data := append([]byte("\xfeMC\x01"), byte(b.Kind()), 0)
	data = binary.BigEndian.AppendUint16(data, r.Tag())
	data = append(data, a.Stream[:]...)
	data = binary.BigEndian.AppendUint64(data, number)
	data = append(data, make([]byte, 100)...)
	data = binary.BigEndian.AppendUint64(data, uint64(len(u))) // no two are the same
	h, _ := frame.Parse(data)
	key := a.Public()
	u[string(data)] = &frame.Frame{Header: h, Author: key[:], Body: b, Bytes: data}
	return data
}

func (u unsigned) decode(r *frame.Room, data []byte) (*frame.Frame, error) {
	if f := u[string(data)]; f != nil {
		return f, nil
	}
	return r.Decode(data)
}

// bounds looks whether anything grew beyond its bound, and whether the counters add up.
func bounds(t interface{ Fatalf(string, ...any) }, c *Conversation, read int) {
	tb := &c.table
	sum := uint64(0)
	for _, n := range c.counters.Outcomes {
		sum += n
	}
	switch {
	case sum != c.counters.Read || int(sum) != read:
		t.Fatalf("%d datagrams, %d read, the counters add up to %d", read, c.counters.Read, sum)
	case len(tb.order) > MaxStreams || len(tb.byRef) != len(tb.order):
		t.Fatalf("%d streams, %d of them by ref", len(tb.order), len(tb.byRef))
	case tb.fresh.n+tb.strangers.n+tb.gone.n+1 != len(tb.order):
		t.Fatalf("%d members, %d strangers and %d gone are not %d streams", tb.fresh.n, tb.strangers.n, tb.gone.n, len(tb.order))
	case tb.fresh.n >= MaxMembers:
		t.Fatalf("%d members", tb.fresh.n)
	case c.store.bytes > MaxBytes:
		t.Fatalf("%d bytes kept", c.store.bytes)
	case len(c.needs.active) > asksAtOnce:
		t.Fatalf("%d numbers are asked for at a time", len(c.needs.active))
	case len(c.repairs.queue) > repairQueue:
		t.Fatalf("%d repairs wait", len(c.repairs.queue))
	case len(c.events) > maxEvents:
		t.Fatalf("%d events", len(c.events))
	case len(c.lines.list) > maxOwn:
		t.Fatalf("%d own lines", len(c.lines.list))
	case c.limits.sources.Len() > maxSources || c.limits.suspects.Len() > maxSuspects || c.limits.noticed.Len() > maxNoticed:
		t.Fatalf("too many sources")
	case len(tb.people) > tb.fresh.n || len(c.speakers.by) > maxSpeaks*tb.fresh.n:
		t.Fatalf("%d people, %d addresses of %d members", len(tb.people), len(c.speakers.by), tb.fresh.n)
	}
	kept, heard, sumOf := 0, 0, frame.Ref{}
	for i, x := range tb.order {
		if x.pos != i || tb.byRef[x.ref] != x {
			t.Fatalf("stream %d is at another place", i)
		}
		if len(x.frames) > MaxKept {
			t.Fatalf("%d frames of a stream", len(x.frames))
		}
		kept += len(x.frames)
		if x.in == &tb.strangers && x.heardAt != 0 {
			heard++
		}
		if x.in == &tb.fresh {
			for j := range sumOf {
				sumOf[j] ^= x.ref[j]
			}
		}
		if got := len(x.interfaces); got > 2*maxWays {
			t.Fatalf("%d interfaces of a stream", got)
		}
	}
	if heard != tb.strangers.heard {
		t.Fatalf("%d strangers were heard, counted %d", heard, tb.strangers.heard)
	}
	if kept != c.store.n || sumOf != tb.sum {
		t.Fatalf("%d frames kept, counted %d; row sum %s, counted %s", kept, c.store.n, tb.sum, sumOf)
	}
}

// Whatever comes, in whatever order and however late: nothing panics, nothing grows
// beyond its bound, and each datagram is counted once.
func TestAnything(t *testing.T) {
	room := frame.OpenRoom("239.1.2.3:1234")
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		runs, made := 0, unsigned{}
		c := New(Config{
			Decode: made.decode,
			Rooms:  []*frame.Room{room}, Author: author(0, 0), Nick: "me", Random: rand.New(rand.NewPCG(1, 1)),
			Anew: func() frame.Author { runs++; return author(0, 1000+runs) },
		}, now)
		authors := []frame.Author{author(1, 0), author(1, 1), author(2, 0), author(3, 0), author(0, 0)}
		refs := []frame.Ref{{1}, c.self.ref}
		for _, a := range authors {
			refs = append(refs, a.Stream.Ref())
		}
		number := rapid.Custom(func(t *rapid.T) uint64 {
			if rapid.IntRange(0, 9).Draw(t, "far") == 0 {
				return rapid.Uint64Range(1, 1<<60).Draw(t, "number")
			}
			return rapid.Uint64Range(1, 40).Draw(t, "number")
		})
		entry := rapid.Custom(func(t *rapid.T) frame.Entry {
			return frame.Entry{
				Ref: rapid.SampledFrom(refs).Draw(t, "ref"), AllUpTo: number.Draw(t, "all"), Ahead: number.Draw(t, "ahead"),
				Passing: rapid.Uint64Range(0, 40).Draw(t, "passing"), Ago: rapid.Uint64Range(0, 1e12).Draw(t, "ago"), Lost: rapid.Uint64Range(0, 1000).Draw(t, "lost"),
			}
		})
		read := 0
		var sent [][]byte
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "time")))
			switch rapid.IntRange(0, 11).Draw(t, "what") {
			case 0:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(200*time.Second)).Draw(t, "pause")))
			case 1:
				_, _, _ = c.Say(now, "hello", 0, 0)
			case 2:
				n := rapid.IntRange(0, 3).Draw(t, "interfaces")
				list := []Interface{{1, "a"}, {2, "b"}, {3, "c"}}[:n]
				c.SetInterfaces(now, list, rapid.IntRange(0, 4).Draw(t, "chosen"))
			case 3:
				c.Snapshot(now)
				_ = c.Events()
			case 4:
				if len(sent) > 0 {
					data := rapid.SampledFrom(sent).Draw(t, "again")
					if rapid.Bool().Draw(t, "load") {
						_ = c.Load(now, data)
						break
					}
					c.Receive(now, Datagram{Data: data, From: stranger, IfIndex: 2})
					read++
				}
			default:
				a := rapid.SampledFrom(authors).Draw(t, "author")
				n := number.Draw(t, "name")
				var b frame.Body
				switch rapid.IntRange(0, 3).Draw(t, "kind") {
				case 0:
					b = &frame.Text{Text: "x", Time: 1}
				case 1:
					from := number.Draw(t, "from")
					b = &frame.Need{Ranges: []frame.Range{{Ref: rapid.SampledFrom(refs).Draw(t, "of"), From: from, To: from + rapid.Uint64Range(0, 63).Draw(t, "to")}}}
					n += frame.FirstPassing - 1
				default:
					b = &frame.Hello{
						Nick: "x", Interfaces: []string{rapid.SampledFrom([]string{"e", "f"}).Draw(t, "name")}, Leaving: rapid.IntRange(0, 9).Draw(t, "leaving") == 0,
						Digest: rapid.SliceOfN(entry, 0, 12).Draw(t, "digest"), Elsewhere: rapid.Uint64().Draw(t, "elsewhere"),
						Heard: rapid.Uint64Range(0, 5).Draw(t, "heard"), Time: rapid.Uint64Range(0, 253402300799999).Draw(t, "clock"),
					}
					n += frame.FirstPassing - 1
				}
				data := made.frame(room, a, n, b)
				sent = append(sent, data)
				c.Receive(now, Datagram{Data: data, From: netip.AddrPortFrom(stranger.Addr(), uint16(n)), IfIndex: rapid.IntRange(0, 3).Draw(t, "by")})
				read++
			}
			asked := c.NextDue(now)
			outs, next := c.Due(now)
			if asked.After(now) && len(outs) > 0 {
				t.Fatalf("%d frames are due now, and were to be asked for in %v", len(outs), asked.Sub(now))
			}
			for _, o := range outs {
				if _, err := c.decode(o.Data); err != nil && len(o.Data) > 0 {
					t.Fatalf("what it sends is %v", err)
				}
				sent = append(sent, o.Data)
			}
			if next.Before(now) {
				t.Fatalf("it is due %v ago", now.Sub(next))
			}
			if c.failed != nil {
				t.Fatalf("a frame could not be made: %v", c.failed)
			}
			bounds(t, c, read)
		}
	})
}

// Bodies that are signed well and are anything.
func FuzzReceive(f *testing.F) {
	f.Add(uint8(1), uint64(1<<63+1), []byte("\xa1\x01\x61x"))
	f.Add(uint8(2), uint64(1), []byte("\xa2\x01\x61x\x03\x01"))
	f.Add(uint8(3), uint64(1<<63+2), []byte("\xa1\x0a\x81\x83\x48ABCDEFGH\x01\x02"))
	f.Fuzz(func(t *testing.T, kind uint8, number uint64, body []byte) {
		if len(body) > 1000 {
			return
		}
		w := newNetwork(t, 1)
		n := w.join(nil)
		w.join(nil)
		w.run(time.Second)
		before := int(n.c.counters.Read)
		data := signed(t, "239.1.2.3:1234", nil, 50, frame.Kind(kind), number, body)
		for range 2 {
			w.inject(n, stranger, data)
		}
		bounds(t, n.c, before+2)
		w.run(5 * time.Second)
		n.c.Snapshot(w.now)
	})
}

// Identities that are made up bring no member out of the table, and fill no memory.
func TestForgedIdentities(t *testing.T) {
	count := 4000
	if *long {
		count = 1_000_000
	}
	w := newNetwork(t, 50)
	room := w.rooms[0]
	w.joinAll(4)
	n := w.nodes[0]
	w.run(5 * time.Second)
	w.say(w.nodes[1], "kept")
	w.run(time.Second)
	made := unsigned{}
	n.c.cfg.Decode = func(r *frame.Room, data []byte) (*frame.Frame, error) {
		if f := made[string(data)]; f != nil {
			delete(made, string(data))
			return f, nil
		}
		return w.decode(r, data)
	}
	id := identity(12345) // streams are what is counted, of one key or of many
	from := netip.AddrPortFrom(netip.MustParseAddr("10.6.6.6"), 6)
	self := frame.Entry{Ref: n.c.self.ref, Passing: 1}
	outcomes := map[Outcome]int{}
	for i := range count {
		var random [8]byte
		random[0], random[1], random[2], random[3] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24)
		a := frame.NewAuthor(id, random)
		self.Passing = n.c.sent.last // each of them proves that it is here
		data := made.frame(room, a, frame.FirstPassing, &frame.Hello{Nick: "mallory", Interfaces: []string{"e"}, Digest: []frame.Entry{{Ref: a.Stream.Ref()}, self}})
		outcomes[w.inject(n, from, data)]++
		w.run(time.Second / 400)
		n.events = nil
	}
	if outcomes[Taken] != count {
		t.Errorf("%v", outcomes)
	}
	bounds(t, n.c, int(n.c.counters.Read))
	s := n.c.Snapshot(w.now)
	if s.More < 100 {
		t.Errorf("%d more are heard", s.More)
	}
	for i := 1; i < 4; i++ {
		x := n.c.table.byRef[w.nodes[i].c.self.ref]
		if x == nil || x.in != &n.c.table.fresh || len(x.frames) != len(w.nodes[i].c.self.frames) {
			t.Errorf("m%d was brought out", i)
		}
	}
	clear(w.cache)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if t.Logf("%d MiB", m.HeapAlloc>>20); m.HeapAlloc > 128<<20 {
		t.Errorf("%d MiB are in use", m.HeapAlloc>>20)
	}
	runtime.KeepAlive(w)
}
