package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/groupcast/groupcast/mcast/headers"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/mcast/record"
)

// shippedDir has a recording of each lesson that shows packets. Run the lessons with
// -update to write them anew.
const shippedDir = "../../docs/lessons"

const (
	shippedMost = 64 << 10 // bytes of a file
	shippedSnap = 256      // bytes of a frame, unless its headers need more
)

// shownSteps are the steps of a lesson that show packets and are done when it is run whole.
func shownSteps(l lesson.Lesson) []*lesson.Step {
	l.Exercise = nil
	return slices.DeleteFunc(l.Steps(), func(s *lesson.Step) bool { return s.Packet() == "" })
}

// shippedPacket is the frame that a step shows, in the recording that is shipped.
type shippedPacket struct {
	step    *lesson.Step
	number  int // of the frame in the file, from 1, as Wireshark counts
	frame   lesson.Frame
	headers []headers.Header
}

// shippedPackets are those of a lesson, in the order of the steps that show them.
func shippedPackets(t *testing.T, l lesson.Lesson) []shippedPacket {
	t.Helper()
	return packetsIn(t, filepath.Join(shippedDir, l.Name+".pcapng"), l)
}

func packetsIn(t *testing.T, file string, l lesson.Lesson) (list []shippedPacket) {
	t.Helper()
	steps := shownSteps(l)
	if len(steps) == 0 {
		return nil
	}
	in, err := os.Open(file)
	if err != nil {
		t.Errorf("%v: run go test ./cmd/groupcast -run 'TestLessons|TestPitfalls' -update", err)
		return nil
	}
	defer in.Close()
	r, err := pcapgo.NewNgReader(in, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	found := map[string][]shippedPacket{} // by the text of the step
	for number := 1; ; number++ {
		data, info, options, err := r.ZeroCopyReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: packet %d: %v", file, number, err)
		}
		from, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatalf("%s: packet %d: %v", file, number, err)
		}
		p := shippedPacket{number: number, frame: lesson.Frame{At: info.Timestamp, Data: bytes.Clone(data), Size: info.Length}}
		p.frame.Host, p.frame.Interface, _ = strings.Cut(from.Name, ".")
		p.frame.Out = options.Flags != nil && options.Flags.ToUint32()&3 == 2
		p.headers = headers.Decode(headers.Ethernet, p.frame.Data)
		for _, comment := range options.Comments {
			found[comment] = append(found[comment], p)
		}
	}
	for _, s := range steps {
		at := found[s.Text]
		if len(at) == 0 || at[0].frame.Host+"."+at[0].frame.Interface != s.Packet() || !s.Shows(at[0].headers) {
			t.Errorf("%s has no packet of line %d of %s: run go test ./cmd/groupcast -run 'TestLessons|TestPitfalls' -update", file, s.Line, l.Name)
			continue
		}
		at[0].step = s
		list, found[s.Text] = append(list, at[0]), at[1:]
	}
	return list
}

// recordedRun is what a lesson's run has shown on its wires. A nil one is of a run that nobody
// writes.
type recordedRun struct {
	mu     sync.Mutex
	frames []recordedFrame
	steps  []recordedStep
	needed []neededFrame
}

type recordedFrame struct {
	lesson.Frame
	step, rank int // when it came: after so many steps began, and after so many other frames since then
	comments   []string
}

type recordedStep struct {
	at   time.Time
	text string
}

type neededFrame struct {
	lesson.Frame
	text string // of the step
}

// recordRun lets options record the run, if docs are made anew.
func recordRun(o *lesson.Options) *recordedRun {
	if !updating() {
		return nil
	}
	return beginRecordedRun(o)
}

func beginRecordedRun(o *lesson.Options) *recordedRun {
	r, report, n := &recordedRun{}, o.Report, 0
	o.Frames = func(f lesson.Frame) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.frames = append(r.frames, recordedFrame{Frame: f})
	}
	o.Begins = func(s *lesson.Step) {
		n++
		r.steps = append(r.steps, recordedStep{time.Now(), stepComment(n, s)})
	}
	o.Report = func(e lesson.Event) {
		report(e)
		if e.Outcome != nil && e.Outcome.Packet != nil {
			r.needed = append(r.needed, neededFrame{e.Outcome.Packet.Frame, e.Outcome.Step.Text})
		}
	}
	return r
}

