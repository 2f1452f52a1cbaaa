package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// jsonNetwork is the kind of network, where it is one that says something.
type jsonNetwork struct {
	Kind     string   `json:"kind"` // stable: "container"; docs/networks.md lists them
	Title    string   `json:"title"`
	Evidence string   `json:"evidence"`
	Carries  []string `json:"carries"` // what carries groups there; empty where what was heard says that they come
}

// networkObject is nil for a network that is nothing special.
func (r report) networkObject() *jsonNetwork {
	k, ok := doctor.Network(r.facts, r.intent)
	if !ok {
		return nil
	}
	o := jsonNetwork{Kind: k.Name, Title: chat.CleanRow(k.Title), Evidence: chat.CleanRow(k.Evidence), Carries: []string{}}
	for _, c := range k.Carries {
		o.Carries = append(o.Carries, chat.CleanRow(c))
	}
	return &o
}

// writeNetwork writes the kind of network, how it is known, and what carries
// groups there, unless a finding says so below.
func (r report) writeNetwork(out io.Writer) {
	k, ok := doctor.Network(r.facts, r.intent)
	if !ok {
		return
	}
	o := r.networkObject()
	fmt.Fprintf(out, "network: %s\n", r.strong(o.Title))
	if slices.ContainsFunc(r.shown(), func(f doctor.Finding) bool { return slices.Equal(f.Hints, k.Carries) }) {
		return
	}
	fmt.Fprintf(out, "  because: %s\n", o.Evidence)
	for _, c := range o.Carries {
		fmt.Fprintf(out, "  carries groups: %s\n", c)
	}
}
