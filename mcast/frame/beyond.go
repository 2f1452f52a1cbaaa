package frame

import (
	"fmt"
	"net/netip"
	"unicode/utf8"
)

// The bodies of bridges and of measurements.

type relayWire struct {
	Text      *string `cbor:"1,keyasint,omitempty"`
	Time      uint64  `cbor:"3,keyasint,omitempty"`
	Part      uint64  `cbor:"8,keyasint,omitempty"`
	Parts     uint64  `cbor:"9,keyasint,omitempty"`
	Source    string  `cbor:"11,keyasint"`
	Interface string  `cbor:"12,keyasint,omitempty"`
	Data      []byte  `cbor:"18,keyasint,omitempty"`
}

func (r *Relay) wire() any {
	w := relayWire{nil, r.Time, r.Part, r.Parts, r.Source.String(), r.Interface, r.Data}
	if r.Data == nil {
		w.Text = &r.Text
	}
	return w
}

func (r *Relay) check() error {
	switch {
	case r.Data != nil && r.Text != "":
		return fmt.Errorf("%w: text and data", ErrRange)
	case r.Data != nil && len(r.Data) == 0:
		return fmt.Errorf("%w: data of no bytes", ErrRange)
	case len(r.Data) > MaxText || len(r.Text) > MaxText:
		return fmt.Errorf("%w: %d bytes", ErrRange, len(r.Data)+len(r.Text))
	case !utf8.ValidString(r.Text) || !utf8.ValidString(r.Interface):
		return fmt.Errorf("%w: text that is not UTF-8", ErrRange)
	case !r.Source.IsValid() || r.Source.Addr().Zone() != "":
		return fmt.Errorf("%w: a source without an address, or with a zone", ErrRange)
	}
	if err := checkMost("time", r.Time, maxTime); err != nil {
		return err
	}
	return checkParts(r.Part, r.Parts)
}

func parseRelay(r *Relay, key uint64, v value) error {
	switch key {
	case 1:
		return v.text(&r.Text)
	case 3:
		return v.uint(&r.Time, maxTime)
	case 8:
		return v.part(&r.Part)
	case 9:
		return v.part(&r.Parts)
	case 11:
		var s string
		if err := v.text(&s); err != nil {
			return err
		}
		source, err := netip.ParseAddrPort(s)
		if err != nil {
			return fmt.Errorf("%w: a source that is no address and port", ErrRange)
		}
		r.Source = source
	case 12:
		return v.text(&r.Interface)
	case 18:
		return v.data(&r.Data)
	}
	return nil
}

// data is a byte string of any length.
func (v value) data(to *[]byte) error {
	major, n, _ := v.head()
	if major != majorBytes {
		return fmt.Errorf("%w: no byte string", ErrBody)
	}
	*to = make([]byte, n)
	return v.bytes(*to)
}

type statsWire struct {
	Nick       string   `cbor:"1,keyasint,omitempty"` // of a report
	Interfaces []string `cbor:"2,keyasint,omitempty"`
	Time       uint64   `cbor:"3,keyasint,omitempty"` // of a report, and its part
	Part       uint64   `cbor:"8,keyasint,omitempty"`
	Parts      uint64   `cbor:"9,keyasint,omitempty"`
	Heard      uint64   `cbor:"13,keyasint,omitempty"`
	RowSum     []byte   `cbor:"14,keyasint,omitempty"`
	Rows       []row    `cbor:"15,keyasint,omitempty"`
	Lossless   uint64   `cbor:"16,keyasint,omitempty"`
	Sent       uint64   `cbor:"17,keyasint,omitempty"`
	Ways       []way    `cbor:"29,keyasint,omitempty"` // of a report
}

// way is a Way, as it is written: an array.
type way struct {
	_                                  struct{} `cbor:",toarray"`
	Ref                                Ref
	Sent, Answered, RoundTrip, Refused uint64
}

// row is a Row, as it is written: an array.
type row struct {
	_                                               struct{} `cbor:",toarray"`
	Ref                                             Ref
	First, Highest, Distinct, Duplicates, Reordered uint64
	Ago, Silence, Age, Spread, Interface, Hops      uint64
}

func (s *Stats) wire() any { return s.wireAs("", 0, 0, 0) }

