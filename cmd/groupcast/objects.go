package main

import (
	"encoding/json"
	"io"
	"time"
)

// object is what --json prints in one line.
type object interface{ head() jsonHead }

// jsonHead begins every object.
type jsonHead struct {
	Type string    `json:"type"`
	Time time.Time `json:"time"` // when it happened, or was known
}

func (h jsonHead) head() jsonHead { return h }

// headOf begins an object about now.
func headOf(kind string) jsonHead { return jsonHead{kind, time.Now()} }

func writeJSON(w io.Writer, o object) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(o)
}
