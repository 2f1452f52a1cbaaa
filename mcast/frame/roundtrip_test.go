package frame

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// number draws small numbers and large ones alike.
func number(t *rapid.T, name string, most uint64) uint64 {
	return rapid.Uint64Range(0, min(most, 1<<rapid.IntRange(0, 63).Draw(t, "bits"))).Draw(t, name)
}

func ref(t *rapid.T) Ref {
	return Ref(rapid.SliceOfN(rapid.Byte(), 8, 8).Filter(func(b []byte) bool { return b[0] != 0 }).Draw(t, "ref"))
}

func refOrNone(t *rapid.T) (r Ref) {
	if rapid.Bool().Draw(t, "summed") {
		r = ref(t)
	}
	return r
}

func interfaces(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.StringN(0, 15, 15), 1, maxInterfaces).Draw(t, "interfaces")
}

func utf8Text(t *rapid.T, most int) string {
	return rapid.StringN(0, -1, most).Draw(t, "text")
}

func parts(t *rapid.T) (part, parts uint64) {
	parts = rapid.Uint64Range(0, maxParts).Draw(t, "parts")
	return rapid.Uint64Range(min(1, parts), parts).Draw(t, "part"), parts
}

func aHello(t *rapid.T, entries int) *Hello {
	h := &Hello{
		Nick:       rapid.SampledFrom([]string{"a", "alice", "grüße", strings.Repeat("日", 32)}).Draw(t, "nick"),
		Interfaces: interfaces(t),
		Time:       number(t, "time", maxTime), Leaving: rapid.Bool().Draw(t, "leaving"),
		PlainPort: rapid.Uint16().Draw(t, "port"), Bits: Bits(number(t, "bits", 1<<64-1)),
		Heard: number(t, "heard", 1<<64-1), RowSum: refOrNone(t), Elsewhere: number(t, "elsewhere", 1<<64-1),
	}
	for range rapid.IntRange(0, entries).Draw(t, "entries") {
		e := Entry{Ref: ref(t), AllUpTo: number(t, "all up to", maxCount), Ago: number(t, "ago", maxAge),
			Passing: number(t, "passing", maxPassing), Lost: number(t, "lost", 1000),
			Interface: rapid.Uint64Range(0, uint64(len(h.Interfaces)-1)).Draw(t, "interface")}
		e.Ahead = number(t, "ahead", maxCount-e.AllUpTo)
		h.Digest = append(h.Digest, e)
	}
	return h
}

func aStats(t *rapid.T, rows int) *Stats {
	s := &Stats{Interfaces: interfaces(t), Heard: number(t, "heard", 1<<64-1), RowSum: refOrNone(t),
		Lossless: number(t, "lossless", 1<<64-1), Sent: number(t, "sent", 1<<64-1)}
	for range rapid.IntRange(0, rows).Draw(t, "rows") {
		r := Row{Ref: ref(t), Highest: number(t, "highest", maxCount),
			Duplicates: number(t, "duplicates", 1<<64-1), Reordered: number(t, "reordered", 1<<64-1),
			Ago: number(t, "ago", maxAge), Silence: number(t, "silence", maxAge), Age: number(t, "age", maxAge),
			Spread: number(t, "spread", maxAge), Hops: number(t, "hops", 255),
			Interface: rapid.Uint64Range(0, uint64(len(s.Interfaces)-1)).Draw(t, "interface")}
		r.First = number(t, "first", r.Highest)
		r.Distinct = number(t, "distinct", r.Highest-r.First+1)
		s.Rows = append(s.Rows, r)
	}
	return s
}

