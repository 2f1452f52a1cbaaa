package main

import (
	"fmt"
	"github.com/groupcast/groupcast/mcast/chat"
	"maps"
	"slices"
	"strings"
)

// text is what is recorded, once it has ended.
func (r *recording) text() string {
	to, by := r.file, []string{}
	switch files := r.sum.Files; {
	case to == "-":
		to = "standard output"
	case len(files) == 1:
		to = files[0]
	case len(files) > 1:
		to = fmt.Sprintf("%s to %s", files[0], files[len(files)-1])
	}
	for _, name := range slices.Sorted(maps.Keys(r.sum.Interfaces)) {
		by = append(by, fmt.Sprintf("%s %d", name, r.sum.Interfaces[name]))
	}
	text := fmt.Sprintf("recorded %s to %s", chat.Count(int(r.sum.Recorded), "datagram"), to)
	if len(by) > 0 {
		text += " (" + strings.Join(by, ", ") + ")"
	}
	text += fmt.Sprintf(", %d lost", r.lost())
	if n := r.kernelLost(); n > 0 {
		text += fmt.Sprintf(", %d more dropped by the kernel", n)
	}
	text += "; headers synthesised"
	if r.sum.Stopped != nil {
		text += fmt.Sprintf("; recording stopped early: %v", plainCause(r.sum.Stopped))
	}
	return text
}

// jsonRecording is what --record wrote. Fields are only added.
type jsonRecording struct {
	File       string           `json:"file"`              // as it was named; -: standard output
	Files      []string         `json:"files,omitempty"`   // that are there, the oldest first; with --rotate
	Datagrams  int64            `json:"datagrams"`         // in the files, those that --keep deleted too
	Bytes      int64            `json:"bytes"`             // of the files that are there
	Lost       int64            `json:"lost"`              // passed, and not in the file
	Dropped    int64            `json:"dropped"`           // by the kernel, for want of room, before they passed
	Interfaces map[string]int64 `json:"interfaces"`        // datagrams by each, by its name
	Stopped    string           `json:"stopped,omitempty"` // why it ended early
}

// jsonRecordingEnd is the last object of a command with --record that has no totals.
type jsonRecordingEnd struct {
	jsonHead                 // recording
	Recording *jsonRecording `json:"recording"`
}

// object is what was recorded; nil without --record.
func (r *recording) object() *jsonRecording {
	if r.to == nil {
		return nil
	}
	o := &jsonRecording{File: chat.Clean(r.file), Datagrams: r.sum.Recorded, Bytes: r.sum.Bytes, Lost: r.lost(), Dropped: r.kernelLost(), Interfaces: map[string]int64{}}
	for name, n := range r.sum.Interfaces {
		o.Interfaces[chat.Clean(name)] += n
	}
	for _, name := range r.sum.Files {
		if r.rotate > 0 {
			o.Files = append(o.Files, chat.Clean(name))
		}
	}
	if r.sum.Stopped != nil {
		o.Stopped = chat.CleanRow(plainCause(r.sum.Stopped).Error())
	}
	return o
}
