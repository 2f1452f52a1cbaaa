package record

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

var (
	// ErrNotCapture is of what is neither pcap nor pcapng.
	ErrNotCapture = errors.New("not a capture: neither pcap nor pcapng")
	// ErrNotFile is of a directory, a pipe or a device, whose end may never come.
	ErrNotFile = errors.New("not a file")
	// ErrTooLarge is of a block, or of a run of blocks without a packet, that is
	// larger than any that is true.
	ErrTooLarge = errors.New("16 MiB of the capture have no packet")
)

// Bounds of what a file can make a Reader hold.
const (
	perPacketBytes = 16 << 20 // from one packet to the next: a packet, its options, other blocks
	perSection     = 65536    // interfaces, and names of hosts
)

// Packet is a UDP datagram of a capture, and what the capture says of it. Its
// words were written by a stranger: they reach a terminal only through
// chat.Sanitize.
type Packet struct {
	Datagram           // its Data is valid until the next Next; IfIndex is 0: it was another host's; At may be the zero Time: a Simple Packet Block has none
	Interface string   // "": the capture does not name it
	Out       bool     // it left by the interface; false: it arrived, or that is not known
	Comments  []string // about this datagram
	Lost      uint64   // datagrams of the interface that were lost before it

	Number      int     // of the packet in the capture, from 1, as tcpdump and Wireshark count
	Synthesised bool    // groupcast made its headers up, as the capture says: see [Create]
	Ethernet    bool    // it has an Ethernet header, which is
	EtherTo     [6]byte // its destination and
	EtherFrom   [6]byte // its source
}

// Reader reads the UDP datagrams of a capture: pcap with microseconds or
// nanoseconds, or pcapng, of either byte order, and either compressed by gzip.
// All sections of a pcapng are taken to have the first one's byte order where it
// tells directions and losses. Packets that are not whole UDP datagrams are
// counted.
type Reader struct {
	file    *os.File // nil: it is not ours
	in      *limited
	classic *pcapgo.Reader
	ng      *pcapgo.NgReader
	swapped bool // its byte order is not that of pcapgo's options
	skipped [len(reasons)]int
	links   []string // that are not read
	read    int
	err     error // that ended it
}

// Open opens a capture. Of a directory, a pipe or a device the error is
// ErrNotFile, of another file ErrNotCapture.
func Open(path string) (*Reader, error) {
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("record: open: %w", err)
	}
	return r, nil
}

func open(path string) (*Reader, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for its writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		what := "a device"
		switch mode := info.Mode(); {
		case mode.IsDir():
			what = "a directory"
		case mode&os.ModeNamedPipe != 0:
			what = "a pipe"
		case mode&os.ModeSocket != 0:
			what = "a socket"
		}
		return nil, fmt.Errorf("%s is %s: %w", path, what, ErrNotFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := newReader(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.file = file
	return r, nil
}

// NewReader reads a capture from its first byte on, which it waits for. Of what
// is no capture the error is ErrNotCapture.
func NewReader(from io.Reader) (*Reader, error) {
	r, err := newReader(from)
	if err != nil {
		return nil, fmt.Errorf("record: open: %w", err)
	}
	return r, nil
}

func newReader(from io.Reader) (*Reader, error) {
	buffer := bufio.NewReaderSize(from, 64<<10)
	if magic, _ := buffer.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		zip, err := gzip.NewReader(buffer)
		if err != nil {
			return nil, ErrNotCapture
		}
		buffer = bufio.NewReader(zip)
	}
	magic, err := buffer.Peek(12)
	if len(magic) < 4 {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) {
			err = ErrNotCapture
		}
		return nil, err
	}
	r := &Reader{in: &limited{from: buffer, left: perPacketBytes}}
	own := bufio.NewReaderSize(r.in, 16<<10)
	switch binary.BigEndian.Uint32(magic) {
	case 0x0a0d0d0a:
		r.swapped = len(magic) == 12 && binary.BigEndian.Uint32(magic[8:]) == 0x1a2b3c4d
		// Mixed types: each packet tells its own, and a capture of several kinds of
		// interfaces is read whole.
		r.ng, err = pcapgo.NewNgReader(own, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1:
		r.classic, err = pcapgo.NewReader(own)
	default:
		return nil, ErrNotCapture
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("cut in its header: %w", ErrNotCapture)
	}
	if err != nil && r.in.left <= 0 {
		return nil, ErrTooLarge
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrNotCapture, err)
	}
	return r, nil
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Next reads the next whole UDP datagram. At the end of the capture the error is
// io.EOF, and io.ErrUnexpectedEOF if the capture ends within a block, as one does
// whose program was killed: the datagrams before are whole.
func (r *Reader) Next() (Packet, error) {
	for r.err == nil {
		r.in.left = perPacketBytes
		p, data, link, cut, err := r.packet()
		if err != nil {
			r.err = r.cause(err)
			break
		}
		r.read++
		p.Number = r.read
		reason := decode(link, data, &p)
		if reason == LinkType {
			r.unread(link)
		}
		if cut && reason == BadHeader { // the padding of a frame may lack
			reason = Cut
		}
		if reason == whole {
			return p, nil
		}
		r.skipped[reason]++
	}
	return Packet{}, r.err
}

func (r *Reader) cause(err error) error {
	switch {
	case err == io.EOF:
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case r.in.left <= 0:
		err = ErrTooLarge
	}
	return fmt.Errorf("record: read: after %d packets: %w", r.read, err)
}

// packet reads a packet. cut: the capture has only its beginning.
func (r *Reader) packet() (p Packet, data []byte, link int, cut bool, err error) {
	// On systems of 32 bits pcapgo takes the number of an interface for negative.
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("a block is not understood: %v", e)
		}
	}()
	var info gopacket.CaptureInfo
	if r.classic != nil {
		data, info, err = r.classic.ZeroCopyReadPacketData()
		if err == io.EOF && info.CaptureLength > 0 { // between its header and itself
			err = io.ErrUnexpectedEOF
		}
		link = int(r.classic.LinkType())
	} else {
		var options pcapgo.NgPacketOptions
		data, info, options, err = r.ng.ZeroCopyReadPacketDataWithOptions()
		if err == nil && (r.ng.NInterfaces() > perSection || r.ng.NNames() > perSection) {
			err = fmt.Errorf("a section has more than %d interfaces or names", perSection)
		}
		if err == nil {
			from, _ := r.ng.Interface(info.InterfaceIndex)
			link = int(from.LinkType)
			p.Interface, p.Comments = from.Name, options.Comments
			p.Synthesised = strings.HasPrefix(from.Comment, madeUp)
			r.options(&p, options)
		}
	}
	p.At = info.Timestamp
	return p, data, link, info.CaptureLength < info.Length, err
}

