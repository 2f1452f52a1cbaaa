package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// packetLesson shows a join, a datagram, and a refusal.
const packetLesson = `title: Packets
topology: lan

Prose.

    heard = B: peer listen join=239.1.2.3@eth0
    expect heard within 20s: ready
    packet B.eth0: 224.0.0.22 ttl 1 router alert | IGMPv3 report: CHANGE_TO_EXCLUDE_MODE 239.1.2.3 {}
    A: peer send to=239.1.2.3:1234 one
    packet B.eth0: > 239.1.2.3 ttl 1 | UDP ... > 1234 3 bytes "one"
    A: peer send to=192.168.1.12:9 two
    status 0 or 1
    packet A.eth0: ICMP port unreachable (3, 3) | quoted IPv4 ... | quoted UDP ... > 9
`

// lab run shows the packets of a lesson field by field, in 80 columns; so does --json.
func TestLabRunShowsPackets(t *testing.T) {
	t.Parallel()
	l, err := lesson.Parse("packets.txt", strings.NewReader(packetLesson))
	if err != nil {
		t.Fatal(err)
	}
	// Each is as runLesson has it, so that one lab is enough.
	var text, objects bytes.Buffer
	p := &lessonPrinter{out: &text, ok: "ok  ", failed: "FAIL"}
	o := lesson.Options{Whole: true, Report: func(e lesson.Event) {
		p.event(e)
		lessonJSON(&objects, e)
	}}
	recorded := beginRecordedRun(&o)
	result, err := lesson.Run(t.Context(), l, o)
	p.end(result)
	if err != nil || result != (lesson.Result{Passed: 5}) {
		t.Errorf("%+v, %v\n%s", result, err, text.String())
	}
	printed, asked := text.String(), objects.String()
	for _, want := range []string{
		"    IPv4: bytes 14 to 37\n",
		"      Destination Address          224.0.0.22           a group (multicast)\n",
		"      Record [1] Type              4 CHANGE_TO_EXCLUDE_MODE\n",
		"      Destination Port             1234\n",
		"      data octets                  \"one\"\n",
		"    UDP, quoted from the packet that caused the error: bytes 62 to 69\n",
		"all 5 expectations were met\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "      ") && len([]rune(line)) > lessonWidth+1 {
			t.Errorf("longer than %d columns: %q", lessonWidth, line)
		}
	}

	doc, packets := readObjectsDoc(t), 0
	doc.hold(t, "lab", "run --json", strings.Replace(asked, `Z",`, `Z","schema":1,`, 1)) // a stream of objects says it
	for line := range strings.Lines(asked) {
		var o jsonWirePacket
		if err := json.Unmarshal([]byte(line), &o); err != nil || o.Type != "packet" {
			continue
		}
		if packets++; o.Host == "" || o.Frame < 45 || o.Captured != o.Frame || len(o.Headers) < 3 || len(o.Headers[0].Fields) != 3 || !strings.Contains(o.Text, " | IPv4 ") {
			t.Errorf("%s", line)
		}
	}
	if packets != 3 {
		t.Errorf("%d packets in\n%s", packets, asked)
	}

	// The recording that would be shipped has them.
	dir := t.TempDir()
	recorded.write(t, dir, l)
	file := filepath.Join(dir, "packets.pcapng")
	holdShipped(t, file)
	shown := packetsIn(t, file, l)
	if len(shown) != 3 || !shown[0].frame.Out || shown[1].frame.Out || headers.Line(shown[1].headers) == "" || !shown[2].headers[3].Quoted {
		t.Errorf("the recording has %d packets that are shown", len(shown))
	}
}

// Of a flood the recording has what is shown, and the first frames of each step.
func TestShippedRecordingIsSmall(t *testing.T) {
	t.Parallel()
	l, err := lesson.Parse("packets.txt", strings.NewReader("title: T\ntopology: lan\n\n    A: peer send to=239.1.2.3:1234 one\n    packet A.eth0: > 1234 3 bytes\n"))
	if err != nil {
		t.Fatal(err)
	}
	datagram := []byte("\x01\x00\x5e\x01\x02\x03\x02\x00\x00\x00\x00\x01\x08\x00" +
		"\x45\x00\x00\x1f\x00\x01\x00\x00\x01\x11\x00\x00\x0a\x00\x00\x01\xef\x01\x02\x03" + "\x9c\x40\x04\xd2\x00\x0b\x00\x00one")
	var r recordedRun
	for i := range 3000 {
		f := lesson.Frame{Host: "A", Interface: "eth0", At: time.Unix(int64(i), 0), Data: make([]byte, 1500), Size: 1500}
		if i%1000 == 0 {
			r.steps = append(r.steps, recordedStep{f.At, "step"})
		}
		if i == 2999 {
			f.Data, f.Size = datagram, len(datagram)
			r.needed = append(r.needed, neededFrame{f, l.Parts[1].Step.Text})
		}
		r.frames = append(r.frames, recordedFrame{Frame: f})
	}
	dir := t.TempDir()
	r.write(t, dir, l)
	file := filepath.Join(dir, "packets.pcapng")
	holdShipped(t, file)
	shown := packetsIn(t, file, l)
	if len(shown) != 1 || shown[0].number < 150 || len(shown[0].frame.Data) != len(datagram) {
		t.Errorf("%+v is shown", shown)
	}
}
