package frame

import "fmt"

// The bodies of what is asked of one member.

type probeWire struct {
	Nonce []byte `cbor:"20,keyasint"`
	Echo  []byte `cbor:"21,keyasint"`
	Held  uint64 `cbor:"22,keyasint"`
	To    []byte `cbor:"23,keyasint"`
	Fill  []byte `cbor:"27,keyasint,omitempty"`
}

func (p *Probe) wire() any {
	w := probeWire{p.Nonce[:], []byte{}, p.Held, p.To[:], make([]byte, p.Fill)}
	if p.Echo != nil {
		w.Echo = p.Echo[:]
	}
	return w
}

func (p *Probe) check() error {
	if p.Nonce == [8]byte{} || p.To == (Ref{}) {
		return fmt.Errorf("%w: a probe without a nonce, or to nobody", ErrRange)
	}
	if err := checkMost("fill", p.Fill, maxFill); err != nil {
		return err
	}
	return checkMost("time held", p.Held, maxAge)
}

// maxFill is how many bytes fill a probe at most: no answer is longer than it would be.
const maxFill = 64

func parseProbe(p *Probe, key uint64, v value) error {
	switch key {
	case 20:
		return v.bytes(p.Nonce[:])
	case 21:
		if _, n, _ := v.head(); n == 0 {
			return v.bytes(nil)
		}
		p.Echo = new([8]byte)
		return v.bytes(p.Echo[:])
	case 22:
		return v.uint(&p.Held, maxAge)
	case 23:
		return v.bytes(p.To[:])
	case 27:
		var fill []byte
		err := v.data(&fill)
		p.Fill = uint64(len(fill))
		return err
	}
	return nil
}

type askWire struct {
	Time  uint64   `cbor:"3,keyasint,omitempty"`
	Part  uint64   `cbor:"8,keyasint,omitempty"`
	Nonce []byte   `cbor:"20,keyasint"`
	To    []byte   `cbor:"23,keyasint"`
	Key   []byte   `cbor:"25,keyasint"`
	Facts []uint64 `cbor:"26,keyasint,omitempty"`
	Fill  []byte   `cbor:"27,keyasint,omitempty"`
}

func (a *Ask) wire() any {
	return askWire{a.Time, a.Part, a.Nonce[:], a.To[:], a.Key[:], a.Facts, nil}
}

// filled is what is written so that the body has a size. A question leaves 256 bytes
// and more to fill, so the beginning of what fills it is 5 bytes: key and length.
func (a *Ask) filled(size int) any {
	w := a.wire().(askWire)
	body, err := deterministic.Marshal(w)
	if err != nil {
		return w
	}
	w.Fill = make([]byte, max(0, size-len(body)-5))
	return w
}

func (a *Ask) check() error {
	switch {
	case a.Nonce == [8]byte{} || a.To == (Ref{}) || a.Key == [32]byte{}:
		return fmt.Errorf("%w: a question without a nonce or a key, or to nobody", ErrRange)
	case a.Part > maxParts:
		return fmt.Errorf("%w: part %d", ErrRange, a.Part)
	case len(a.Facts) > maxArray:
		return fmt.Errorf("%w: %d facts", ErrRange, len(a.Facts))
	}
	return checkMost("time", a.Time, maxTime)
}

func parseAsk(a *Ask, key uint64, v value) error {
	switch key {
	case 3:
		return v.uint(&a.Time, maxTime)
	case 8:
		return v.part(&a.Part)
	case 20:
		return v.bytes(a.Nonce[:])
	case 23:
		return v.bytes(a.To[:])
	case 25:
		return v.bytes(a.Key[:])
	case 26:
		elements, err := v.array()
		if err != nil {
			return err
		}
		a.Facts = make([]uint64, len(elements))
		for i, element := range elements {
			if err := element.uint(&a.Facts[i], 1<<64-1); err != nil {
				return err
			}
		}
	case 27:
		var fill []byte
		return v.data(&fill)
	}
	return nil
}

type factsWire struct {
	Part   uint64 `cbor:"8,keyasint,omitempty"`
	Parts  uint64 `cbor:"9,keyasint,omitempty"`
	Echo   []byte `cbor:"21,keyasint"`
	To     []byte `cbor:"23,keyasint"`
	Sealed []byte `cbor:"28,keyasint"`
}

func (f *Facts) wire() any { return factsWire{f.Part, f.Parts, f.Echo[:], f.To[:], f.Sealed} }

func (f *Facts) check() error {
	switch {
	case f.Echo == [8]byte{} || f.To == (Ref{}):
		return fmt.Errorf("%w: an answer to no question, or to nobody", ErrRange)
	case len(f.Sealed) < tagSize:
		return fmt.Errorf("%w: %d bytes for an encrypted part", ErrRange, len(f.Sealed))
	}
	return checkParts(f.Part, f.Parts)
}

func parseFacts(f *Facts, key uint64, v value) error {
	switch key {
	case 8:
		return v.part(&f.Part)
	case 9:
		return v.part(&f.Parts)
	case 21:
		return v.bytes(f.Echo[:])
	case 23:
		return v.bytes(f.To[:])
	case 28:
		return v.data(&f.Sealed)
	}
	return nil
}
