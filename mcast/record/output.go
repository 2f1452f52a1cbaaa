package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/groupcast/groupcast/mcast/host"
)

// sink is what blocks are written to: a file of ours.
type sink interface {
	io.WriteCloser
	Truncate(size int64) error
	Stat() (os.FileInfo, error)
}

const (
	// statisticsBytes is more than one interface's statistics have, which are written
	// when a file is full already.
	statisticsBytes  = 96
	descriptionBytes = 512  // more than the description of an interface has
	commentBytes     = 1024 // the longest comment of ours
)

// What a file says of itself.
const (
	madeUp           = "headers synthesised by groupcast"
	sectionComment   = madeUp + " from what a socket told: addresses, ports, TTL, interface and time are true, MAC addresses but a group's are zero"
	interfaceComment = madeUp + "; TTL 0: not known, or none left"
	framesComment    = "frames as the kernel had them, captured by groupcast"
	cutComment       = "groupcast read no more of it"
)

// output is the files of one recording. One goroutine uses it.
type output struct {
	Options
	comment  string // of each section
	live     bool   // somebody waits for what is written: each batch is flushed
	file     sink   // nil: there is none any more
	buffer   *bufio.Writer
	writer   *pcapgo.NgWriter
	written  int64 // bytes that the file took
	ends     []blockEnd
	number   int        // of the file, from 1
	inFile   int64      // datagrams in it
	files    []finished // the current one is the last
	recorded int64
	list     []*described // in the order of their numbers in each section
	began    time.Time

	scratch [packetBytes + 32]byte // of a block, but for its frame

	taken atomic.Int64 // bytes that all files took: other goroutines see by it that there is progress
}

// described is an interface that has a block in each section.
type described struct {
	index    int
	name     string
	raw      bool // IP packets, without frames
	comment  string
	total    int64 // datagrams in all
	received uint64
	dropped  uint64 // both since the file's beginning
}

// synthesised describes an interface of datagrams that a socket had.
func synthesised(index int, name string) *described {
	return &described{index: index, name: name, comment: interfaceComment}
}

// finished is a file of this recording.
type finished struct {
	name string
	size int64
	info os.FileInfo // nil: not finished
}

// blockEnd is where a block ends that not all of it may be in the file yet.
type blockEnd struct {
	at       int64
	recorded int64
	by       *described // whose datagram it is; nil: nobody's
}

// newOutput begins the files of a recording, with at least one interface in list.
func newOutput(o Options, comment string, list ...*described) (*output, error) {
	out := &output{Options: o, live: o.File == "-", comment: comment, list: list}
	switch {
	case o.File == "":
		return nil, errors.New("no file is named")
	case out.live && o.Rotate != 0:
		return nil, errors.New("standard output cannot be rotated")
	case o.Rotate < 0 || o.Keep < 0:
		return nil, errors.New("sizes and numbers of files are not negative")
	case o.Keep > 0 && o.Rotate == 0:
		return nil, errors.New("there is one file to keep, unless a size is given to rotate at")
	}
	if out.Max == 0 {
		out.Max = DefaultMax
	}
	if out.Program == "" {
		out.Program = "groupcast"
	}
	switch {
	case out.create != nil:
	case out.live:
		out.create = func(string) (sink, error) {
			if o.Output == nil {
				return stream{os.Stdout}, nil
			}
			return stream{o.Output}, nil
		}
	default:
		out.create = func(name string) (sink, error) { return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) }
	}
	if err := out.begin(); err != nil {
		if out.file != nil {
			out.file.Close()
			if !out.live {
				os.Remove(out.files[0].name)
			}
		}
		return nil, err
	}
	return out, nil
}

// stream is a sink that is not ours to truncate or close.
type stream struct{ io.Writer }

func (stream) Truncate(int64) error       { return errors.ErrUnsupported }
func (stream) Close() error               { return nil }
func (stream) Stat() (os.FileInfo, error) { return nil, errors.ErrUnsupported }

// begin makes the next file, and describes all interfaces in it.
func (o *output) begin() error {
	o.number++
	name := o.File
	if o.Rotate > 0 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%05d%s", strings.TrimSuffix(name, ext), o.number, ext)
	}
	file, err := o.create(name)
	if err != nil {
		return err
	}
	o.file, o.written, o.inFile, o.began, o.ends = file, 0, 0, time.Now(), o.ends[:0]
	o.files = append(o.files, finished{name: name})
	o.buffer = bufio.NewWriterSize(counter{o}, 64<<10)
	section := pcapgo.NgSectionInfo{OS: runtime.GOOS, Application: o.Program, Comment: o.comment}
	for i, d := range o.list {
		d.received, d.dropped = 0, 0
		if i == 0 {
			o.writer, err = pcapgo.NewNgWriterInterface(o.buffer, d.block(), pcapgo.NgWriterOptions{SectionInfo: section})
		} else {
			_, err = o.writer.AddInterface(d.block())
		}
		if err != nil {
			return err
		}
	}
	o.mark(nil)
	return o.flush()
}

