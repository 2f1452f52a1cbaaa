package frame

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// all are the errors, in the order of the checks.
var all = []error{ErrNotFrame, ErrSize, ErrVersion, ErrFlags, ErrRoom, ErrTag, ErrKey, ErrSignature, ErrBody, ErrRange}

// is reports whether an error is one of the package's and none of its others.
func is(err, want error) bool {
	for _, e := range all {
		if errors.Is(err, e) != (e == want) {
			return false
		}
	}
	return true
}

// refused checks the error of a datagram, and that nothing but a frame that its author
// signed comes with it.
func refused(t *testing.T, what string, room *Room, datagram []byte, want error) {
	t.Helper()
	f, err := room.Decode(datagram)
	if !is(err, want) {
		t.Errorf("%s: %v, not %v", what, err, want)
	}
	if signed := want == ErrBody || want == ErrRange; (f != nil) != signed || f != nil && (f.Body != nil || f.Author == nil) {
		t.Errorf("%s: comes with %+v", what, f)
	}
}

func encoded(t testing.TB, room *Room, number uint64, b Body) []byte {
	t.Helper()
	out, err := room.Encode(alice, number, b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRefused(t *testing.T) {
	hello := &Text{Text: "hello", Time: 1700000000000}
	for _, room := range []*Room{open, sealed} {
		good := encoded(t, room, 1, hello)
		with := func(at int, b ...byte) []byte {
			bad := slices.Clone(good)
			copy(bad[at:], b)
			return bad
		}
		other := OpenRoom("239.1.2.3:1235")
		for _, tt := range []struct {
			what     string
			datagram []byte
			want     error
		}{
			{"nothing", nil, ErrNotFrame},
			{"text", []byte("hello"), ErrNotFrame},
			{"controls", []byte("\x00\x1b\x07"), ErrNotFrame},
			{"a part of the magic", good[:2], ErrNotFrame},
			{"a numbered datagram", with(1, 'G', 'S'), ErrNotFrame},
			{"the magic of a bridge", with(1, 'G', 'B'), ErrNotFrame},
			{"the magic alone", good[:3], ErrSize},
			{"a header alone", good[:32], ErrSize},
			{"a byte too long", append(slices.Clone(good), make([]byte, MaxSize+1-len(good))...), ErrSize},
			{"65,507 bytes", append(slices.Clone(good), make([]byte, 65507-len(good))...), ErrSize},
			{"version 0", with(3, 0), ErrVersion},
			{"version 2", with(3, 2), ErrVersion},
			{"flags", with(5, 1), ErrFlags},
			{"flags", with(5, 0x80), ErrFlags},
			{"another room", encoded(t, other, 1, hello), ErrRoom},
			{"sealed with another key", encoded(t, SealedRoom(seed(9), conversation), 1, hello), ErrRoom},
			{"another room's, with this room's bytes", func() []byte {
				b := encoded(t, other, 1, hello)
				copy(b[6:8], good[6:8])
				return b
			}(), map[bool]error{false: ErrSignature, true: ErrTag}[room.Sealed()]},
			{"a byte more", append(slices.Clone(good), 0), map[bool]error{false: ErrSignature, true: ErrTag}[room.Sealed()]},
			{"a key that does not make the stream", room.finish(Author{bob.Identity, alice.Stream}, KindText, 1, []byte{0xa0}), ErrKey},
		} {
			refused(t, tt.what, room, tt.datagram, tt.want)
		}
	}
	refused(t, "an open frame", sealed, encoded(t, open, 1, hello), ErrRoom)
	refused(t, "a sealed frame", open, encoded(t, sealed, 1, hello), ErrRoom)

	forged := encoded(t, open, 1, hello)
	forged[len(forged)-1] ^= 1
	refused(t, "a wrong signature", open, forged, ErrSignature)
	opened := encoded(t, open, 1, hello)[headerSize:]
	opened[len(opened)-1] ^= 1
	header := encoded(t, sealed, 1, hello)[:headerSize]
	refused(t, "a wrong signature, sealed by one who has the key", sealed, sealed.seal.Seal(slices.Clone(header), header[nonceAt:], opened, header), ErrSignature)
}

// A frame that is wrong in all ways is refused by the first check, and once that is
// right by the second.
func TestOrderOfChecks(t *testing.T) {
	b := sealed.finish(Author{bob.Identity, alice.Stream}, KindText, 0, []byte{0xff})
	opened, _ := sealed.seal.Open(nil, b[nonceAt:headerSize], b[headerSize:], b[:headerSize])
	opened[len(opened)-1] ^= 1
	header := slices.Clone(b[:headerSize])
	good := slices.Clone(header)
	header[0], header[3], header[5] = 0, 2, 1
	header[6] ^= 1
	now := func(room *Room) []byte {
		return room.seal.Seal(slices.Clone(header), header[nonceAt:], opened, header)
	}
	wrong := SealedRoom(seed(9), conversation)
	refused(t, "all", sealed, now(wrong), ErrNotFrame)
	copy(header, good[:3])
	refused(t, "size", sealed, append(now(wrong), make([]byte, MaxSize)...), ErrSize)
	refused(t, "version", sealed, now(wrong), ErrVersion)
	header[3] = good[3]
	refused(t, "flags", sealed, now(wrong), ErrFlags)
	header[5] = good[5]
	refused(t, "room", sealed, now(wrong), ErrRoom)
	copy(header, good)
	refused(t, "tag", sealed, now(wrong), ErrTag)
	refused(t, "key", sealed, now(sealed), ErrKey)
	copy(opened, alice.public())
	refused(t, "signature", sealed, now(sealed), ErrSignature)
	refused(t, "body", sealed, sealed.finish(alice, KindText, 0, []byte{0xff}), ErrBody)
	refused(t, "range", sealed, sealed.finish(alice, KindText, 0, []byte{0xa1, 1, 0x60}), ErrRange)
}

func (a Author) public() []byte { b := a.Public(); return b[:] }

// isRace reports whether the race detector is in the test.
func isRace() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// No bit of a frame can be another, and none of its bytes can be missing. A check of a
// signature costs eight times as much under the race detector, which then sees each
// seventh bit.
func TestEveryBitAndEveryCut(t *testing.T) {
	stride := 1
	if isRace() {
		stride = 7
	}
	hello := &Text{Text: "hello", Time: 1700000000000}
	for _, room := range []*Room{open, sealed} {
		good := encoded(t, room, 1, hello)
		checked := 0
		for bit := 0; bit < 8*len(good); bit += stride {
			bad := slices.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			f, err := room.Decode(bad)
			if f != nil || err == nil {
				t.Fatalf("bit %d: %+v, %v", bit, f, err)
			}
			if errors.Is(err, ErrSignature) || errors.Is(err, ErrTag) {
				checked++
			}
		}
		if want := 8 * (len(good) - 72) / stride; checked < want {
			t.Errorf("%d of the bits were checked by the signature or the tag; want %d at least", checked, want)
		}
		for n := range len(good) {
			f, err := room.Decode(good[:n])
			if f != nil || err == nil {
				t.Fatalf("%d of %d bytes: %+v, %v", n, len(good), f, err)
			}
		}
	}
}

// A signature that another one can be computed from, without the key, would give a
// frame two byte strings (RFC 8032, section 5.1.7).
func TestOneSignature(t *testing.T) {
	b := encoded(t, open, 1, &Text{Text: "hello"})
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	half := b[len(b)-32:]
	slices.Reverse(half)
	s := new(big.Int).SetBytes(half)
	s.Add(s, order).FillBytes(half)
	slices.Reverse(half)
	refused(t, "S + L", open, b, ErrSignature)
}

// Bodies that decoders refuse, by what RFC 8949 calls it.
func TestBodiesRefused(t *testing.T) {
	texts := func(s string) string { return fmt.Sprintf("%02x%x", 0x60+len(s), s) }
	entry := func(rest string) string { return "a201" + texts("alice") + "0481" + rest }
	ref := "480102030405060708"
	site := "181e" + texts("a")
	for _, tt := range []struct {
		what string
		kind Kind
		body string
		want error // nil: it is taken
	}{
		{"no key", KindText, "a0", nil},
		{"a key that is not known", KindText, "a2016161186300", nil},
		{"keys in another order", KindText, "a2030101" + "6161", nil},
		{"long integers", KindText, "b90002" + "1b0000000000000001" + "7900016119000318" + "07", nil},
		{"keys that are no integers", KindText, "a8016161" + "616101" + "414101" + "2001" + "8001" + "a001" + "f401" + "fb000000000000000001", nil},
		{"the greatest keys", KindText, "a31bffffffffffffffff01" + "3bffffffffffffffff01" + "016161", nil},
		{"a text key like a known one", KindText, "a2016161613105", nil},
		{"null for absent", KindText, "a4016161" + "03f6" + "08f6" + "09f6", nil},
		{"floats and invalid UTF-8 under other keys", KindText, "a3016161" + "1863fb7ff8000000000000" + "186461ff", nil},
		{"four levels", KindText, "a2016161" + "1863" + "818180", nil},
		{"64 elements", KindText, "a20161611863" + "9840" + strings.Repeat("00", 64), nil},
		{"32 keys", KindText, "b820" + keys(32), nil},
		{"leaving 0", KindHello, "a201" + texts("alice") + "0500", nil},
		{"an entry", KindHello, "a301" + texts("alice") + "02816165" + "0481" + "87" + ref + "050219ffff000001", nil},

		{"not CBOR", KindText, "ff", ErrBody},
		{"a map that is not whole", KindText, "a2016161", ErrBody},
		{"bytes after the map", KindText, "a101616100", ErrBody},
		{"no map", KindText, "8101", ErrBody},
		{"a number", KindText, "01", ErrBody},
		{"null", KindText, "f6", ErrBody},
		{"a key twice", KindText, "a2016161016162", ErrBody},
		{"a key twice, once longer", KindText, "a201616118016162", ErrBody},
		{"a key twice, once null", KindText, "a201616101f6", ErrBody},
		{"an unknown key twice", KindText, "a201616118630118", ErrBody},
		{"an unknown key twice", KindText, "a3016161" + "186300" + "186300", ErrBody},
		{"a text key twice", KindText, "a3016161" + "616100" + "616101", ErrBody},
		{"a text key twice, once longer", KindText, "a3016161" + "616100" + "78016101", ErrBody},
		{"a negative key twice", KindText, "a3016161" + "2000" + "380001", ErrBody},
		{"an array as a key twice", KindText, "a3016161" + "810100" + "810101", ErrBody},
		{"a key twice in a map under an unknown key", KindText, "a20161611863" + "81a201000100", ErrBody},
		{"a key twice in a map that is a key", KindText, "a2016161" + "a2010001" + "0000", ErrBody},
		{"an indefinite map", KindText, "bf016161ff", ErrBody},
		{"an indefinite text", KindText, "a1017f6161ff", ErrBody},
		{"an indefinite array under an unknown key", KindText, "a20161611863" + "9f01ff", ErrBody},
		{"a tag", KindText, "a1" + "01" + "c06161", ErrBody},
		{"a tag around all", KindText, "d9d9f7a1016161", ErrBody},
		{"a tag under an unknown key", KindText, "a20161611863" + "c101", ErrBody},
		{"a bignum", KindText, "a2016161" + "03c24101", ErrBody},
		{"a float", KindText, "a2016161" + "03f93c00", ErrBody},
		{"a negative number", KindText, "a2016161" + "0320", ErrBody},
		{"true", KindHello, "a201" + texts("alice") + "05f5", ErrBody},
		{"undefined", KindText, "a2016161" + "03f7", ErrBody},
		{"text that is not UTF-8", KindText, "a10161ff", ErrBody},
		{"bytes for a text", KindText, "a1014161", ErrBody},
		{"five levels", KindText, "a2016161" + "1863" + "81818180", ErrBody},
		{"five levels, of maps", KindText, "a2016161" + "1863" + "a101a101a101a0", ErrBody},
		{"65 elements", KindText, "a20161611863" + "9841" + strings.Repeat("00", 65), ErrBody},
		{"65 entries", KindHello, "a201" + texts("a") + "049841" + strings.Repeat("00", 65), ErrBody},
		{"33 keys", KindText, "b821" + keys(33), ErrBody},
		{"a length of 2^64 - 1", KindText, "a1017bffffffffffffffff", ErrBody},
		{"an array of 2^64 - 1", KindHello, "a2016161049bffffffffffffffff", ErrBody},
		{"an entry of six", KindHello, entry("86" + ref + "0000000000"), ErrBody},
		{"an entry of eight", KindHello, entry("88" + ref + "00000000000000"), ErrBody},
		{"an entry with null", KindHello, entry("87" + ref + "00f600000000"), ErrBody},
		{"an entry with a text", KindHello, entry("87" + ref + "006000000000"), ErrBody},
		{"a ref of seven bytes", KindHello, entry("87" + "4701020304050607" + "000000000000"), ErrBody},
		{"a ref of nine bytes", KindHello, entry("87" + "49010203040506070809" + "000000000000"), ErrBody},
		{"a ref of integers", KindHello, entry("87" + "880102030405060708" + "000000000000"), ErrBody},
		{"a ref that is null", KindHello, entry("87" + "f6" + "000000000000"), ErrBody},
		{"an entry that is a number", KindHello, entry("00"), ErrBody},
		{"an entry that is null", KindHello, entry("f6"), ErrBody},
		{"a digest that is a map", KindHello, "a201" + texts("alice") + "04a0", ErrBody},
		{"an interface that is null", KindHello, "a201" + texts("alice") + "0281f6", ErrBody},
		{"a row sum of seven bytes", KindHello, "a201" + texts("alice") + "0e4701020304050607", ErrBody},

		{"no nickname", KindHello, "a0", ErrRange},
		{"a nickname that is null", KindHello, "a101f6", ErrRange},
		{"an empty nickname", KindHello, "a10160", ErrRange},
		{"a nickname with a space before it", KindHello, "a101" + texts(" alice"), ErrRange},
		{"a nickname that is not prepared", KindHello, "a101" + texts("Ａ"), ErrRange},
		{"a nickname that drives a terminal", KindHello, "a101" + texts("a\x1b[2J"), ErrRange},
		{"a nickname of 33", KindHello, "a1017821" + hex.EncodeToString([]byte(strings.Repeat("x", 33))), ErrRange},
		{"nine interfaces", KindHello, "a201" + texts("a") + "0289" + strings.Repeat("60", 9), ErrRange},
		{"an entry of an interface that is not there", KindHello, "a301" + texts("alice") + "02816165" + "0481" + "87" + ref + "050201000100", ErrRange},
		{"leaving 2", KindHello, "a201" + texts("alice") + "0502", ErrRange},
		{"port 65536", KindHello, "a201" + texts("alice") + "061a00010000", ErrRange},
		{"part 0", KindText, "a3016161" + "0800" + "0901", ErrRange},
		{"part 0 of 0", KindText, "a3016161" + "0800" + "0900", ErrRange},
		{"part 1 of none", KindText, "a2016161" + "0801", ErrRange},
		{"no part of 2", KindText, "a2016161" + "0902", ErrRange},
		{"part 3 of 2", KindText, "a3016161" + "0803" + "0902", ErrRange},
		{"part 1 of 65", KindText, "a3016161" + "0801" + "091841", ErrRange},
		{"year 10000", KindText, "a2016161" + "031b0000e677d21fdc00", ErrRange},
		{"nothing needed", KindNeed, "a0", ErrRange},
		{"an empty need", KindNeed, "a10a80", ErrRange},
		{"a source that is none", KindRelay, "a2016161" + "0b" + texts("example.com:80"), ErrRange},
		{"no source", KindRelay, "a1016161", ErrRange},
		{"text and data", KindRelay, "a3016161" + "0b" + texts("192.0.2.1:80") + "124161", ErrRange},
		{"a short question", KindAsk, "a4" + "14" + ref + "17" + ref + "1819" + "5820" + strings.Repeat("01", 32) + "181b" + "4100", ErrRange},
		{"an echo of seven bytes", KindProbe, "a3" + "14" + ref + "15" + "4701020304050607" + "17" + ref, ErrBody},
		{"a probe to nobody", KindProbe, "a1" + "14" + ref, ErrRange},

		{"sites", KindSites, "a3" + site + "181f01" + "1820" + "82" + "83" + texts("b") + "00" + "81" + ref + "83" + texts("c") + "02" + "80", nil},
		{"a status of later versions", KindSites, "a2" + site + "1820" + "81" + "83" + texts("b") + "1863" + "80", nil},
		{"no site", KindSites, "a0", ErrRange},
		{"a site that drives a terminal", KindSites, "a1" + "181e" + texts("a\x1b[2J"), ErrRange},
		{"a site of 65 bytes", KindSites, "a1" + "181e" + "7841" + strings.Repeat("61", 65), ErrRange},
		{"another site without a name", KindSites, "a2" + site + "1820" + "81" + "83" + "60" + "00" + "80", ErrRange},
		{"away 2", KindSites, "a2" + site + "181f02", ErrRange},
		{"a site's state of two", KindSites, "a2" + site + "1820" + "81" + "82" + texts("b") + "00", ErrBody},
		{"a site's state of four", KindSites, "a2" + site + "1820" + "81" + "84" + texts("b") + "00" + "80" + "00", ErrBody},
		{"a site's streams that are null", KindSites, "a2" + site + "1820" + "81" + "83" + texts("b") + "00" + "f6", ErrBody},
		{"a stream of seven bytes at a site", KindSites, "a2" + site + "1820" + "81" + "83" + texts("b") + "00" + "8147" + "01020304050607", ErrBody},
		{"65 streams at a site", KindSites, "a2" + site + "1820" + "81" + "83" + texts("b") + "00" + "9841" + strings.Repeat(ref, 65), ErrBody},
		{"65 sites", KindSites, "a2" + site + "1820" + "9841" + strings.Repeat("83"+texts("b")+"00"+"80", 65), ErrBody},
	} {
		body, err := hex.DecodeString(tt.body)
		if err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		number := map[Space]uint64{Kept: FirstKept, Passing: FirstPassing, Direct: FirstDirect}[spaceOf(tt.kind)]
		b := open.finish(alice, tt.kind, number, body)
		if tt.want != nil {
			refused(t, tt.what, open, b, tt.want)
		} else if _, err := open.Decode(b); err != nil {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
}

// keys are n keys from 1 on, of which the first has a text.
func keys(n int) string {
	s := "016161"
	for i := 1; i < n; i++ {
		s += fmt.Sprintf("18%02x00", 99+i)
	}
	return s
}

// What a frame may not say is refused by who writes it, too.
func TestRanges(t *testing.T) {
	ref := bob.Stream.Ref()
	source := netip.MustParseAddrPort("192.0.2.1:80")
	row := Row{Ref: ref, First: 1, Highest: 20, Distinct: 20}
	rowWith := func(change func(*Row)) *Stats {
		r := row
		change(&r)
		return &Stats{Interfaces: []string{"eth0"}, Rows: []Row{r}}
	}
	entry := func(e Entry) *Hello { return &Hello{Nick: "a", Interfaces: []string{"eth0"}, Digest: []Entry{e}} }
	for _, tt := range []struct {
		what   string
		number uint64 // 0: the first of the kind
		body   Body
	}{
		{"a HELLO with a kept number", 1, &Hello{Nick: "a"}},
		{"a HELLO with a direct number", FirstDirect, &Hello{Nick: "a"}},
		{"a TEXT with a passing number", FirstPassing, &Text{}},
		{"a NEED with a kept number", 1, &Need{[]Range{{ref, 1, 1}}}},
		{"a RELAY with a passing number", FirstPassing, &Relay{Source: source}},
		{"a STATS with a kept number", 1, &Stats{}},
		{"a REPORT with a passing number", FirstPassing, &Report{}},
		{"a PROBE with a kept number", 1, &Probe{Nonce: ref, To: ref}},
		{"an ASK with a passing number", FirstPassing, &Ask{Nonce: ref, To: ref, Key: seed(1)}},
		{"a FACTS with a kept number", 1, &Facts{Echo: ref, To: ref, Sealed: make([]byte, 16)}},
		{"a number between the spaces", 1 << 63, &Text{}},
		{"a number between the spaces", 1<<63 + 1<<62, &Hello{Nick: "a"}},
		{"an unknown kind between the spaces", 1 << 63, &Unknown{77}},
		{"a known kind as unknown", 0, &Unknown{KindText}},
		{"no nickname", 0, &Hello{}},
		{"a nickname that is not prepared", 0, &Hello{Nick: " a"}},
		{"nine interfaces", 0, &Hello{Nick: "a", Interfaces: make([]string, 9)}},
		{"an interface that is not UTF-8", 0, &Hello{Nick: "a", Interfaces: []string{"\xff"}}},
		{"65 entries", 0, &Hello{Nick: "a", Digest: make([]Entry, 65)}},
		{"an index outside", 0, entry(Entry{Ref: ref, Passing: 1, Interface: 1})},
		{"an index outside, of what was not heard", 0, entry(Entry{Ref: ref, Interface: 1})},
		{"an index of no interfaces", 0, &Hello{Nick: "a", Digest: []Entry{{Ref: ref, Passing: 1}}}},
		{"a kept number over 2^63", 0, entry(Entry{Ref: ref, AllUpTo: 1 << 63})},
		{"a kept number over 2^63", 0, entry(Entry{Ref: ref, AllUpTo: 5, Ahead: 1<<63 - 5})},
		{"a kept number over 2^64", 0, entry(Entry{Ref: ref, AllUpTo: 5, Ahead: 1<<64 - 1})},
		{"a passing number over its space", 0, entry(Entry{Ref: ref, Passing: 1 << 62})},
		{"an age that no duration can hold", 0, entry(Entry{Ref: ref, Passing: 1, Ago: 1e12 + 1})},
		{"more lost than all", 0, entry(Entry{Ref: ref, Passing: 1, Lost: 1001})},
		{"a long text", 0, &Text{Text: strings.Repeat("x", MaxText+1)}},
		{"a text that is not UTF-8", 0, &Text{Text: "\xff"}},
		{"part 0 of 1", 0, &Text{Parts: 1}},
		{"part 1 of 0", 0, &Text{Part: 1}},
		{"part 2 of 1", 0, &Text{Part: 2, Parts: 1}},
		{"part 1 of 65", 0, &Text{Part: 1, Parts: 65}},
		{"nothing needed", 0, &Need{}},
		{"0 needed", 0, &Need{[]Range{{ref, 0, 1}}}},
		{"from behind to", 0, &Need{[]Range{{ref, 2, 1}}}},
		{"passing numbers needed", 0, &Need{[]Range{{ref, FirstPassing, FirstPassing}}}},
		{"all up to a passing number needed", 0, &Need{[]Range{{ref, 1, FirstPassing}}}},
		{"65 needed", 0, &Need{[]Range{{ref, 1, 65}}}},
		{"65 needed in two", 0, &Need{[]Range{{ref, 1, 64}, {ref, 70, 70}}}},
		{"2^63 - 1 needed", 0, &Need{[]Range{{ref, 1, 1<<63 - 1}}}},
		{"a source with a zone", 0, &Relay{Source: netip.MustParseAddrPort("[fe80::1%eth0]:80")}},
		{"no source", 0, &Relay{}},
		{"data of nothing", 0, &Relay{Source: source, Data: []byte{}}},
		{"text and data", 0, &Relay{Source: source, Data: []byte{1}, Text: "x"}},
		{"too much data", 0, &Relay{Source: source, Data: make([]byte, MaxText+1)}},
		{"from behind to", 0, rowWith(func(r *Row) { r.First = 21 })},
		{"more numbers than there are", 0, rowWith(func(r *Row) { r.Distinct = 21 })},
		{"a number over 2^63", 0, rowWith(func(r *Row) { r.Highest = 1 << 63 })},
		{"an index outside", 0, rowWith(func(r *Row) { r.Interface = 1 })},
		{"256 hops", 0, rowWith(func(r *Row) { r.Hops = 256 })},
		{"65 rows", 0, &Stats{Interfaces: []string{"eth0"}, Rows: slices.Repeat([]Row{row}, 65)}},
		{"rows of no interface", 0, &Stats{Rows: []Row{row}}},
		{"part 65", 0, &Report{Part: 65, Parts: 65}},
		{"more answers than questions", 0, &Report{Ways: []Way{{Answered: 2, Sent: 1}}}},
		{"65 ways", 0, &Report{Ways: make([]Way, 65)}},
		{"a report of nobody's name", 0, &Report{Nick: "a\nb"}},
		{"no nonce", 0, &Probe{To: ref}},
		{"to nobody", 0, &Probe{Nonce: ref}},
		{"no key", 0, &Ask{Nonce: ref, To: ref}},
		{"part 65", 0, &Ask{Nonce: ref, To: ref, Key: seed(1), Part: 65}},
		{"65 facts", 0, &Ask{Nonce: ref, To: ref, Key: seed(1), Facts: make([]uint64, 65)}},
		{"15 bytes encrypted", 0, &Facts{Echo: ref, To: ref, Sealed: make([]byte, 15)}},
		{"year 10000", 0, &Text{Time: maxTime + 1}},
	} {
		number := tt.number
		if number == 0 {
			number = firstOf(tt.body.Kind())
		}
		if b, err := open.Encode(alice, number, tt.body); !is(err, ErrRange) || b != nil {
			t.Errorf("%s is written: %x, %v", tt.what, b, err)
		}
		switch b := tt.body.(type) {
		case *Unknown:
			if b.Of == KindText {
				continue // is read as a TEXT
			}
		case *Relay:
			if b.Data != nil {
				continue // has only one of them when it is written
			}
		}
		body, err := deterministic.Marshal(tt.body.(wired).wire())
		if err != nil {
			t.Fatal(err)
		}
		b := open.finish(alice, tt.body.Kind(), number, body)
		if len(b) > MaxSize {
			continue // by its length already
		}
		if f, err := open.Decode(b); f == nil || f.Body != nil || !errors.Is(err, ErrRange) && !errors.Is(err, ErrBody) {
			t.Errorf("%s is read: %+v, %v", tt.what, f, err)
		}
	}
	for _, a := range []Author{{}, {Identity: alice.Identity}, {alice.Identity, bob.Stream}} {
		if _, err := open.Encode(a, 1, &Text{}); !is(err, ErrKey) {
			t.Errorf("an author who is none writes: %v", err)
		}
	}
	if b, err := open.Encode(alice, 0, &Text{}); !is(err, ErrRange) {
		t.Errorf("number 0: %x, %v", b, err)
	}
	refused(t, "number 0", open, open.finish(alice, KindText, 0, []byte{0xa1, 1, 0x60}), ErrRange)
	refused(t, "number 0 of an unknown kind", open, open.finish(alice, 77, 0, []byte{0xa0}), ErrRange)
	long := &Hello{Nick: "a", Interfaces: slices.Repeat([]string{strings.Repeat("x", 150)}, 8)}
	if b, err := open.Encode(alice, FirstPassing, long); !is(err, ErrSize) || b != nil {
		t.Errorf("a frame of more than %d bytes: %x, %v", MaxSize, b, err)
	}
}

// A frame shares no memory with the datagram that it came in.
func TestFrameOwnsItsBytes(t *testing.T) {
	for _, room := range []*Room{open, sealed} {
		b := encoded(t, room, 1, &Text{Text: "hello"})
		was := slices.Clone(b)
		f, err := room.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		clear(b)
		if f.Body.(*Text).Text != "hello" || !bytes.Equal(f.Bytes, was) || !bytes.Equal(f.Author, alice.public()) || f.Stream != alice.Stream {
			t.Errorf("it became %+v", f)
		}
	}
}

// No key is in what is printed.
func TestKeysAreNotPrinted(t *testing.T) {
	key := RoomKey(seed(0x20))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		s := fmt.Sprintf(verb+" "+verb+" "+verb, key, alice.Identity, alice)
		for _, secret := range []string{"202122", "32 33 34", "0x20, 0x21", " !\"#", "0x0, 0x1, 0x2", "0 1 2 3"} {
			if strings.Contains(s, secret) {
				t.Errorf("%s prints %q", verb, s)
			}
		}
	}
}