func (s *Stats) wireAs(nick string, time, part, parts uint64) statsWire {
	w := statsWire{nick, s.Interfaces, time, part, parts, s.Heard, nil, nil, s.Lossless, s.Sent, nil}
	if s.RowSum != (Ref{}) {
		w.RowSum = s.RowSum[:]
	}
	for _, r := range s.Rows {
		w.Rows = append(w.Rows, row{struct{}{}, r.Ref, r.First, r.Highest, r.Distinct, r.Duplicates, r.Reordered,
			r.Ago, r.Silence, r.Age, r.Spread, r.Interface, r.Hops})
	}
	return w
}

func (s *Stats) check() error {
	if err := checkInterfaces(s.Interfaces); err != nil {
		return err
	}
	if len(s.Rows) > maxArray {
		return fmt.Errorf("%w: %d rows", ErrRange, len(s.Rows))
	}
	for _, r := range s.Rows {
		if err := r.check(s.Interfaces); err != nil {
			return err
		}
	}
	return nil
}

func (r Row) check(interfaces []string) error {
	switch {
	case r.First > r.Highest || r.Highest > maxCount:
		return fmt.Errorf("%w: numbers %d to %d", ErrRange, r.First, r.Highest)
	case r.Distinct > r.Highest-r.First+1:
		return fmt.Errorf("%w: %d of the numbers %d to %d", ErrRange, r.Distinct, r.First, r.Highest)
	case r.Ago > maxAge || r.Silence > maxAge || r.Age > maxAge || r.Spread > maxAge:
		return fmt.Errorf("%w: a time of more than %d", ErrRange, uint64(maxAge))
	case r.Hops > 255:
		return fmt.Errorf("%w: %d hops", ErrRange, r.Hops)
	}
	return checkIndex(r.Interface, interfaces, true)
}

func parseStats(s *Stats, key uint64, v value) error {
	switch key {
	case 2:
		return v.texts(&s.Interfaces)
	case 13:
		return v.uint(&s.Heard, 1<<64-1)
	case 14:
		return v.bytes(s.RowSum[:])
	case 15:
		elements, err := v.array()
		if err != nil {
			return err
		}
		s.Rows = make([]Row, len(elements))
		for i, element := range elements {
			r := &s.Rows[i]
			err := element.row(&r.Ref, &r.First, &r.Highest, &r.Distinct, &r.Duplicates, &r.Reordered,
				&r.Ago, &r.Silence, &r.Age, &r.Spread, &r.Interface, &r.Hops)
			if err != nil {
				return err
			}
		}
	case 16:
		return v.uint(&s.Lossless, 1<<64-1)
	case 17:
		return v.uint(&s.Sent, 1<<64-1)
	}
	return nil
}

func (r *Report) wire() any {
	w := r.wireAs(r.Nick, r.Time, r.Part, r.Parts)
	for _, x := range r.Ways {
		w.Ways = append(w.Ways, way{struct{}{}, x.Ref, x.Sent, x.Answered, x.RoundTrip, x.Refused})
	}
	return w
}

func (r *Report) check() error {
	if err := r.Stats.check(); err != nil {
		return err
	}
	if r.Nick != "" {
		if err := checkNick(r.Nick); err != nil {
			return err
		}
	}
	if err := checkMost("time", r.Time, maxTime); err != nil {
		return err
	}
	if len(r.Ways) > maxArray {
		return fmt.Errorf("%w: %d ways", ErrRange, len(r.Ways))
	}
	for _, w := range r.Ways {
		if w.Answered > w.Sent || w.Sent > maxCount || w.RoundTrip > maxAge || w.Refused > 1 {
			return fmt.Errorf("%w: %d of %d were answered after %d, refused %d", ErrRange, w.Answered, w.Sent, w.RoundTrip, w.Refused)
		}
	}
	return checkParts(r.Part, r.Parts)
}

func parseReport(r *Report, key uint64, v value) error {
	switch key {
	case 1:
		return v.text(&r.Nick)
	case 3:
		return v.uint(&r.Time, maxTime)
	case 8:
		return v.part(&r.Part)
	case 9:
		return v.part(&r.Parts)
	case 29:
		elements, err := v.array()
		if err != nil {
			return err
		}
		r.Ways = make([]Way, len(elements))
		for i, element := range elements {
			w := &r.Ways[i]
			if err := element.row(&w.Ref, &w.Sent, &w.Answered, &w.RoundTrip, &w.Refused); err != nil {
				return err
			}
		}
		return nil
	}
	return parseStats(&r.Stats, key, v)
}
