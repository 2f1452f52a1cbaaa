package frame

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

var update = flag.Bool("update", false, "write testdata/vectors.json and what docs/protocol.md shows of it")

const (
	vectorsFile = "testdata/vectors.json"
	protocol    = "../../docs/protocol.md"
	now         = 1700000000000
	ipv6        = "[ff02::114]:1234"
)

// hexed is bytes that JSON has in hex.
type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vectors are what another implementation is held against: docs/protocol.md says what
// they mean.
type vectors struct {
	About       string                  `json:"about"`
	Authors     map[string]vectorAuthor `json:"authors"`
	Rooms       map[string]vectorRoom   `json:"rooms"`
	Passphrases []vectorPassphrase      `json:"passphrases"`
	Frames      []vectorFrame           `json:"frames"`
	Refused     []vectorRefused         `json:"refused"`
}

type vectorAuthor struct {
	Seed        hexed  `json:"seed"`
	Random      hexed  `json:"random"`
	Public      hexed  `json:"public"`
	Stream      hexed  `json:"stream"`
	Ref         hexed  `json:"ref"`
	Fingerprint string `json:"fingerprint"`
}

type vectorRoom struct {
	Conversation string `json:"conversation"`
	Key          hexed  `json:"room_key,omitempty"`
	ID           hexed  `json:"id"`
	SealKey      hexed  `json:"seal_key,omitempty"`
}

type vectorPassphrase struct {
	Passphrase   string `json:"passphrase"`
	Conversation string `json:"conversation"`
	Salt         hexed  `json:"salt"`
	Key          hexed  `json:"room_key"`
}

type vectorFrame struct {
	What    string `json:"what"`
	Room    string `json:"room"`
	Author  string `json:"author"`
	Kind    Kind   `json:"kind"`
	Number  string `json:"number"` // JavaScript has no integers as large
	Body    hexed  `json:"body"`   // CBOR
	Meaning any    `json:"-"`
	Frame   hexed  `json:"frame"`
}

type vectorRefused struct {
	What     string `json:"what"`
	Room     string `json:"room"`
	Error    string `json:"error"` // not a frame, size, version, flags, room, tag, key, signature, body, range
	Datagram hexed  `json:"datagram"`
}

// words for the errors, as the vectors have them.
var words = map[error]string{ErrNotFrame: "not a frame", ErrSize: "size", ErrVersion: "version", ErrFlags: "flags", ErrRoom: "room",
	ErrTag: "tag", ErrKey: "key", ErrSignature: "signature", ErrBody: "body", ErrRange: "range"}

func word(err error) string {
	for e, w := range words {
		if errors.Is(err, e) {
			return w
		}
	}
	return fmt.Sprint(err)
}

var (
	authors = map[string]Author{"alice": alice, "bob": bob}
	rooms   = map[string]*Room{"open": open, "sealed": sealed}
)

// passphrases are room keys of one for two conversations (RFC 9106).
var passphrases = sync.OnceValue(func() (list []vectorPassphrase) {
	for _, c := range []string{conversation, ipv6} {
		salt := hashOf("groupcast 1 " + c)
		key := argon2.IDKey([]byte("correct horse"), salt, 3, 64*1024, 4, 32)
		list = append(list, vectorPassphrase{"correct horse", c, salt, key})
	}
	return list
})