// options reads what the options of a packet say. pcapgo v1.7.7 takes them for
// little endian in any file.
func (r *Reader) options(p *Packet, o pcapgo.NgPacketOptions) {
	if o.Flags != nil {
		flags := o.Flags.ToUint32()
		if r.swapped {
			flags = bits.ReverseBytes32(flags)
		}
		p.Out = pcapgo.NgEpbFlag(flags)&pcapgo.NgEpbFlagDirectionMask == pcapgo.NgEpbFlagDirectionOutbound
	}
	if o.DropCount != nil {
		p.Lost = *o.DropCount
		if r.swapped {
			p.Lost = bits.ReverseBytes64(p.Lost)
		}
	}
}

// otherLinks are names of link types that are not read (www.tcpdump.org/linktypes.html).
var otherLinks = map[int]string{9: "PPP", 105: "802.11", 119: "802.11 with Prism headers", 127: "802.11 with radiotap headers",
	163: "802.11 with AVS headers", 187: "Bluetooth", 195: "802.15.4", 201: "Bluetooth", 220: "USB", 227: "CAN", 239: "nflog", 253: "netlink"}

// maxLinks is how many link types [Reader.OtherLinks] names.
const maxLinks = 8

// unread notes a link type whose frames are not read.
func (r *Reader) unread(link int) {
	name := strconv.Itoa(link)
	if known := otherLinks[link]; known != "" {
		name += " (" + known + ")"
	}
	if len(r.links) < maxLinks && !slices.Contains(r.links, name) {
		r.links = append(r.links, name)
	}
}

// OtherLinks are the link types of the packets that were skipped for theirs, such as
// "105 (802.11)": at most 8.
func (r *Reader) OtherLinks() []string { return slices.Clone(r.links) }

// Position is how many bytes of the file are read, those of a compressed one as they
// are in it, and how many it has; 0, 0 if Open did not open it.
func (r *Reader) Position() (read, size int64) {
	if r.file == nil {
		return 0, 0
	}
	info, err := r.file.Stat()
	if err != nil {
		return 0, 0
	}
	if read, err = r.file.Seek(0, io.SeekCurrent); err != nil {
		return 0, 0
	}
	return read, info.Size()
}

// Dropped is how many packets the last section says until now that its interfaces
// lost. The count of [Packet.Lost] is part of it, if the program that wrote the
// file gives both.
func (r *Reader) Dropped() (n uint64) {
	if r.ng == nil {
		return 0
	}
	for i := range r.ng.NInterfaces() {
		if s, _ := r.ng.Interface(i); s.Statistics.PacketsDropped != pcapgo.NgNoValue64 {
			n += s.Statistics.PacketsDropped
		}
	}
	return n
}

// limited ends with ErrTooLarge when more is read than is allowed for one packet.
type limited struct {
	from io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := l.from.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
