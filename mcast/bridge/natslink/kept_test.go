package natslink

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/frame"
)

// sites are links of sites by their number, and what arrived at each.
type sites struct {
	t       *testing.T
	s       *testServer
	clients []*Client
	links   []bridge.Link
	name    string
	heard   [][]*bridge.Parcel
	offered bool // frames were offered again: one may come live twice, and its receiver drops it by its name
}

func sitesOf(t *testing.T, s *testServer, n int) *sites {
	all := &sites{t: t, s: s, name: bridge.NewName(), heard: make([][]*bridge.Parcel, n)}
	for i := range n {
		c := dialed(t, Config{Site: fmt.Sprint("room-", i+1), InProcess: s, Alone: true})
		all.clients, all.links = append(all.clients, c), append(all.links, linked(t, c, group))
	}
	return all
}

// keep gives a frame of the first site to its link.
func (a *sites) keep(number uint64) {
	a.t.Helper()
	check(a.t, a.links[0].Keep(parcelOf("room-1", a.name, kept(a.t, number))))
}

// settle takes what arrives within a time.
func (a *sites) settle(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(250 * time.Millisecond)
		a.take()
	}
}

func (a *sites) take() {
	synctest.Wait()
	for i, l := range a.links {
		for more := true; more; {
			select {
			case got, open := <-l.Arrivals():
				if open {
					a.heard[i] = append(a.heard[i], got.Parcel)
				}
				more = open
				synctest.Wait()
			default:
				more = false
			}
		}
	}
}

// numbers are those of the frames that arrived at a site, and how many of them are earlier.
func (a *sites) numbers(site int) (list []uint64, earlier int) {
	for _, p := range a.heard[site] {
		h, err := frame.Parse(p.Data)
		check(a.t, err)
		list = append(list, h.Number)
		if p.Earlier {
			earlier++
		}
	}
	a.heard[site] = nil
	return list, earlier
}

// want wants these numbers, in any order, each once.
func (a *sites) want(site int, from, to uint64, earlier int) {
	a.t.Helper()
	got, n := a.numbers(site)
	if slices.Sort(got); a.offered {
		got = slices.Compact(got)
	}
	var want []uint64
	for i := from; i <= to; i++ {
		want = append(want, i)
	}
	if !slices.Equal(got, want) || n != earlier {
		a.t.Errorf("at room-%d arrived %d frames, %d of them earlier ones, want %d to %d, %d earlier: %v", site+1, len(got), n, from, to, earlier, got)
	}
}

func (a *sites) keeps(want bridge.Keeping) {
	a.t.Helper()
	got := a.links[0].Keeping()
	if got.Waiting != want.Waiting || got.Kept != want.Kept || got.Dropped != want.Dropped || (got.Err == nil) != (want.Err == nil) {
		a.t.Errorf("the link keeps %+v, want %+v", got, want)
	}
}

func (a *sites) close() {
	for i, l := range a.links {
		check(a.t, l.Close(), a.clients[i].Close())
	}
}

func (s *testServer) history(t *testing.T) jetstream.StreamState {
	t.Helper()
	c := s.client("desk")
	defer c.Close()
	stream, err := c.js.Stream(t.Context(), HistoryStream)
	check(t, err)
	return stream.CachedInfo().State
}

// again starts the server again, which was away for a while.
func (a *sites) again(away time.Duration) {
	a.s.stop()
	time.Sleep(away)
	a.s.start()
	a.settle(5 * time.Second)
}

// What is kept while the server is away is at all sites within 5 s after it is back, each
// frame once; a site that comes later has all as earlier ones.
func TestKeptFramesWaitForTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a := sitesOf(t, s, 2)
		a.settle(time.Second)
		for n := range uint64(100) {
			a.keep(n + 1)
		}
		a.settle(time.Second)
		a.want(1, 1, 100, 0)
		a.want(0, 1, 0, 0)
		for _, away := range []time.Duration{time.Minute, 10 * time.Minute} {
			from := a.links[0].Keeping().Kept + 1
			s.stop()
			for n := range uint64(1000) {
				a.keep(from + n)
			}
			a.keep(from) // once more
			a.keeps(bridge.Keeping{Waiting: 1000, Kept: from - 1})
			time.Sleep(away)
			s.start()
			a.settle(5 * time.Second)
			a.want(1, from, from+999, 0)
			a.keeps(bridge.Keeping{Kept: from + 999})
		}
		// The server is killed with frames on their way: they are offered again, and none is
		// in the history twice, also if the server has forgotten what it has.
		for n := range uint64(600) {
			a.keep(2101 + n)
			if n == 100 {
				a.again(10 * time.Minute)
			}
		}
		a.settle(5 * time.Second)
		a.offered = true
		a.want(1, 2101, 2700, 0)
		a.keeps(bridge.Keeping{Kept: 2700})
		if got := s.history(t); got.Msgs != 2048 || got.LastSeq != 2700 {
			t.Errorf("the history: %+v", got)
		}
		late := sitesOf(t, s, 1)
		late.settle(5 * time.Second)
		late.want(0, 653, 2700, 2048)
		late.close()
		a.close()
	})
}