// makeVectors makes them anew.
func makeVectors(t *testing.T) *vectors {
	author := func(a Author, seed [32]byte) vectorAuthor {
		public, ref := a.Public(), a.Stream.Ref()
		return vectorAuthor{seed[:], a.Stream[8:], public[:], a.Stream[:], ref[:], Fingerprint(public)}
	}
	key := seed(0x20)
	sealKey := derive(key, "groupcast 1 seal "+conversation)
	id := func(r *Room) hexed { id := r.ID(); return id[:] }
	v := &vectors{
		About:   "Test vectors of docs/protocol.md. All bytes are in hex.",
		Authors: map[string]vectorAuthor{"alice": author(alice, seed(0)), "bob": author(bob, seed(0x40))},
		Rooms: map[string]vectorRoom{
			"open":   {Conversation: conversation, ID: id(open)},
			"sealed": {conversation, key[:], id(sealed), sealKey[:]},
		},
	}
	v.Passphrases = passphrases()
	add := func(what, by string, number uint64, b Body) {
		for _, room := range []string{"open", "sealed"} {
			r, a := rooms[room], authors[by]
			body, err := encode(b, MaxSize-r.around())
			if err != nil {
				t.Fatal(err)
			}
			frame, err := r.Encode(a, number, b)
			if err != nil {
				t.Fatal(err)
			}
			v.Frames = append(v.Frames, vectorFrame{what, room, by, b.Kind(), strconv.FormatUint(number, 10), body, b, frame})
		}
	}
	ref := bob.Stream.Ref()
	one := Entry{ref, 5, 2, 9, 1500, 0, 30}
	add("TEXT", "alice", 1, &Text{Text: "grüße", Time: now})
	add("HELLO without entries", "alice", FirstPassing, &Hello{Nick: "alice", Interfaces: []string{"eth0"}, Time: now})
	add("HELLO that lists bob", "alice", FirstPassing+1, &Hello{Nick: "alice", Interfaces: []string{"eth0"}, Time: now, Digest: []Entry{one}, Heard: 1, RowSum: ref})
	add("HELLO that lists bob, all keys", "alice", FirstPassing+2, &Hello{Nick: "alice", Interfaces: []string{"eth0", "wlan0"}, Time: now,
		Digest: []Entry{{Ref: alice.Stream.Ref(), AllUpTo: 1}, one}, Leaving: true, PlainPort: 40000, Bits: BitLog, Heard: 1, RowSum: ref, Elsewhere: 5})
	add("NEED", "alice", FirstPassing+3, &Need{[]Range{{ref, 6, 7}}})
	add("STATS", "alice", FirstPassing+4, &Stats{Interfaces: []string{"eth0"}, Heard: 1, RowSum: ref, Sent: 600,
		Rows: []Row{{ref, 1, 20, 18, 1, 2, 90, 400, 2000, 250, 0, 1}}})
	add("REPORT", "alice", 2, &Report{Stats: Stats{Interfaces: []string{"eth0"}, Heard: 1, RowSum: ref, Sent: 600,
		Rows: []Row{{ref, 1, 20, 18, 1, 2, 90, 400, 2000, 250, 0, 1}}}, Time: now, Part: 1, Parts: 1})
	add("RELAY", "alice", 3, &Relay{Text: "grüße", Time: now, Source: source, Interface: "wan0"})
	add("RELAY of bytes", "alice", 4, &Relay{Data: []byte{0xff, 0, 1}, Time: now, Source: source})
	echo := half(1)
	add("PROBE, a question", "alice", FirstDirect, &Probe{Nonce: echo, To: ref})
	add("PROBE, its answer", "bob", FirstDirect, &Probe{Nonce: half(0x11), Echo: &echo, Held: 250, To: alice.Stream.Ref()})
	add("ASK", "alice", FirstDirect+1, &Ask{Time: now, Part: 1, Nonce: half(0x21), To: ref, Key: seed(0x60), Facts: []uint64{1, 2}})
	add("FACTS", "bob", FirstDirect+1, &Facts{Part: 1, Parts: 1, Echo: half(0x21), To: alice.Stream.Ref(), Sealed: bytes.Repeat([]byte{0xee}, 48)})
	add("SITES", "bob", FirstPassing, &Sites{Site: "room-1", Away: true, Others: []SiteState{
		{Site: "room-2", Here: []Ref{alice.Stream.Ref()}}, {Site: "room-3/eth0", State: SiteAway},
	}})
	add("kind 200, which is not known", "alice", 5, &Unknown{200})

	refuse := func(what, room string, datagram []byte) {
		_, err := rooms[room].Decode(datagram)
		v.Refused = append(v.Refused, vectorRefused{what, room, word(err), datagram})
	}
	hello := &Text{Text: "hello", Time: now}
	good, closed := encoded(t, open, 1, hello), encoded(t, sealed, 1, hello)
	with := func(b []byte, at int, to byte) []byte {
		b = slices.Clone(b)
		b[at] = to
		return b
	}
	numbered := make([]byte, 40)
	copy(numbered, "\xfeGS\x01")
	refuse("plain text", "open", []byte("hello"))
	refuse("a numbered datagram", "open", func() []byte {
		copy(numbered[36:], hexedSum(numbered))
		return numbered
	}())
	refuse("magic alone", "open", good[:3])
	refuse("short by one", "open", good[:128])
	refuse("long by one", "open", append(slices.Clone(good), make([]byte, 1201-len(good))...))
	refuse("version 2", "open", with(good, 3, 2))
	refuse("flags 1", "open", with(good, 5, 1))
	refuse("another port", "open", encoded(t, OpenRoom("239.1.2.3:1235"), 1, hello))
	refuse("an open frame in a sealed room", "sealed", good)
	refuse("a sealed frame in an open room", "open", closed)
	refuse("another last byte", "sealed", with(closed, len(closed)-1, closed[len(closed)-1]^1))
	refuse("another number", "sealed", with(closed, 31, 2))
	refuse("another last byte", "open", with(good, len(good)-1, good[len(good)-1]^1))
	refuse("another number", "open", with(good, 31, 2))
	refuse("bob's key on alice's stream", "open", open.finish(Author{bob.Identity, alice.Stream}, KindText, 1, []byte{0xa0}))
	body := func(what string, kind Kind, number uint64, hexBody string) {
		b, err := hex.DecodeString(hexBody)
		if err != nil {
			t.Fatal(err)
		}
		refuse(what, "open", open.finish(alice, kind, number, b))
	}
	need := func(from, to string) string { return fmt.Sprintf("a10a818348%x%s%s", ref[:], from, to) }
	body("no CBOR", KindText, 1, "ff")
	body("a byte after the map", KindText, 1, "a101616100")
	body("key 1 twice", KindText, 1, "a2016161016162")
	body("key 99 twice", KindText, 1, "a3016161186300186301")
	body("an indefinite map", KindText, 1, "bf016161ff")
	body("a tag", KindText, 1, "a101c06161")
	body("a float", KindText, 1, "a201616103f93c00")
	body("a negative time", KindText, 1, "a20161610320")
	body("text that is not UTF-8", KindText, 1, "a10161ff")
	body("five levels under key 99", KindText, 1, "a2016161186381818180")
	body("an entry of six", KindHello, FirstPassing, fmt.Sprintf("a30161610281616504818648%x0000000000", ref[:]))
	body("number 0", KindText, 0, "a1016161")
	body("a TEXT with a passing number", KindText, FirstPassing, "a1016161")
	body("a HELLO with a kept number", KindHello, 1, "a1016161")
	body("to < from", KindNeed, FirstPassing, need("07", "06"))
	body("65 numbers", KindNeed, FirstPassing, need("01", "1841"))
	body("part 0", KindText, 1, "a301616108000901")
	body("part 1 of 65", KindText, 1, "a30161610801091841")
	body("index outside key 2", KindHello, FirstPassing,
		fmt.Sprintf("a30161610281616504818748%x0502091905dc0100", ref[:]))
	body("a nickname that turns the text around", KindHello, FirstPassing, "a10165"+hex.EncodeToString([]byte("a\u202eb")))
	return v
}

