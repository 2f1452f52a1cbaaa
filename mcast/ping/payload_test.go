package ping

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestRequestsLookAsDocumented(t *testing.T) {
	const id, seq = 0x1112131415161718, 0x2122232425262728
	header := "gcp\x01\x11\x12\x13\x14\x15\x16\x17\x18\x21\x22\x23\x24\x25\x26\x27\x28"
	for size, want := range map[int]string{
		0:  "",
		1:  "g",
		7:  "groupca",
		8:  header[12:],
		19: header[1:],
		20: header,
		27: header + "groupca",
		52: header + "groupcast ping groupcast ping gr",
	} {
		if got := string(newPayload(size, id, 1).append(nil, 0, seq)); got != want {
			t.Errorf("a request of %d bytes is %q, want %q", size, got, want)
		}
	}
}

func TestRequestsAreRecognized(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 200).Draw(t, "size")
		ways := rapid.IntRange(1, 4).Draw(t, "ways")
		way := rapid.IntRange(0, ways-1).Draw(t, "way")
		seq := rapid.Uint64Min(1).Draw(t, "seq")
		p := newPayload(size, rapid.Uint64().Draw(t, "id"), ways)
		request := p.append(nil, way, seq)
		if len(request) != size {
			t.Fatalf("a request has %d bytes, want %d", len(request), size)
		}
		gotWay, gotSeq, ok := p.parse(request)
		wantWay, wantSeq := way, seq
		if size <= seqSize && ways > 1 {
			wantWay = unknown
		}
		if size < seqSize {
			wantSeq = 0
		}
		if gotWay != wantWay || gotSeq != wantSeq || !ok || !p.same(request) {
			t.Fatalf("it is read as way %d, sequence %d, ours %v, the same %v; want way %d, sequence %d", gotWay, gotSeq, ok, p.same(request), wantWay, wantSeq)
		}
		quoted := request[:rapid.IntRange(0, size).Draw(t, "quoted")]
		if _, gotSeq, ok := p.about(quoted); !ok || gotSeq != wantSeq && gotSeq != 0 {
			t.Fatalf("%d bytes of it are about sequence %d, %v; want %d, or 0", len(quoted), gotSeq, ok, wantSeq)
		}

		if size == 0 {
			return
		}
		other := bytes.Clone(request)
		other[rapid.IntRange(0, size-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		gotWay, gotSeq, ok = p.parse(other)
		if ok && p.same(other) && gotWay == wantWay && gotSeq == wantSeq {
			t.Fatalf("%q is taken for %q", other, request)
		}
	})
}

func TestOthersAreNotOurs(t *testing.T) {
	ours, others := newPayload(32, 1000, 2), newPayload(32, 2000, 2)
	for name, data := range map[string][]byte{
		"nothing":           {},
		"text":              []byte("hello, is anybody here? I would talk."),
		"another run's":     others.append(nil, 0, 1),
		"an id past ours":   newPayload(32, 1002, 1).append(nil, 0, 1),
		"our header cut":    ours.append(nil, 0, 1)[:19],
		"ours, one byte on": ours.append([]byte{0}, 0, 1),
	} {
		if _, _, ok := ours.parse(data); ok {
			t.Errorf("%s is taken for one of ours", name)
		}
	}
	cut := ours.append(nil, 1, 7)[:25]
	if way, seq, ok := ours.parse(cut); way != 1 || seq != 7 || !ok || ours.same(cut) {
		t.Errorf("a request that was cut is read as way %d, sequence %d, ours %v, the same %v; want 1, 7, true, false", way, seq, ok, ours.same(cut))
	}
}

func TestIsRequest(t *testing.T) {
	for _, size := range []int{0, 8, 19, 20, 32, 35, 1472} {
		data := newPayload(size, 7, 2).append(nil, 1, 42)
		if got, want := IsRequest(data), size >= headerSize; got != want {
			t.Errorf("a request of %d bytes: %v, want %v", size, got, want)
		}
		if size > headerSize {
			data[size-1] ^= 1
			if IsRequest(data) {
				t.Errorf("%d bytes with another end are taken for a request", size)
			}
		}
	}
}

func TestOwnRequests(t *testing.T) {
	for _, size := range []int{0, 8, 19, 20, 32} {
		p, other := Pinger{payload: newPayload(size, 1000, 2)}, Pinger{payload: newPayload(size, 2000, 1)}
		own := p.payload.append(nil, 1, 7)
		if got, want := p.IsRequest(own), size >= headerSize; got != want {
			t.Errorf("an own request of %d bytes: %v, want %v", size, got, want)
		}
		if other.IsRequest(own) || p.IsRequest(append(own, 0)) || p.IsRequest(own[:max(0, size-1)]) {
			t.Errorf("of %d bytes: another run's request, or one of another size, is taken for an own one", size)
		}
	}
}

// Whatever arrives is either told to be none of ours or read without harm.
func FuzzPayload(f *testing.F) {
	for _, size := range []int{0, 7, 8, 19, 20, 64} {
		f.Add(uint16(size), uint8(2), newPayload(size, 1, 2).append(nil, 1, 3))
	}
	f.Fuzz(func(t *testing.T, size uint16, ways uint8, data []byte) {
		p := newPayload(int(size%256), 1, 1+int(ways%4))
		IsRequest(data)
		p.about(data)
		way, seq, ok := p.parse(data)
		if !ok {
			return
		}
		if way != unknown && p.same(data) && seq != 0 && !bytes.Equal(p.append(nil, way, seq), data) {
			t.Errorf("%x counts as the request %d of way %d, which is %x", data, seq, way, p.append(nil, way, seq))
		}
	})
}
