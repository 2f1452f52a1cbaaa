package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// watchBars are what the exit status of a watch is judged by.
type watchBars struct {
	maxLoss percentValue
	maxGap  time.Duration
	minRate streamRate
}

// barBroken is a bar that did not hold.
type barBroken struct {
	bar    string // the flag, as it was or is by itself
	stream int    // in Snapshot.Streams; -1: about no single one
	text   string
	worth  float64 // the more, the worse, among those of the same bar
}

// broken are the bars that did not hold, stream by stream.
func (b watchBars) broken(s watch.Snapshot) (list []barBroken) {
	loss := "--max-loss " + b.maxLoss.String()
	for n, one := range s.Streams {
		if lost, _ := lossOf(one.Numbers); !s.InPair(one.Group) && one.Numbers.Lost > 0 && 100*lost > float64(b.maxLoss) {
			list = append(list, barBroken{loss, n, "lost " + lostOfText(one.Numbers), lost})
		}
		if one.Silences > 0 {
			list = append(list, barBroken{b.gapText(), n, silencesText(one), float64(one.Silences)})
		}
	}
	list = append(list, b.brokenPairs(s)...)
	if len(list) == 0 && s.Silences > 0 { // of a stream that made room since
		list = append(list, barBroken{b.gapText(), -1, "silent: streams that are no longer listed", 0})
	}
	if gone := roomNumbers(s); gone.Lost > 0 {
		if lost, _ := lossOf(gone); 100*lost > float64(b.maxLoss) {
			list = append(list, barBroken{loss, -1, fmt.Sprintf("%s that made room for others lost %s", manyText(uint64(s.MadeRoom.Streams), "stream"), lostOfText(gone)), 0})
		}
	}
	if dropped := unnumberedDrops(s); dropped > 0 && 100*float64(dropped) > float64(b.maxLoss)*float64(datagramsOf(s)+dropped) {
		list = append(list, barBroken{loss, -1, fmt.Sprintf("this host itself lost %s, of which stream is not known", manyText(dropped, "datagram")), 0})
	}
	if s.Slow > 0 {
		list = append(list, barBroken{"--min-rate " + b.minRate.String(), -1, "streams brought less for 10 s: " + manyText(uint64(s.Slow), "time"), 0})
	}
	return list
}

func (b watchBars) gapText() string {
	if b.maxGap == 0 {
		return "silence"
	}
	return "--max-gap " + b.maxGap.String()
}

// unnumberedDrops are what the sockets dropped and no numbers tell of.
func unnumberedDrops(s watch.Snapshot) uint64 {
	return s.Dropped - min(s.Dropped, s.LostKernel)
}

func datagramsOf(s watch.Snapshot) (sum uint64) {
	for _, one := range s.Streams {
		sum += uint64(one.Datagrams)
	}
	return sum + s.Others
}

// roomNumbers are those of the streams that made room for others, all together.
func roomNumbers(s watch.Snapshot) stream.Numbers {
	o := s.MadeRoom
	return stream.Numbers{Distinct: o.Distinct, Lost: o.Lost, LostKernel: o.LostKernel, AtLeast: o.AtLeast, About: o.About}
}

// lossOf is the part of a stream's numbers that did not come, and of how many.
func lossOf(n stream.Numbers) (part float64, of uint64) {
	of = n.Distinct + n.Lost
	if of == 0 {
		return 0, 0
	}
	return float64(n.Lost) / float64(of), of
}

// percentValue is a part on the command line: 0.01% or 0.01.
type percentValue float64

// Set implements pflag.Value.
func (v *percentValue) Set(text string) error {
	p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || !(p >= 0 && p <= 100) {
		return errors.New("want a percentage, such as 0.01% or 1")
	}
	*v = percentValue(p)
	return nil
}

// String implements pflag.Value.
func (v *percentValue) String() string { return strconv.FormatFloat(float64(*v), 'f', -1, 64) + "%" }

// Type implements pflag.Value.
func (v *percentValue) Type() string { return "percent" }

// seqValue is where a number is: 4:u32, 0:u16le.
type seqValue stream.Seq

// Set implements pflag.Value.
func (v *seqValue) Set(text string) error {
	wrong := errors.New("want OFFSET:u8, u16, u32 or u64, with le for little-endian: 4:u32, 0:u16le")
	offset, kind, ok := strings.Cut(text, ":")
	at, err := strconv.Atoi(offset)
	kind, little := strings.CutSuffix(kind, "le")
	bits := map[string]int{"u8": 8, "u16": 16, "u32": 32, "u64": 64}[kind]
	if !ok || err != nil || at < 0 || bits == 0 {
		return wrong
	}
	if last := watch.ReadSize - bits/8; at > last {
		return fmt.Errorf("offset %d: a watch keeps %d bytes of a datagram, so %d at most", at, watch.ReadSize, last)
	}
	*v = seqValue{Offset: at, Bits: bits, LittleEndian: little}
	return nil
}

// String implements pflag.Value.
func (v *seqValue) String() string {
	if v.Bits == 0 {
		return ""
	}
	text := fmt.Sprintf("%d:u%d", v.Offset, v.Bits)
	if v.LittleEndian {
		text += "le"
	}
	return text
}

// Type implements pflag.Value.
func (v *seqValue) Type() string { return "place" }