// hexedSum is the checksum of a numbered datagram.
func hexedSum(datagram []byte) []byte {
	sum := crc32.Checksum(datagram, crc32.MakeTable(crc32.Castagnoli))
	return []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}
}

// The vectors are those of the file and of docs/protocol.md, and read from the file
// alone they are what they are said to be.
func TestVectors(t *testing.T) {
	v := makeVectors(t)
	made, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.MkdirAll(filepath.Dir(vectorsFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, bytes.ReplaceAll(stored, []byte("\r\n"), []byte("\n"))) {
		t.Errorf("%s has other bytes: frames have changed, and no older program reads them. If that is meant: go test ./mcast/frame -run Vectors -update", vectorsFile)
	}
	read := readVectors(t)
	for name, a := range read.Authors {
		author := NewAuthor(NewIdentity([32]byte(a.Seed)), [8]byte(a.Random))
		ref := author.Stream.Ref()
		if !bytes.Equal(author.public(), a.Public) || !bytes.Equal(author.Stream[:], a.Stream) || !bytes.Equal(ref[:], a.Ref) {
			t.Errorf("%s is %+v", name, a)
		}
	}
	if len(read.Frames) != len(v.Frames) || len(read.Frames) < 20 || len(read.Refused) < 30 || len(read.Authors) != 2 {
		t.Fatalf("%d frames, %d refused, %d authors", len(read.Frames), len(read.Refused), len(read.Authors))
	}
	for i, f := range read.Frames {
		got, err := rooms[f.Room].Decode(f.Frame)
		if err != nil {
			t.Errorf("%s, %s: %v", f.What, f.Room, err)
			continue
		}
		number := strconv.FormatUint(got.Number, 10)
		if got.Kind != f.Kind || number != f.Number || got.Stream != authors[f.Author].Stream || !reflect.DeepEqual(got.Body, v.Frames[i].Meaning) {
			t.Errorf("%s, %s: %+v", f.What, f.Room, got)
		}
	}
	for _, r := range read.Refused {
		if _, err := rooms[r.Room].Decode(r.Datagram); err == nil || word(err) != r.Error {
			t.Errorf("%s: %v, not %q", r.What, err, r.Error)
		}
	}
	want := map[string]int{"not a frame": 2, "size": 3, "version": 1, "flags": 1, "room": 3, "tag": 2, "key": 1, "signature": 2, "body": 11, "range": 9}
	count := map[string]int{}
	for _, r := range read.Refused {
		count[r.Error]++
	}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("refused are %v", count)
	}
}