// The spool has bounds: in bytes, and in time.
func TestSpoolDropsTheOldest(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		a := sitesOf(t, s, 2)
		a.settle(time.Second)
		s.stop()
		data := encoded(t, 1, &frame.Text{Text: strings.Repeat("x", frame.MaxText), Time: 1})
		size := len(data) + spoolFrame
		for n := range uint64(15000) {
			check(t, a.links[0].Keep(parcelOf("room-1", a.name, renumbered(data, n+1))))
		}
		most := spoolBytes / size
		a.keeps(bridge.Keeping{Waiting: most, Dropped: uint64(15000 - most)})
		time.Sleep(50 * time.Minute)
		for n := range uint64(10) {
			a.keep(20001 + n)
		}
		time.Sleep(11 * time.Minute)
		a.keeps(bridge.Keeping{Waiting: 10, Dropped: 15000})
		s.start()
		a.settle(5 * time.Second)
		a.want(1, 20001, 20010, 0)
		a.keeps(bridge.Keeping{Kept: 10, Dropped: 15000})
		a.close()
	})
}

// Another store, or the stream made anew: it is read from its beginning. What was kept since
// the last answer is new, the rest are earlier ones.
func TestHistoryOfAnotherStore(t *testing.T) {
	inBubble(t, func(t *testing.T, s *testServer) {
		older := sitesOf(t, s, 1)
		older.settle(time.Second)
		for n := range uint64(5) {
			older.keep(9001 + n)
		}
		older.settle(time.Second)
		older.close()
		yesterday := s.options.StoreDir
		s.stop()
		s.options.StoreDir = t.TempDir()
		s.start()

		a := sitesOf(t, s, 2)
		a.settle(time.Second)
		for n := range uint64(50) {
			a.keep(n + 1)
		}
		a.settle(time.Second)
		a.want(1, 1, 50, 0)
		s.stop()
		time.Sleep(time.Hour)
		s.options.StoreDir = yesterday
		s.start()
		a.settle(5 * time.Second)
		a.want(1, 9001, 9005, 5)
		a.keep(51)
		a.settle(time.Second)
		a.want(1, 51, 51, 0)
		// A frame that the live way has lost, of this store, is read from it.
		check(t, a.clients[1].conn.ForceReconnect())
		a.keep(52)
		a.settle(5 * time.Second)
		a.want(1, 52, 52, 0)
		// Somebody deletes the stream.
		check(t, a.clients[0].js.DeleteStream(t.Context(), HistoryStream))
		a.settle(5 * time.Second)
		for n := range uint64(10) {
			a.keep(53 + n)
		}
		a.settle(10 * time.Second)
		a.want(1, 53, 62, 0)
		a.keeps(bridge.Keeping{Kept: 62})
		a.close()
	})
}

// At a server that keeps nothing, or not all, frames cross nevertheless, and it is said why.
func TestServersThatKeepNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, s *testServer)
		want    string
	}{
		{"no-jetstream", func(t *testing.T, s *testServer) {
			s.options.JetStream = false
		}, "no JetStream"},
		{"forbidden", func(t *testing.T, s *testServer) {
			s.options.NoAuthUser = "bridge"
			s.options.Users = []*server.User{{Username: "bridge", Password: "x", Permissions: &server.Permissions{
				Publish: &server.SubjectPermission{Deny: []string{"$JS.API.STREAM.>"}},
			}}}
		}, "does not permit this key"},
		{"no-room", func(t *testing.T, s *testServer) {
			s.options.JetStreamMaxStore = 1 << 20
		}, "insufficient storage resources"},
		{"full", func(t *testing.T, s *testServer) {
			tiny := HistoryConfig(100)
			tiny.Discard = jetstream.DiscardNew
			makeStream(t, s, tiny)
		}, "maximum bytes exceeded"},
		{"too-large", func(t *testing.T, s *testServer) {
			small := HistoryConfig(1 << 20)
			small.MaxMsgSize = 50
			makeStream(t, s, small)
		}, "message size exceeds maximum allowed"},
		{"other-stream", func(t *testing.T, s *testServer) {
			makeStream(t, s, jetstream.StreamConfig{Name: "ALL", Subjects: []string{"groupcast.>"}})
		}, "subjects overlap"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *testServer) {
				s.stop()
				tt.prepare(t, s)
				s.stop()
				s.start()
				a := sitesOf(t, s, 2)
				a.settle(2 * time.Second)
				for round := range uint64(2) {
					for n := range uint64(20) {
						a.keep(20*round + n + 1)
					}
					a.settle(time.Minute)
					a.want(1, 20*round+1, 20*round+20, 0)
					k := a.links[0].Keeping()
					if k.Waiting != 0 || k.Kept != 0 || k.Dropped != 0 || k.Err == nil || !strings.Contains(k.Err.Error(), tt.want) {
						t.Errorf("round %d: the link keeps %+v", round, k)
					}
					a.again(time.Minute)
				}
				a.close()
			})
		})
	}
}

func makeStream(t *testing.T, s *testServer, cfg jetstream.StreamConfig) {
	t.Helper()
	s.start()
	c := s.client("desk")
	_, err := c.js.CreateStream(t.Context(), cfg)
	check(t, err, c.Close())
}