// aBody draws a body that can be written, unless it is too long.
func aBody(t *rapid.T) Body {
	eight := func(string) [8]byte { return [8]byte(ref(t)) }
	switch kind := rapid.SampledFrom([]Kind{KindHello, KindText, KindNeed, KindRelay, KindStats, KindReport, KindProbe, KindAsk, KindFacts, KindSites, 0, 11, 255}).Draw(t, "kind"); kind {
	case KindHello:
		return aHello(t, maxArray)
	case KindText:
		b := &Text{Text: utf8Text(t, MaxText), Time: number(t, "time", maxTime)}
		b.Part, b.Parts = parts(t)
		return b
	case KindNeed:
		n := &Need{}
		for all := uint64(0); all < maxNeeded && (all == 0 || rapid.Bool().Draw(t, "another")); {
			more := rapid.Uint64Range(1, maxNeeded-all).Draw(t, "more")
			from := 1 + number(t, "from", maxCount-maxNeeded)
			n.Ranges = append(n.Ranges, Range{ref(t), from, from + more - 1})
			all += more
		}
		return n
	case KindRelay:
		b := &Relay{Time: number(t, "time", maxTime), Interface: utf8Text(t, 15),
			Source: netip.AddrPortFrom(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "source"))), rapid.Uint16().Draw(t, "port"))}
		b.Part, b.Parts = parts(t)
		if rapid.Bool().Draw(t, "data") {
			b.Data = rapid.SliceOfN(rapid.Byte(), 1, MaxText).Draw(t, "bytes")
		} else {
			b.Text = utf8Text(t, MaxText)
		}
		return b
	case KindStats:
		return aStats(t, maxArray)
	case KindReport:
		b := &Report{Stats: *aStats(t, maxArray), Time: number(t, "time", maxTime)}
		if rapid.Bool().Draw(t, "named") {
			b.Nick = "alice"
			b.Ways = []Way{{Ref: ref(t), Sent: number(t, "asked", maxCount), RoundTrip: number(t, "trip", maxAge), Refused: number(t, "refused", 1)}}
			b.Ways[0].Answered = number(t, "answered", b.Ways[0].Sent)
		}
		b.Part, b.Parts = parts(t)
		return b
	case KindProbe:
		b := &Probe{Nonce: eight("nonce"), Held: number(t, "held", maxAge), To: ref(t), Fill: number(t, "fill", maxFill)}
		if rapid.Bool().Draw(t, "answer") {
			echo := eight("echo")
			b.Echo = &echo
		}
		return b
	case KindAsk:
		return &Ask{Time: number(t, "time", maxTime), Part: number(t, "part", maxParts), Nonce: eight("nonce"), To: ref(t), Key: seed(7),
			Facts: rapid.SliceOfN(rapid.Uint64(), 1, maxArray).Draw(t, "facts")}
	case KindFacts:
		b := &Facts{Echo: eight("echo"), To: ref(t), Sealed: rapid.SliceOfN(rapid.Byte(), tagSize, 1100).Draw(t, "sealed")}
		b.Part, b.Parts = parts(t)
		return b
	case KindSites:
		b := &Sites{Site: siteName(t), Away: rapid.Bool().Draw(t, "away")}
		for range rapid.IntRange(0, MaxSites).Draw(t, "sites") {
			o := SiteState{Site: siteName(t), State: SiteStatus(number(t, "state", 1<<64-1))}
			for range rapid.IntRange(0, maxArray).Draw(t, "streams") {
				o.Here = append(o.Here, ref(t))
			}
			b.Others = append(b.Others, o)
		}
		return b
	default:
		return &Unknown{Of: kind}
	}
}

func siteName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "room-1", "room-2/eth0", "Ethernet 2", strings.Repeat("x", MaxSite), strings.Repeat("日", MaxSite/3)}).Draw(t, "site")
}

// firstOf is a number that frames of a kind may have.
func firstOf(k Kind) uint64 {
	return map[Space]uint64{Kept: FirstKept, Passing: FirstPassing, Direct: FirstDirect, 0: FirstKept}[spaceOf(k)]
}

// What is written is read as it was, and no two bodies are the same bytes.
func TestBodiesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.SampledFrom([]*Room{open, sealed}).Draw(t, "room")
		body := aBody(t)
		number := firstOf(body.Kind()) + rapid.Uint64Range(0, 1000).Draw(t, "number")
		b, err := room.Encode(alice, number, body)
		if size := room.Size(body); size > MaxSize {
			if !errors.Is(err, ErrSize) || b != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			return
		} else if err != nil || len(b) != size {
			t.Fatalf("%+v: %d bytes, said to be %d, %v", body, len(b), size, err)
		}
		f, err := room.Decode(b)
		if err != nil {
			t.Fatalf("%+v: %v", body, err)
		}
		if !reflect.DeepEqual(f.Body, body) {
			t.Fatalf("%+v became %+v", body, f.Body)
		}
		again, err := room.Encode(alice, number, f.Body)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%+v: %x became %x, %v", body, b, again, err)
		}
	})
}

// As many entries and rows as Fit says fit, and one more does not.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.SampledFrom([]*Room{open, sealed}).Draw(t, "room")
		var body Body
		var set func(n int)
		var all int
		if kind := rapid.SampledFrom([]Kind{KindHello, KindStats, KindReport}).Draw(t, "kind"); kind == KindHello {
			h := aHello(t, 80)
			digest := h.Digest
			body, all, set = h, len(digest), func(n int) { h.Digest = digest[:n] }
		} else {
			r := &Report{Stats: *aStats(t, 80), Time: number(t, "time", maxTime)}
			rows := r.Rows
			all, set = len(rows), func(n int) { r.Rows = rows[:n] }
			if body = r; kind == KindStats {
				body = &r.Stats
			}
		}
		fit := room.Fit(body)
		set(fit)
		if size := room.Size(body); size > MaxSize && fit > 0 {
			t.Fatalf("%d of %d: %d bytes", fit, all, size)
		}
		if fit < min(all, maxArray) {
			set(fit + 1)
			if size := room.Size(body); size <= MaxSize {
				t.Fatalf("%d of %d, and one more is only %d bytes", fit, all, size)
			}
		}
	})
}
