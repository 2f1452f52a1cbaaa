package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of a body (RFC 8949).
const (
	maxDepth = 4  // arrays and maps inside each other
	maxArray = 64 // elements of an array
	maxMap   = 32 // keys of a map
)

// Bodies are written in the core deterministic encoding (RFC 8949, section 4.2.1), so
// that the same body is the same bytes.
var deterministic = must(cbor.CoreDetEncOptions().EncMode())

// What is well-formed is the library's to say, within our bounds. It does not read
// bodies into values: it would take null for 0 in an array and a short byte string for
// a long one, and refuses keys that are to be skipped.
var strict = must(cbor.DecOptions{
	MaxNestedLevels:  maxDepth,
	MaxArrayElements: maxArray,
	MaxMapPairs:      maxMap,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
}.DecMode())

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // options that contradict each other
	}
	return mode
}

// The major types of RFC 8949, section 3.1.
const (
	majorUint  = 0
	majorBytes = 2
	majorText  = 3
	majorArray = 4
	majorMap   = 5
)

const null = 0xf6

// value is one item of a body that is well-formed.
type value []byte

// head is the beginning of an item: its major type, its argument, and how long that
// beginning is. All lengths of the argument are taken.
func (v value) head() (major byte, argument uint64, size int) {
	major = v[0] >> 5
	switch info := v[0] & 0x1f; info {
	case 24:
		return major, uint64(v[1]), 2
	case 25:
		return major, uint64(binary.BigEndian.Uint16(v[1:])), 3
	case 26:
		return major, uint64(binary.BigEndian.Uint32(v[1:])), 5
	case 27:
		return major, binary.BigEndian.Uint64(v[1:]), 9
	default:
		return major, uint64(info), 1
	}
}

// cut parts the first item from what follows it.
func (v value) cut() (item, rest value) {
	major, n, size := v.head()
	switch major {
	case majorBytes, majorText:
		size += int(n)
	case majorMap:
		n *= 2
		fallthrough
	case majorArray:
		after := v[size:]
		for range n {
			_, after = after.cut()
		}
		size = len(v) - len(after)
	}
	return v[:size], v[size:]
}

// uint is an unsigned integer of at most most.
func (v value) uint(to *uint64, most uint64) error {
	major, n, _ := v.head()
	if major != majorUint {
		return fmt.Errorf("%w: no unsigned integer", ErrBody)
	}
	if n > most {
		return fmt.Errorf("%w: %d is more than %d", ErrRange, n, most)
	}
	*to = n
	return nil
}

// text is a text string.
func (v value) text(to *string) error {
	major, _, size := v.head()
	if major != majorText {
		return fmt.Errorf("%w: no text", ErrBody)
	}
	if !utf8.Valid(v[size:]) {
		return fmt.Errorf("%w: text that is not UTF-8", ErrBody)
	}
	*to = string(v[size:])
	return nil
}

// bytes is a byte string as long as what it is copied to.
func (v value) bytes(to []byte) error {
	major, n, size := v.head()
	if major != majorBytes || n != uint64(len(to)) {
		return fmt.Errorf("%w: no byte string of %d", ErrBody, len(to))
	}
	copy(to, v[size:])
	return nil
}

// array are the elements of an array.
func (v value) array() ([]value, error) {
	major, n, size := v.head()
	if major != majorArray {
		return nil, fmt.Errorf("%w: no array", ErrBody)
	}
	elements, rest := make([]value, n), v[size:]
	for i := range elements {
		elements[i], rest = rest.cut()
	}
	return elements, nil
}

// row reads an array that begins with a ref and goes on with unsigned integers, and
// has nothing else.
func (v value) row(ref *Ref, numbers ...*uint64) error {
	elements, err := v.array()
	if err != nil {
		return err
	}
	if len(elements) != 1+len(numbers) {
		return fmt.Errorf("%w: an array of %d, not of %d", ErrBody, len(elements), 1+len(numbers))
	}
	if err := elements[0].bytes(ref[:]); err != nil {
		return err
	}
	for i, n := range numbers {
		if err := elements[1+i].uint(n, 1<<64-1); err != nil {
			return err
		}
	}
	return nil
}

// fields hands each key of a body to set, in the order of the body, which set may
// ignore. Keys that are no unsigned integers are skipped, and so are those that are
// null. A key may be there only once, known or not.
func fields(body []byte, set func(key uint64, v value) error) error {
	if err := strict.Wellformed(body); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	v := value(body)
	major, n, size := v.head()
	if major != majorMap {
		return fmt.Errorf("%w: no map", ErrBody)
	}
	if v.repeats() {
		return fmt.Errorf("%w: a key is there twice", ErrBody)
	}
	var key, content value
	rest := v[size:]
	for range n {
		key, rest = rest.cut()
		content, rest = rest.cut()
		major, number, _ := key.head()
		if major != majorUint || content[0] == null {
			continue
		}
		if err := set(number, content); err != nil {
			return fmt.Errorf("%w (key %d)", err, number)
		}
	}
	return nil
}

// repeats reports whether a map in the item has a key twice.
func (v value) repeats() bool {
	major, n, size := v.head()
	rest := v[size:]
	var item value
	switch major {
	case majorArray:
		for range n {
			if item, rest = rest.cut(); item.repeats() {
				return true
			}
		}
	case majorMap:
		var room [maxMap]value
		keys := room[:0]
		for range n {
			if item, rest = rest.cut(); item.repeats() || slices.ContainsFunc(keys, item.same) {
				return true
			}
			keys = append(keys, item)
			if item, rest = rest.cut(); item.repeats() {
				return true
			}
		}
	}
	return false
}

// same reports whether two keys are the same, however long their arguments are
// written. Arrays, maps and floats are compared as they are written.
func (v value) same(other value) bool {
	major, n, size := v.head()
	m, k, s := other.head()
	if major != m || major > majorText {
		return bytes.Equal(v, other)
	}
	return n == k && bytes.Equal(v[size:], other[s:])
}