func (r *recordedRun) write(t *testing.T, dir string, l lesson.Lesson) {
	t.Helper()
	if r == nil {
		return
	}
	var wires []string
	for _, s := range shownSteps(l) {
		if !slices.Contains(wires, s.Packet()) {
			wires = append(wires, s.Packet())
		}
	}
	file := filepath.Join(dir, l.Name+".pcapng")
	if len(wires) == 0 {
		_ = os.Remove(file)
		return
	}
	var b bytes.Buffer
	describe := func(wire string) pcapgo.NgInterface {
		return pcapgo.NgInterface{Name: wire, LinkType: layers.LinkTypeEthernet, TimestampResolution: 9, SnapLength: 2048}
	}
	w, err := pcapgo.NewNgWriterInterface(&b, describe(wires[0]), pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
		Application: "groupcast", Comment: "frames on wires of the lab, as groupcast lab run " + l.Name + " shows them; of each its beginning",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, wire := range wires[1:] {
		if _, err := w.AddInterface(describe(wire)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.chosen(wires, shippedMost-b.Len()) {
		flags := &pcapgo.NgEpbFlags{}
		flags.FromUint32(1)
		if f.Out {
			flags.FromUint32(2)
		}
		err := w.WritePacketWithOptions(gopacket.CaptureInfo{
			Timestamp: f.At, CaptureLength: len(f.Data), Length: f.Size, InterfaceIndex: slices.Index(wires, f.Host+"."+f.Interface),
		}, f.Data, pcapgo.NgPacketOptions{Comments: f.comments, Flags: flags})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// chosen are the frames that fit, in the order of time: those that steps need, and of the
// others the first ones after each step.
func (r *recordedRun) chosen(wires []string, room int) []recordedFrame {
	slices.SortStableFunc(r.frames, func(a, b recordedFrame) int { return a.At.Compare(b.At) })
	step, rank := 0, 0
	var list []recordedFrame
	for _, f := range r.frames {
		if !slices.Contains(wires, f.Host+"."+f.Interface) {
			continue
		}
		for step < len(r.steps) && !r.steps[step].at.After(f.At) {
			step, rank = step+1, 0
		}
		f.step, f.rank = step, rank
		rank++
		line := headers.Line(headers.Decode(headers.Ethernet, f.Data))
		if cut := f.Data[:min(len(f.Data), shippedSnap)]; headers.Line(headers.Decode(headers.Ethernet, cut)) == line {
			f.Data = cut
		}
		for i, n := range r.needed {
			if n.Host == f.Host && n.Interface == f.Interface && n.At.Equal(f.At) {
				f.comments, f.rank = append(f.comments, n.text), -1
				r.needed[i].Host = "" // the next one of that time is another one
			}
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b recordedFrame) int { return a.rank - b.rank })
	for _, s := range r.steps {
		room -= len(s.text) + 8
	}
	for i, f := range list {
		room -= 32 + len(f.Data) + 3 + 8 + 4
		for _, c := range f.comments {
			room -= len(c) + 8
		}
		if room < 0 && f.rank >= 0 {
			list = list[:i]
			break
		}
	}
	slices.SortStableFunc(list, func(a, b recordedFrame) int { return a.At.Compare(b.At) })
	said := 0
	for i, f := range list {
		var begun []string
		for ; said < f.step; said++ {
			begun = append(begun, r.steps[said].text)
		}
		list[i].comments = append(begun, f.comments...)
	}
	return list
}

// A recording is shipped for each lesson that shows packets, and for no other. It is small,
// other programs read it, and the packets of the lesson are in it.
func TestShippedRecordings(t *testing.T) {
	t.Parallel()
	for _, l := range slices.Concat(lesson.All(), lesson.Scenes()) {
		file := filepath.Join(shippedDir, l.Name+".pcapng")
		if len(shownSteps(l)) > 0 {
			shippedPackets(t, l)
			holdShipped(t, file)
		} else if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is of a lesson that shows no packet: %v", file, err)
		}
	}
}

func holdShipped(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Error(err)
		return
	}
	if info.Size() > shippedMost {
		t.Errorf("%s has %d bytes, %d at the most", file, info.Size(), shippedMost)
	}
	r, err := record.Open(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("%s: %v", file, err)
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		return
	}
	out, err := exec.CommandContext(t.Context(), tshark, "-r", file, "-T", "fields", "-e", "frame.interface_name").Output()
	if err != nil || !strings.Contains(string(out), ".") {
		t.Errorf("tshark reads %s: %v\n%s", file, err, out)
	}
}
