package frame

import (
	"fmt"
	"unicode/utf8"
)

// Ranges of what bodies say. Those of times are of use to readers: each time is one
// that RFC 3339 can write, each age one that a time.Duration can hold.
const (
	maxInterfaces = 8
	maxNeeded     = 64
	maxParts      = 64
	maxTime       = 253402300799999 // 9999-12-31, in milliseconds since 1970
	maxAge        = 1e12            // milliseconds: 31 years
	maxCount      = 1<<63 - 1
	maxPassing    = 1<<62 - 1 // of a passing number, without 1<<63
)

// wired is a body that can be written.
type wired interface {
	check() error // ErrRange
	wire() any
}

// encode writes a body. One that fills its frame gets a size.
func encode(b Body, size int) ([]byte, error) {
	w, ok := b.(wired)
	if !ok {
		return nil, fmt.Errorf("%w: a body that is not known", ErrRange)
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	if ask, ok := b.(*Ask); ok {
		return deterministic.Marshal(ask.filled(size))
	}
	return deterministic.Marshal(w.wire())
}

// decode reads the body of a kind.
func decode(kind Kind, body []byte) (Body, error) {
	switch kind {
	case KindHello:
		return parse(body, parseHello)
	case KindText:
		return parse(body, parseText)
	case KindNeed:
		return parse(body, parseNeed)
	case KindRelay:
		return parse(body, parseRelay)
	case KindStats:
		return parse(body, parseStats)
	case KindReport:
		return parse(body, parseReport)
	case KindProbe:
		return parse(body, parseProbe)
	case KindAsk:
		return parse(body, parseAsk)
	case KindFacts:
		return parse(body, parseFacts)
	case KindSites:
		return parse(body, parseSites)
	}
	return &Unknown{Of: kind}, nil
}

// parse reads a body by its keys and checks its ranges.
func parse[T any, B interface {
	*T
	Body
	wired
}](body []byte, read func(b B, key uint64, v value) error) (Body, error) {
	b := B(new(T))
	err := fields(body, func(key uint64, v value) error { return read(b, key, v) })
	if err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// spaceOf is the space in which frames of a kind have their numbers; 0: any.
func spaceOf(k Kind) Space {
	switch k {
	case KindText, KindRelay, KindReport:
		return Kept
	case KindHello, KindNeed, KindStats, KindSites:
		return Passing
	case KindProbe, KindAsk, KindFacts:
		return Direct
	}
	return 0
}

// checkNumber is ErrRange of a number that no frame of the kind has.
func checkNumber(k Kind, number uint64) error {
	space, want := SpaceOf(number), spaceOf(k)
	if space == 0 || want != 0 && space != want {
		return fmt.Errorf("%w: number %d of a frame of kind %d", ErrRange, number, k)
	}
	return nil
}

func checkMost(what string, n, most uint64) error {
	if n > most {
		return fmt.Errorf("%w: %s %d is more than %d", ErrRange, what, n, most)
	}
	return nil
}

// checkIndex is ErrRange of an index that names none of the interfaces. What was not
// heard has 0, which needs none.
func checkIndex(index uint64, interfaces []string, heard bool) error {
	if (heard || index != 0) && index >= uint64(len(interfaces)) {
		return fmt.Errorf("%w: interface %d of %d", ErrRange, index, len(interfaces))
	}
	return nil
}

func checkInterfaces(names []string) error {
	if len(names) > maxInterfaces {
		return fmt.Errorf("%w: %d interfaces", ErrRange, len(names))
	}
	for _, name := range names {
		if !utf8.ValidString(name) {
			return fmt.Errorf("%w: an interface whose name is not UTF-8", ErrRange)
		}
	}
	return nil
}

// checkParts allows 0 of 0, which is a whole.
func checkParts(part, parts uint64) error {
	if part == 0 && parts == 0 {
		return nil
	}
	if part < 1 || part > parts || parts > maxParts {
		return fmt.Errorf("%w: part %d of %d", ErrRange, part, parts)
	}
	return nil
}

// part reads the number of a part, which is not 0 when it is there.
func (v value) part(to *uint64) error {
	if err := v.uint(to, maxParts); err != nil {
		return err
	}
	if *to == 0 {
		return fmt.Errorf("%w: part 0", ErrRange)
	}
	return nil
}

func (v value) texts(to *[]string) error {
	elements, err := v.array()
	if err != nil {
		return err
	}
	if len(elements) > maxInterfaces {
		return fmt.Errorf("%w: %d interfaces", ErrRange, len(elements))
	}
	for _, e := range elements {
		var s string
		if err := e.text(&s); err != nil {
			return err
		}
		*to = append(*to, s)
	}
	return nil
}
