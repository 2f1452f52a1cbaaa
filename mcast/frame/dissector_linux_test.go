package frame_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/ping"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/stream"
)

// docs/groupcast.lua shows each kind of datagram, and takes whatever it is given. One
// tshark reads all of it.
func TestDissector(t *testing.T) {
	labtest.Program(t, "tshark")
	const dissector = "../../docs/groupcast.lua"
	if _, err := os.ReadFile(dissector); err != nil { // so that a result of go test is not kept for another one
		t.Fatal(err)
	}
	stored, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Frames []struct {
			What, Room, Frame string
		}
	}
	if err := json.Unmarshal(stored, &vectors); err != nil {
		t.Fatal(err)
	}

	file := filepath.Join(t.TempDir(), "talk.pcapng")
	r, err := record.Create(record.Options{File: file, Program: "groupcast test", Interfaces: []host.Interface{{Index: 2, Name: "eth0"}}})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Unix(1700000000, 0)
	packets := 0
	put := func(from, to string, size int, data []byte) {
		packets++
		r.Received(record.Datagram{At: begin.Add(time.Duration(packets) * time.Millisecond), From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort(to),
			IfIndex: 2, Hops: 1, Data: data, Size: size})
	}
	type shows struct {
		what string
		want []string // parts of what is shown
	}
	var want []shows
	const a, b, group = "192.0.2.1:41000", "192.0.2.2:5000", "239.1.2.3:1235"
	has := func(what string, data []byte, parts ...string) {
		put(a, group, 0, data)
		want = append(want, shows{what, parts})
	}
	expected := map[string][]string{
		"TEXT": {"groupcast.kind=2", "groupcast.text=grüße", "groupcast.space=kept", "groupcast.count=1", "groupcast.time=[22:13:20.000000000]", "groupcast.stream=56475aa75463474ca0a1a2a3a4a5a6a7",
			"groupcast.summary=TEXT kept 1 of 56475aa7: grüße", "groupcast.sealed=0"},
		"HELLO without entries":          {"groupcast.kind=1", "groupcast.nick=alice", "groupcast.interface=eth0", "groupcast.space=passing", "groupcast.count=1"},
		"HELLO that lists bob":           {"groupcast.digest.ref=d5b9099c90ba9805", "groupcast.digest.all_up_to=5", "groupcast.digest.ahead=2", "groupcast.digest.passing=9", "groupcast.digest.ago=1500", "groupcast.digest.lost=30", "groupcast.heard=1", "groupcast.row_sum=d5b9099c90ba9805"},
		"HELLO that lists bob, all keys": {"groupcast.interface=eth0,wlan0", "groupcast.leaving=1", "groupcast.plain_port=40000", "groupcast.bits=0x0000000000000008", "groupcast.elsewhere=0x0000000000000005", "groupcast.summary=HELLO passing 3 of 56475aa7: alice leaves"},
		"NEED":                           {"groupcast.need.ref=d5b9099c90ba9805", "groupcast.need.from=6", "groupcast.need.to=7"},
		"STATS":                          {"groupcast.row.highest=20", "groupcast.row.distinct=18", "groupcast.row.spread=250", "groupcast.row.hops=1", "groupcast.sent=600"},
		"REPORT":                         {"groupcast.kind=6", "groupcast.part=1", "groupcast.parts=1", "groupcast.row.age=2000"},
		"RELAY":                          {"groupcast.source=192.0.2.1:5000", "groupcast.relay.interface=wan0", "groupcast.text=grüße"},
		"RELAY of bytes":                 {"groupcast.data=ff0001"},
		"PROBE, a question":              {"groupcast.nonce=0102030405060708", "groupcast.to=d5b9099c90ba9805", "groupcast.space=direct", "groupcast.held=0"},
		"PROBE, its answer":              {"groupcast.echo=0102030405060708", "groupcast.held=250"},
		"ASK":                            {"groupcast.facts=1,2", "groupcast.x25519=60616263", "groupcast.filling=00000000"},
		"FACTS":                          {"groupcast.echo=2122232425262728", "groupcast.facts.sealed=eeeeeeee"},
		"SITES":                          {"groupcast.kind=10", "groupcast.space=passing", "groupcast.site=room-1", "groupcast.site.away=1", "groupcast.site.other=room-2,room-3/eth0", "groupcast.site.state=0,1", "groupcast.site.here="},
		"kind 200, which is not known":   {"groupcast.kind=200", "groupcast.count=5"},
	}
	var frames [][]byte
	for _, v := range vectors.Frames {
		data, err := hex.DecodeString(v.Frame)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, data)
		if expected[v.What] == nil {
			t.Errorf("nothing is expected of %s", v.What)
		}
		if v.Room == "sealed" {
			has(v.What+", sealed", data, "groupcast.sealed=1", "groupcast.tag="+hex.EncodeToString(data[len(data)-16:]), ", sealed")
			continue
		}
		has(v.What, data, append(expected[v.What], "groupcast.type=frame", "groupcast.signature=", "groupcast.key=")...)
	}

	numbered := make([]byte, 64)
	stream.Header{Stream: 0x0123456789abcdef, Number: 7, Sent: 1700000000 * time.Second, Promise: 20 * time.Millisecond}.Put(numbered)
	has("a numbered datagram", numbered, "groupcast.type=numbered", "groupcast.numbered.number=7", "groupcast.numbered.stream=0123456789abcdef",
		"groupcast.numbered.sent=[22:13:20.000000000]", "groupcast.numbered.promise=20000", "groupcast.numbered.checksum.status=good", "groupcast.numbered.end=0")
	damaged := slices.Clone(numbered)
	damaged[63]++
	has("a damaged one", damaged, "groupcast.numbered.checksum.status=wrong", "groupcast.malformed")
	stream.Header{Stream: 1, Number: 8, End: true}.Put(numbered)
	has("an end", slices.Clone(numbered), "groupcast.numbered.end=1", "groupcast.numbered.checksum.status=good", "end of 0000000000000001")

	request := append([]byte("gcp\x01"), 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9)
	request = append(request, "groupcast ping gro"...)
	if !ping.IsRequest(request) {
		t.Fatal("that is no ping")
	}
	has("a ping", request, "groupcast.type=ping", "groupcast.ping.id=0102030405060708", "groupcast.ping.sequence=9", "groupcast.summary=ping, sequence 9")
	asked := packets
	put(b, a, 0, request)
	want = append(want, shows{"its echo", []string{fmt.Sprintf("groupcast.ping.answers=%d", asked), "groupcast.summary=echo of a ping"}})

	hello := frames[0]
	body := func(hexed string) []byte {
		b, err := hex.DecodeString(hexed)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(hello[:64], b, hello[:64])
	}
	has("a text that turns round", body("a1016861e280ae621b5b32"), "groupcast.text=a.b.[2")
	has("no CBOR", body("ff"), "groupcast.malformed")
	has("an indefinite map", body("bf016161ff"), "groupcast.malformed")
	has("a key twice", body("a2016161016162"), "groupcast.malformed")
	has("bytes after it", body("a101616100"), "groupcast.malformed")
	has("a length of 2^64 - 1", body("a1017bffffffffffffffff"), "groupcast.malformed")
	has("a text that goes on in the signature", body("a1016261"), "groupcast.malformed")
	has("an integer that goes on in the signature", body("a2016161081b00"), "groupcast.malformed")
	has("levels", body("a1"+"1863"+"818181818180"), "groupcast.malformed")
	has("a time of 2^64 - 1", body("a1031bffffffffffffffff"), "groupcast.malformed")
	has("the magic alone", hello[:4], "groupcast.malformed")
	has("a version to come", append([]byte("\xfeMC\x02"), hello[4:]...), "groupcast.unusual", "groupcast.version=2")
	has("plain text", []byte("hello"))
	has("three bytes", hello[:3])
	put(a, group, len(hello), hello[:100])
	want = append(want, shows{"a frame cut by the capture", []string{"cut when it was captured"}})

	// Anything may follow the magic.
	rng := rand.New(rand.NewPCG(1, 2))
	all := slices.Concat(frames, [][]byte{numbered, request, body("a1016161")})
	for i := range 600 {
		data := slices.Clone(all[i%len(all)])
		for range rng.IntN(6) {
			data[4+rng.IntN(len(data)-4)] = byte(rng.Uint32())
		}
		if len(data) > 128 && data[0] == 0xfe { // most of all in the body
			for range rng.IntN(4) {
				data[64+rng.IntN(len(data)-128)] = byte(rng.Uint32())
			}
		}
		size := 0
		switch i % 5 {
		case 0:
			data = data[:4+rng.IntN(len(data)-4)]
		case 1:
			size = len(data)
			data = data[:rng.IntN(len(data))]
		}
		put(a, group, size, data)
	}
	if s, err := r.Close(); err != nil || s.Recorded != int64(packets) {
		t.Fatalf("%+v, %v", s, err)
	}

	// All that is asserted, a line a packet.
	fields := []string{"groupcast.type", "groupcast.summary", "_ws.lua.error", "groupcast.malformed", "groupcast.unusual"}
	for _, w := range want {
		for _, part := range w.want {
			if name, _, ok := strings.Cut(part, "="); ok || strings.HasPrefix(part, "groupcast.") {
				if !slices.Contains(fields, name) {
					fields = append(fields, name)
				}
			}
		}
	}
	args := []string{"-X", "lua_script:" + dissector, "-d", "udp.port==1235,groupcast", "-r", file, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=,", "-E", "occurrence=a"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	tshark := exec.Command("tshark", args...)
	tshark.Env = append(os.Environ(), "HOME="+t.TempDir(), "TZ=UTC")
	var complaints bytes.Buffer
	tshark.Stderr = &complaints
	out, err := tshark.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	if s := strings.ToLower(complaints.String()); strings.Contains(s, "lua") || strings.Contains(s, "error") {
		t.Errorf("tshark says %s", complaints.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != packets {
		t.Fatalf("%d lines of %d packets\n%.2000s", len(lines), packets, out)
	}
	plain := strings.NewReplacer("True", "1", "False", "0") // later versions of tshark have words
	for i, line := range lines {
		said := "\t"
		for j, value := range strings.Split(line, "\t") {
			if value != "" {
				said += fields[j] + "=" + plain.Replace(value) + "\t"
			}
		}
		if strings.Contains(said, "Lua Error") || strings.Contains(said, "_ws.lua.error") {
			t.Errorf("packet %d: %s", i+1, said)
		}
		if i >= len(want) {
			continue
		}
		if len(want[i].want) == 0 && said != "\t" {
			t.Errorf("%s is shown as %s", want[i].what, said)
		}
		for _, part := range want[i].want {
			if name, within, ok := strings.Cut(part, "=["); ok {
				_, value, _ := strings.Cut(said, "\t"+name+"=")
				value, _, _ = strings.Cut(value, "\t")
				if !strings.Contains(value, strings.TrimSuffix(within, "]")) {
					t.Errorf("%s: not %q in %s", want[i].what, part, said)
				}
				continue
			}
			if !strings.Contains(said, part) {
				t.Errorf("%s: not %q in %s", want[i].what, part, said)
			}
		}
	}
}