// opened is what a sealed frame has inside.
func opened(room vectorRoom, frame []byte) ([]byte, error) {
	seal, err := chacha20poly1305.NewX(room.SealKey)
	if err != nil {
		return nil, err
	}
	return seal.Open(nil, frame[8:32], frame[32:], frame[:32])
}

// A sealed frame has inside what an open one of the same body has, but for its
// signature.
func TestVectorsOpen(t *testing.T) {
	v := makeVectors(t)
	for i := 0; i < len(v.Frames); i += 2 {
		clear, sealed := v.Frames[i], v.Frames[i+1]
		inside, err := opened(v.Rooms["sealed"], sealed.Frame)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(inside) - 64; !bytes.Equal(inside[:32], clear.Frame[32:64]) || !bytes.Equal(inside[32:n], sealed.Body) ||
			!bytes.Equal(clear.Frame[64:len(clear.Frame)-64], clear.Body) || bytes.Equal(inside[n:], clear.Frame[len(clear.Frame)-64:]) {
			t.Errorf("%s: %x", clear.What, inside)
		}
	}
}

// docs/protocol.md shows the vectors and the sizes as they are.
func TestProtocolShows(t *testing.T) {
	b, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(b), "\r\n", "\n")
	for name, text := range map[string]string{"sizes": sizes(t), "vectors": shown(makeVectors(t))} {
		begin, end := "<!-- "+name+": made by go test ./mcast/frame -update -->\n", "<!-- end of "+name+" -->"
		from, to := strings.Index(page, begin), strings.Index(page, end)
		if from < 0 || to < from {
			t.Fatalf("%s has no place for the %s", protocol, name)
		}
		if from += len(begin); page[from:to] == text {
			continue
		}
		if !*update {
			t.Errorf("%s shows other %s: go test ./mcast/frame -update", protocol, name)
			continue
		}
		page = page[:from] + text + page[to:]
		if err := os.WriteFile(protocol, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is how docs/protocol.md shows the vectors.
func shown(v *vectors) string {
	var s strings.Builder
	block := func(lines ...string) {
		s.WriteString("\n```\n" + strings.Join(lines, "\n") + "\n```\n")
	}
	line := func(name string, b []byte) string {
		var out strings.Builder
		for i := 0; i < len(b); i += 32 {
			fmt.Fprintf(&out, "%-12s%x\n", map[bool]string{true: name}[i == 0], b[i:min(len(b), i+32)])
		}
		return strings.TrimSuffix(out.String(), "\n")
	}
	for _, name := range []string{"alice", "bob"} {
		a := v.Authors[name]
		s.WriteString("\n" + strings.ToUpper(name[:1]) + name[1:] + ", fingerprint " + a.Fingerprint + ":\n")
		block(line("seed", a.Seed), line("random", a.Random), line("public", a.Public), line("stream", a.Stream), line("ref", a.Ref))
	}
	s.WriteString("\nThe rooms of " + v.Rooms["open"].Conversation + ":\n")
	block(line("open id", v.Rooms["open"].ID), line("room key", v.Rooms["sealed"].Key), line("sealed id", v.Rooms["sealed"].ID), line("seal key", v.Rooms["sealed"].SealKey))
	s.WriteString("\nRoom keys of passphrases:\n")
	for _, p := range v.Passphrases {
		block("passphrase  "+p.Passphrase, "for         "+p.Conversation, line("salt", p.Salt), line("room key", p.Key))
	}
	for _, f := range v.Frames {
		if f.Kind == KindAsk || f.Room == "sealed" && f.Kind != KindText && f.Kind != KindHello {
			continue
		}
		fmt.Fprintf(&s, "\n%s, by %s, number %s, in the %s room:\n", f.What, f.Author, f.Number, f.Room)
		block(line("body", f.Body), line("frame", f.Frame))
	}
	s.WriteString("\nRefused are, by the check that fails (the bytes are in the file):\n\n| datagram | room | check |\n|---|---|---|\n")
	for _, r := range v.Refused {
		fmt.Fprintf(&s, "| %s | %s | %s |\n", r.What, r.Room, r.Error)
	}
	s.WriteString("\n")
	return s.String()
}

// sizes is the table of them.
func sizes(t *testing.T) string {
	text := func(n int) *Text { return &Text{Text: strings.Repeat("x", n), Time: now} }
	part := text(MaxText)
	part.Part, part.Parts = 64, 64
	ref := bob.Stream.Ref()
	two := []string{"eth0", "wlan0"}
	hello := func(n int, e Entry) *Hello {
		return &Hello{Nick: "alice", Interfaces: two, Time: now, Bits: BitMesh | BitLog, Heard: 1000, RowSum: ref, Digest: slices.Repeat([]Entry{e}, n)}
	}
	entry := Entry{ref, 40, 0, 300, 1500, 1, 0}
	worst := hello(64, Entry{ref, 1 << 40, 1 << 40, 1 << 40, maxAge, 1, 999})
	worst.Nick = strings.Repeat("\U00020000", MaxNick)
	stats := func(n int) *Stats {
		return &Stats{Interfaces: two, Heard: 1000, RowSum: ref, Lossless: 900, Sent: 5000,
			Rows: slices.Repeat([]Row{{ref, 1, 5000, 5000, 0, 0, 100, 110, 500000, 300, 1, 1}}, n)}
	}
	need := func(n int) *Need {
		b := &Need{}
		for i := range uint64(n) {
			b.Ranges = append(b.Ranges, Range{ref, 300 + 2*i, 300 + 2*i})
		}
		return b
	}
	echo := half(1)
	var s strings.Builder
	s.WriteString("\n| frame | open | sealed |\n|---|---|---|\n")
	for _, row := range []struct {
		what string
		body Body
	}{
		{"TEXT \"hello\"", text(5)},
		{"TEXT of 1,030 bytes, whole", text(MaxText)},
		{"TEXT of 1,030 bytes, part 64 of 64", part},
		{"NEED of one number over 255", need(1)},
		{"NEED of 64 single numbers over 255", need(64)},
		{"HELLO of alice on eth0 and wlan0, no entries", hello(0, entry)},
		{"the same, 1 entry", hello(1, entry)},
		{"the same, 8 entries", hello(8, entry)},
		{"the same, 24 entries", hello(24, entry)},
		{"the same, 30 entries", hello(30, entry)},
		{"STATS on eth0 and wlan0, no rows", stats(0)},
		{"the same, 1 row", stats(1)},
		{"the same, 24 rows", stats(24)},
		{"PROBE, a question", &Probe{Nonce: half(1), To: ref}},
		{"PROBE, an answer held for 100 ms", &Probe{Nonce: half(1), Echo: &echo, Held: 100000, To: ref}},
		{"ASK", &Ask{Time: now, Nonce: half(1), To: ref, Key: seed(1)}},
	} {
		fmt.Fprintf(&s, "| %s | %s | %s |\n", row.what, thousands(open.Size(row.body)), thousands(sealed.Size(row.body)))
	}
	s.WriteString("\n| what fits into 1,200 bytes | open | sealed |\n|---|---|---|\n")
	for _, row := range []struct {
		what string
		body Body
	}{
		{"entries of that HELLO", hello(64, entry)},
		{"entries with the longest nickname and numbers over 2^32", worst},
		{"rows of that STATS", stats(64)},
	} {
		fmt.Fprintf(&s, "| %s | %d | %d |\n", row.what, open.Fit(row.body), sealed.Fit(row.body))
	}
	s.WriteString("\n")
	for _, b := range []Body{text(MaxText), part, need(64), hello(30, entry)} {
		if sealed.Size(b) > MaxSize {
			t.Errorf("%T of %d bytes does not fit", b, sealed.Size(b))
		}
	}
	return s.String()
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
