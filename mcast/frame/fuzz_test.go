package frame

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Any datagram is read or refused by one of the errors. What is read is written as a
// frame that says the same.
func FuzzDecode(f *testing.F) {
	seedWith(f, func(datagram []byte, _ Kind, _ []byte) { f.Add(datagram) })
	f.Fuzz(func(t *testing.T, datagram []byte) {
		h, err := Parse(datagram)
		if err != nil {
			if h != (Header{}) || !is(err, firstOfAll(err, ErrNotFrame, ErrSize, ErrVersion, ErrFlags)) {
				t.Fatalf("%+v, %v", h, err)
			}
		} else if len(datagram) > MaxSize || !bytes.HasPrefix(datagram, []byte{0xfe, 'M', 'C', 1, byte(h.Kind), 0}) {
			t.Fatalf("%x is parsed", datagram)
		}
		for _, room := range []*Room{open, sealed} {
			frame, failed := room.Decode(datagram)
			if err != nil && (frame != nil || failed == nil || failed.Error() != err.Error()) {
				t.Fatalf("Decode says %v, and Parse %v", failed, err)
			}
			if failed != nil {
				if !is(failed, firstOfAll(failed, all...)) {
					t.Fatal(failed)
				}
				continue
			}
			if frame.Header != h || !bytes.Equal(frame.Bytes, datagram) {
				t.Fatalf("%x became %+v", datagram, frame)
			}
		}
	})
}

// firstOfAll is the one of the errors that err is.
func firstOfAll(err error, list ...error) error {
	for _, e := range list {
		if errors.Is(err, e) {
			return e
		}
	}
	return nil
}

// Any body, signed as it may be, is read or refused. What is read is written in one way,
// and read as the same. What a decoder of CBOR refuses is refused here.
func FuzzBody(f *testing.F) {
	seedWith(f, func(_ []byte, kind Kind, body []byte) { f.Add(byte(kind), body) })
	lenient := must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		UTF8: cbor.UTF8DecodeInvalid}.DecMode())
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		b, err := decode(Kind(kind), body)
		if err != nil {
			if b != nil || !is(err, ErrBody) && !is(err, ErrRange) {
				t.Fatalf("%+v, %v", b, err)
			}
			return
		}
		if _, unknown := b.(*Unknown); unknown {
			return
		}
		var raw map[any]cbor.RawMessage
		if err := lenient.Unmarshal(body, &raw); err != nil && !errors.As(err, new(*cbor.UnmarshalTypeError)) && !errors.As(err, new(*cbor.InvalidMapKeyTypeError)) {
			t.Fatalf("%x is taken: %v", body, err)
		}
		room := MaxSize - open.around()
		once, err := encode(b, room)
		if err != nil {
			t.Fatalf("%+v is read and not written: %v", b, err)
		}
		again, err := decode(Kind(kind), once)
		if err != nil {
			t.Fatalf("%x became %x: %v", body, once, err)
		}
		twice, err := encode(again, room)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%x became %x: %v", once, twice, err)
		}
		if !alike(reflect.ValueOf(b), reflect.ValueOf(again)) {
			t.Fatalf("%+v became %+v", b, again)
		}
	})
}

// alike is reflect.DeepEqual for bodies, to which no elements are as none.
func alike(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return alike(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
		return reflect.DeepEqual(a.Interface(), b.Interface())
	case reflect.Struct:
		if a.Type().PkgPath() != reflect.TypeFor[Hello]().PkgPath() {
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		for i := range a.NumField() {
			if !alike(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// seedWith gives the vectors to a fuzz target.
func seedWith(f *testing.F, add func(datagram []byte, kind Kind, body []byte)) {
	v := readVectors(f)
	for _, frame := range v.Frames {
		add(frame.Frame, frame.Kind, frame.Body)
	}
	for _, r := range v.Refused {
		if h, err := Parse(r.Datagram); err == nil && r.Room == "open" && len(r.Datagram) >= 128 {
			add(r.Datagram, h.Kind, r.Datagram[64:len(r.Datagram)-64])
			continue
		}
		add(r.Datagram, KindText, []byte{0xff})
	}
}

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	stored, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(stored, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
