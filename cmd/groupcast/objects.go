package main

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"time"
)

// schema is the version of the objects. It is raised when a field goes or means
// something else, not when one is added.
const schema = 1

// object is what --json prints in one line.
type object interface{ head() jsonHead }

// jsonHead begins every object.
type jsonHead struct {
	Type   string    `json:"type"`
	Time   time.Time `json:"time,omitzero"`    // when it happened, or was known
	Schema int       `json:"schema,omitempty"` // of the first object of a stream
}

func (h jsonHead) head() jsonHead { return h }

// headOf begins an object about now.
func headOf(kind string) jsonHead { return jsonHead{Type: kind, Time: time.Now()} }

// objectStream is what a reader takes as one: standard output, standard error, a
// log. Its first object says the schema.
type objectStream interface {
	io.Writer
	writeObject(o object)
}

func writeJSON(w io.Writer, o object) {
	if s, ok := w.(objectStream); ok {
		s.writeObject(o)
		return
	}
	w.Write(objectText(o, false))
}

// objectText is an object as it is printed.
func objectText(o object, first bool) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if first {
		with := reflect.New(reflect.TypeOf(o)).Elem()
		with.Set(reflect.ValueOf(o))
		with.FieldByName("Schema").SetInt(schema)
		enc.Encode(with.Interface())
	} else {
		enc.Encode(o)
	}
	return b.Bytes()
}
