package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

// recording is the file that --record names, if it does.
type recording struct {
	file   string
	output io.Writer // for the file "-"
	to     *record.Recorder
	told   map[*mcast.Conn]uint64 // dropped by the kernel, as the Recorder knows it
	sum    record.Summary         // when it has ended
	ended  bool
}

func (l *listener) beginRecording() error {
	if l.recording.file == "" {
		return nil
	}
	var on []host.Interface
	for _, e := range l.ears {
		for _, i := range e.on {
			if _, known := host.ByIndex(on, i.Index); !known && i.Index != 0 {
				on = append(on, i)
			}
		}
	}
	to, err := record.Create(record.Options{
		File: l.recording.file, Output: l.recording.output, Interfaces: on,
		Stopped: func(err error) { l.remark(fmt.Sprintf("recording stopped: %v; listening goes on", err)) },
	})
	if err != nil {
		advice := "name a file that can be made, such as --record /tmp/talk.pcapng"
		if errors.Is(err, fs.ErrExist) {
			advice = "name another file: a recording overwrites none"
		}
		return &mcast.Advised{Err: err, Advice: advice}
	}
	l.recording.to, l.recording.told = to, map[*mcast.Conn]uint64{}
	return nil
}

func (r *recording) received(d mcast.Datagram, port uint16) {
	if r.to != nil {
		r.to.Received(record.Of(d, port))
	}
}

// dropped tells what the kernel dropped since it was last asked, of one socket.
func (r *recording) dropped(conn *mcast.Conn) {
	if r.to == nil {
		return
	}
	if now := conn.Stats().Dropped; now > r.told[conn] {
		r.to.Dropped(now - r.told[conn])
		r.told[conn] = now
	}
}

// close ends the recording, if there is one that has not ended.
func (r *recording) close() {
	if r.to != nil && !r.ended {
		r.sum, _ = r.to.Close() // the Summary has the error
		r.ended = true
	}
}

// endRecording says what is recorded.
func (l *listener) endRecording() {
	r := &l.recording
	if r.to == nil {
		return
	}
	for _, conn := range l.keep.Conns() {
		r.dropped(conn)
	}
	r.close()
	to, by := r.file, []string{}
	if to == "-" {
		to = "standard output"
	}
	for _, name := range slices.Sorted(maps.Keys(r.sum.Interfaces)) {
		by = append(by, fmt.Sprintf("%s %d", name, r.sum.Interfaces[name]))
	}
	text := fmt.Sprintf("recorded %s to %s", chat.Count(int(r.sum.Recorded), "datagram"), to)
	if len(by) > 0 {
		text += " (" + strings.Join(by, ", ") + ")"
	}
	text += fmt.Sprintf(", %d lost; headers synthesised", r.lost())
	if r.sum.Stopped != nil {
		text += fmt.Sprintf("; recording stopped early: %v", r.sum.Stopped)
	}
	l.remark(text)
}

// lost is how many datagrams were heard and are not in the file.
func (r *recording) lost() int64 { return r.sum.Lost + r.sum.Unfit + r.sum.After }

// doubtful reports whether something that was heard is not recorded.
func (r *recording) doubtful() bool { return r.ended && (r.lost() > 0 || r.sum.Stopped != nil) }

// jsonRecording is what --record wrote. Fields are only added.
type jsonRecording struct {
	File       string           `json:"file"` // -: standard output
	Datagrams  int64            `json:"datagrams"`
	Bytes      int64            `json:"bytes"`             // of the file
	Lost       int64            `json:"lost"`              // heard, and not in the file
	Interfaces map[string]int64 `json:"interfaces"`        // datagrams by each, by its name
	Stopped    string           `json:"stopped,omitempty"` // why it ended early
}

func (r *recording) object() *jsonRecording {
	if r.to == nil {
		return nil
	}
	o := &jsonRecording{File: chat.Clean(r.file), Datagrams: r.sum.Recorded, Bytes: r.sum.Bytes, Lost: r.lost(), Interfaces: map[string]int64{}}
	for name, n := range r.sum.Interfaces {
		o.Interfaces[chat.Clean(name)] += n
	}
	if r.sum.Stopped != nil {
		o.Stopped = r.sum.Stopped.Error()
	}
	return o
}
