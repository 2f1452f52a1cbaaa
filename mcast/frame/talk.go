package frame

import (
	"fmt"
	"unicode/utf8"
)

// The bodies of a talk: who is here, what is said, what is missing.

// helloWire is the body of a HELLO, as it is written.
type helloWire struct {
	Nick       string   `cbor:"1,keyasint"`
	Interfaces []string `cbor:"2,keyasint,omitempty"`
	Time       uint64   `cbor:"3,keyasint,omitempty"`
	Digest     []entry  `cbor:"4,keyasint,omitempty"`
	Leaving    uint64   `cbor:"5,keyasint,omitempty"`
	PlainPort  uint16   `cbor:"6,keyasint,omitempty"`
	Bits       Bits     `cbor:"7,keyasint,omitempty"`
	Heard      uint64   `cbor:"13,keyasint,omitempty"`
	RowSum     []byte   `cbor:"14,keyasint,omitempty"`
	Elsewhere  uint64   `cbor:"19,keyasint,omitempty"`
}

// entry is an Entry, as it is written: an array.
type entry struct {
	_                                             struct{} `cbor:",toarray"`
	Ref                                           Ref
	AllUpTo, Ahead, Passing, Ago, Interface, Lost uint64
}

func (h *Hello) wire() any {
	w := helloWire{h.Nick, h.Interfaces, h.Time, nil, 0, h.PlainPort, h.Bits, h.Heard, nil, h.Elsewhere}
	for _, e := range h.Digest {
		w.Digest = append(w.Digest, entry{struct{}{}, e.Ref, e.AllUpTo, e.Ahead, e.Passing, e.Ago, e.Interface, e.Lost})
	}
	if h.Leaving {
		w.Leaving = 1
	}
	if h.RowSum != (Ref{}) {
		w.RowSum = h.RowSum[:]
	}
	return w
}

func (h *Hello) check() error {
	if err := checkNick(h.Nick); err != nil {
		return err
	}
	if err := checkInterfaces(h.Interfaces); err != nil {
		return err
	}
	if err := checkMost("time", h.Time, maxTime); err != nil {
		return err
	}
	if len(h.Digest) > maxArray {
		return fmt.Errorf("%w: a digest of %d entries", ErrRange, len(h.Digest))
	}
	for _, e := range h.Digest {
		if err := e.check(h.Interfaces); err != nil {
			return err
		}
	}
	return nil
}

func checkNick(name string) error {
	nick, err := Nick(name)
	if err != nil {
		return err
	}
	if nick != name {
		return fmt.Errorf("%w: a nickname that was not prepared by RFC 8266", ErrRange)
	}
	return nil
}

func (e Entry) check(interfaces []string) error {
	if e.AllUpTo > maxCount || e.Ahead > maxCount-e.AllUpTo {
		return fmt.Errorf("%w: kept number %d + %d", ErrRange, e.AllUpTo, e.Ahead)
	}
	if err := checkMost("passing number", e.Passing, maxPassing); err != nil {
		return err
	}
	if err := checkMost("age", e.Ago, maxAge); err != nil {
		return err
	}
	if err := checkMost("lost per mille", e.Lost, 1000); err != nil {
		return err
	}
	return checkIndex(e.Interface, interfaces, e.Passing != 0)
}

func parseHello(h *Hello, key uint64, v value) error {
	var n uint64
	switch key {
	case 1:
		return v.text(&h.Nick)
	case 2:
		return v.texts(&h.Interfaces)
	case 3:
		return v.uint(&h.Time, maxTime)
	case 4:
		elements, err := v.array()
		if err != nil {
			return err
		}
		h.Digest = make([]Entry, len(elements))
		for i, element := range elements {
			e := &h.Digest[i]
			err := element.row(&e.Ref, &e.AllUpTo, &e.Ahead, &e.Passing, &e.Ago, &e.Interface, &e.Lost)
			if err != nil {
				return err
			}
		}
	case 5:
		err := v.uint(&n, 1)
		h.Leaving = n == 1
		return err
	case 6:
		err := v.uint(&n, 65535)
		h.PlainPort = uint16(n)
		return err
	case 7:
		return v.uint((*uint64)(&h.Bits), 1<<64-1)
	case 13:
		return v.uint(&h.Heard, 1<<64-1)
	case 14:
		return v.bytes(h.RowSum[:])
	case 19:
		return v.uint(&h.Elsewhere, 1<<64-1)
	}
	return nil
}

type textWire struct {
	Text  string `cbor:"1,keyasint"`
	Time  uint64 `cbor:"3,keyasint,omitempty"`
	Part  uint64 `cbor:"8,keyasint,omitempty"`
	Parts uint64 `cbor:"9,keyasint,omitempty"`
}

func (t *Text) wire() any { return textWire(*t) }

func (t *Text) check() error {
	if len(t.Text) > MaxText {
		return fmt.Errorf("%w: a text of %d bytes", ErrRange, len(t.Text))
	}
	if !utf8.ValidString(t.Text) {
		return fmt.Errorf("%w: a text that is not UTF-8", ErrRange)
	}
	if err := checkMost("time", t.Time, maxTime); err != nil {
		return err
	}
	return checkParts(t.Part, t.Parts)
}

func parseText(t *Text, key uint64, v value) error {
	switch key {
	case 1:
		return v.text(&t.Text)
	case 3:
		return v.uint(&t.Time, maxTime)
	case 8:
		return v.part(&t.Part)
	case 9:
		return v.part(&t.Parts)
	}
	return nil
}

type needWire struct {
	Ranges []span `cbor:"10,keyasint"`
}

// span is a Range, as it is written: an array.
type span struct {
	_        struct{} `cbor:",toarray"`
	Ref      Ref
	From, To uint64
}

func (n *Need) wire() any {
	w := needWire{make([]span, len(n.Ranges))}
	for i, r := range n.Ranges {
		w.Ranges[i] = span{struct{}{}, r.Ref, r.From, r.To}
	}
	return w
}

func (n *Need) check() error {
	var all uint64
	for _, r := range n.Ranges {
		switch {
		case SpaceOf(r.From) != Kept || SpaceOf(r.To) != Kept || r.To < r.From:
			return fmt.Errorf("%w: %d to %d are needed", ErrRange, r.From, r.To)
		case r.To-r.From >= maxNeeded:
			return fmt.Errorf("%w: more than %d are needed", ErrRange, maxNeeded)
		}
		all += r.To - r.From + 1
		if all > maxNeeded {
			return fmt.Errorf("%w: more than %d are needed", ErrRange, maxNeeded)
		}
	}
	if all == 0 {
		return fmt.Errorf("%w: nothing is needed", ErrRange)
	}
	return nil
}

func parseNeed(n *Need, key uint64, v value) error {
	if key != 10 {
		return nil
	}
	elements, err := v.array()
	if err != nil {
		return err
	}
	n.Ranges = make([]Range, len(elements))
	for i, element := range elements {
		r := &n.Ranges[i]
		if err := element.row(&r.Ref, &r.From, &r.To); err != nil {
			return err
		}
	}
	return nil
}

// check is ErrRange of a kind that is known.
func (u *Unknown) check() error {
	if u.Of >= KindHello && u.Of <= KindSites {
		return fmt.Errorf("%w: kind %d is known", ErrRange, u.Of)
	}
	return nil
}

func (u *Unknown) wire() any { return struct{}{} }
