package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

var errRequest = errors.New("this is no request of a board")

// Bounds of the words of a fault.
const (
	mostWords = 8
	mostWord  = 64 // bytes
)

// taught lets only who has the teacher's key do something.
func (b *boards) taught(do func([]byte) error) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		if !b.keys.admit(w, r) {
			return
		}
		if err := do(body); err != nil {
			refuse(w, boardStatus(err), sentence(err), "")
			return
		}
		answer(w, http.StatusOK, struct{}{})
	}
}

// readBody reads an object with these fields and no others.
func readBody(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return errRequest
	}
	if _, err := d.Token(); err != io.EOF {
		return errRequest
	}
	return nil
}

func (b *boards) fault(body []byte) error {
	var f struct {
		Seat  string   `json:"seat"` // "": the network that all are on
		Words []string `json:"words"`
	}
	if err := readBody(body, &f); err != nil {
		return err
	}
	if len(f.Words) == 0 || len(f.Words) > mostWords {
		return errRequest
	}
	for _, word := range f.Words {
		if len(word) > mostWord {
			return errRequest
		}
	}
	return b.class.Fault(f.Seat, f.Words)
}

func (b *boards) undo(body []byte) error {
	var u struct {
		Event *int64 `json:"event"`
	}
	if err := readBody(body, &u); err != nil {
		return err
	}
	if u.Event == nil {
		return errRequest
	}
	return b.class.Undo(*u.Event)
}

func (b *boards) reset(body []byte) error { return ofSeat(body, b.class.Reset) }
func (b *boards) free(body []byte) error  { return ofSeat(body, b.class.Free) }

func ofSeat(body []byte, do func(string) error) error {
	var s struct {
		Seat *string `json:"seat"`
	}
	if err := readBody(body, &s); err != nil {
		return err
	}
	if s.Seat == nil {
		return errRequest
	}
	return do(*s.Seat)
}

func (b *boards) lock(body []byte) error {
	var l struct {
		Locked *bool `json:"locked"`
	}
	if err := readBody(body, &l); err != nil {
		return err
	}
	if l.Locked == nil {
		return errRequest
	}
	b.class.Lock(*l.Locked)
	return nil
}
