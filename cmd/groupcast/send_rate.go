package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	streams "github.com/groupcast/groupcast/mcast/sender"
	"github.com/groupcast/groupcast/mcast/watch"
)

// streamRate is how fast a stream is, on the command line: datagrams a second, bits of
// payload a second, or as fast as it goes.
type streamRate struct {
	number float64 // infinite: max
	bits   bool
	finite bool // max is no such rate
	text   string
}

// bitUnits are the units of bits. A byte is a B, which is none of them.
var bitUnits = []struct {
	name string
	bits float64
}{{"kb/s", 1e3}, {"Mb/s", 1e6}, {"Gb/s", 1e9}}

// Set implements pflag.Value.
func (r *streamRate) Set(text string) error {
	got := streamRate{finite: r.finite, text: text}
	number, unit := text, 1.
	switch {
	case text == "max" && !r.finite:
		*r = streamRate{number: streams.Max, text: text}
		return nil
	case strings.HasSuffix(text, "b/s"):
		got.bits = true
		unit = 0
		for _, u := range bitUnits {
			if before, ok := strings.CutSuffix(text, u.name); ok {
				number, unit = before, u.bits
			}
		}
	default:
		number = strings.TrimSuffix(text, "/s")
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || unit == 0 || number == "" || strings.Trim(number, "0123456789.eE+-") != "" || !(n > 0) || math.IsInf(n*unit, 0) {
		if r.finite {
			return rateMistake(text, errors.New("a rate is a number, or 1000/s, 20Mb/s"))
		}
		return rateMistake(text, errors.New("a rate is a number, or 1000/s, 20Mb/s, max"))
	}
	got.number = n * unit
	*r = got
	return nil
}

// rateMistake is the error of a rate, with what was probably meant.
func rateMistake(text string, err error) error {
	at := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789.+-", c) })
	if at < 0 {
		at = len(text)
	}
	unit := text[at:]
	n, wrong := strconv.ParseFloat(text[:at], 64)
	if wrong != nil || math.IsInf(n, 0) {
		return err
	}
	if !(n > 0) {
		return errors.New("want a rate above 0, such as 1000/s or 20Mb/s")
	}
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	for _, u := range bitUnits {
		prefix := u.name[:1]
		switch rest := strings.TrimSuffix(unit, "/s"); {
		case !strings.EqualFold(unit[:min(1, len(unit))], prefix):
		case rest[1:] == "B":
			return fmt.Errorf("%w; B is a byte, and %s is %s", err, text, number(8*n)+u.name)
		case len(rest) == 1 || slices.Contains([]string{"b", "bps", "bit", "bits"}, strings.ToLower(rest[1:])):
			return fmt.Errorf("%w; in bits: %s, in datagrams: %s/s", err, number(n)+u.name, number(n*u.bits))
		}
	}
	return err
}

// String implements pflag.Value.
func (r *streamRate) String() string { return r.text }

// Type implements pflag.Value.
func (r *streamRate) Type() string { return "rate" }

// of is the rate in datagrams a second, for datagrams with so many bytes of payload.
func (r *streamRate) of(size int) (float64, error) {
	rate := r.number
	switch {
	case rate == streams.Max:
		return rate, nil
	case r.bits && size == 0:
		return 0, fmt.Errorf("--rate %s: an empty datagram has no bits of payload; want a rate such as 1000/s", r.text)
	case r.bits:
		rate /= 8 * float64(size)
	}
	if rate > streams.MaxRate {
		return 0, fmt.Errorf("--rate %s: at most %g datagrams a second; max is as fast as the kernel takes it", r.text, streams.MaxRate)
	}
	return rate, nil
}

// bound is the rate as a watch judges it; the zero Rate: none is given.
func (r *streamRate) bound() watch.Rate {
	if r.bits {
		return watch.Rate{Bits: r.number}
	}
	return watch.Rate{Datagrams: r.number}
}

// significant is a number in so many digits, never with an exponent: "0.0000512".
func significant(n float64, digits int) string {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', digits, 64), 64)
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// bitsText is a rate in bits a second, for people: "512 b/s", "20 Mb/s".
func bitsText(bits float64) string {
	unit := "b/s"
	for _, u := range bitUnits {
		if bits >= 0.9995*u.bits { // with three digits it is one of them
			unit = u.name
		}
	}
	for _, u := range bitUnits {
		if u.name == unit {
			bits /= u.bits
		}
	}
	return significant(bits, 3) + " " + unit
}

// perSecond is a rate in datagrams a second, for people: "1,000/s", "0.5/s".
func perSecond(rate float64) string {
	if rate >= 100 {
		return thousands(uint64(math.Round(min(rate, 1e15)))) + "/s"
	}
	return significant(rate, 3) + "/s"
}