// block describes an interface. Its resolution is always nanoseconds.
func (d *described) block() pcapgo.NgInterface {
	i := pcapgo.NgInterface{Name: d.name, Description: "groupcast: " + d.name, Comment: d.comment, OS: runtime.GOOS, LinkType: linkEthernet}
	if d.raw {
		i.LinkType = linkRaw
	}
	return i
}

// counter counts what the file takes.
type counter struct{ o *output }

func (c counter) Write(p []byte) (int, error) {
	n, err := c.o.file.Write(p)
	c.o.written += int64(n)
	c.o.taken.Add(int64(n))
	return n, err
}

// size is how long the current file is when its buffer is flushed.
func (o *output) size() int64 { return o.written + int64(o.buffer.Buffered()) }

// total is how many bytes are in all files that are there.
func (o *output) total() (bytes int64) {
	for _, f := range o.files {
		bytes += f.size
	}
	if o.file != nil {
		bytes += o.size()
	}
	return bytes
}

// mark remembers that a block has ended.
func (o *output) mark(by *described) {
	whole := 0 // marks that the file has for certain: one of them is enough
	for whole+1 < len(o.ends) && o.ends[whole+1].at <= o.written {
		whole++
	}
	o.ends = append(slices.Delete(o.ends, 0, whole), blockEnd{o.size(), o.recorded, by})
}

func (o *output) flush() error { return o.buffer.Flush() }

// packet writes one datagram. room is its headroom and payload.
func (o *output) packet(it *item, room []byte) error {
	it.Data = room[headroom:]
	data := frame(&it.Datagram, room)
	cut := it.Size - len(it.Data)
	var comments []string
	id, d, isNew := o.find(it.IfIndex)
	if it.out {
		comment := "left by " + d.name
		switch {
		case it.stays:
			comment = "stayed on this host, given to " + d.name
		case it.IfIndex == 0:
			comment = "left via an unknown interface"
		}
		if it.why != "" {
			comment += ": " + it.why
		}
		comments = append(comments, comment[:min(len(comment), commentBytes)])
	}
	if cut > 0 {
		comments = append(comments, cutComment)
	}

	need := int64(32 + (len(data)+3)&^3)
	if it.out || cut > 0 || it.lost > 0 {
		need += 4 + 8 + 12
		for _, c := range comments {
			need += int64(4 + (len(c)+3)&^3)
		}
	}
	if isNew {
		need += descriptionBytes + statisticsBytes
	}
	if err := o.room(need); err != nil {
		return err
	}
	if isNew {
		o.list = append(o.list, d)
		if _, err := o.writer.AddInterface(d.block()); err != nil {
			return err
		}
	}

	info := gopacket.CaptureInfo{Timestamp: it.At, CaptureLength: len(data), Length: len(data) + cut, InterfaceIndex: id}
	if s := it.At.Unix(); s < 0 || s > 9e9 { // nanoseconds have no others
		info.Timestamp = time.Unix(0, 0)
	}
	var err error
	if !it.out && it.lost == 0 && comments == nil {
		err = o.writer.WritePacket(info, data)
	} else {
		options := pcapgo.NgPacketOptions{Comments: comments}
		if it.out {
			options.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
		}
		if it.lost > 0 {
			options.DropCount = &it.lost
		}
		err = o.writer.WritePacketWithOptions(info, data, options)
	}
	if err != nil {
		return err
	}
	o.recorded++
	o.inFile++
	d.total++
	d.dropped += it.lost
	d.received += it.lost
	if !it.out {
		d.received++
	}
	o.mark(d)
	return nil
}

// room sees that a block of so many bytes may be written, with the statistics that
// end a file: it rotates, or fails with ErrLimit.
func (o *output) room(need int64) error {
	need += int64(len(o.list)) * statisticsBytes
	if o.Rotate > 0 && o.inFile > 0 && o.size()+need > o.Rotate {
		if err := o.rotate(); err != nil {
			return err
		}
	}
	if o.Max > 0 && o.total()+need > o.Max {
		return ErrLimit
	}
	return nil
}

// find finds the block of an interface, or makes one that is not written yet.
func (o *output) find(index int) (id int, d *described, isNew bool) {
	for id, d := range o.list {
		if d.index == index {
			return id, d, false
		}
	}
	name := "unknown"
	if index != 0 {
		name = host.InterfaceName(index)
	}
	return len(o.list), synthesised(index, name), true
}

// tell says what is recorded. Nothing is allocated for it but when a file begins.
func (o *output) tell(s *Summary) {
	s.Recorded, s.Bytes = o.recorded, o.total()
	if s.Interfaces == nil {
		s.Interfaces = map[string]int64{}
	}
	clear(s.Interfaces)
	for _, d := range o.list {
		if d.total > 0 {
			s.Interfaces[d.name] += d.total
		}
	}
	if len(o.files) > 0 && (len(s.Files) == 0 || s.Files[len(s.Files)-1] != o.files[len(o.files)-1].name) {
		s.Files = nil
		for _, f := range o.files {
			s.Files = append(s.Files, f.name)
		}
	}
}
