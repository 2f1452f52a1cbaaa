package main

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
)

// question is what a command leaves open, for the doctor to look into.
type question struct {
	group      mcast.Group
	interfaces []string   // as -i named them
	from       netip.Addr // who was not heard, if that is known
	to         netip.Addr // who may not hear, if that is asked
	hops       int        // that sends have; 0 and 1 are not said
	flags      string     // further ones
}

// about is the question about a group with the flags of this run.
func (set *settings) about(g mcast.Group) question {
	return question{group: g, interfaces: set.interfaces, from: g.Source, hops: set.ttl}
}

// command is the command line that asks the doctor, to be typed as it stands:
// what a shell would take for something else is quoted, and what is so by itself
// left out.
func (q question) command() string {
	words := []string{"groupcast", "doctor"}
	if q.flags != "" {
		words = append(words, strings.Fields(q.flags)...)
	}
	if q.hops > 1 {
		words = append(words, "--ttl", strconv.Itoa(q.hops))
	}
	if q.group.Addr.Zone() == "" { // a zone says it
		for _, name := range q.interfaces {
			words = append(words, "-i", shellWord(name))
		}
	}
	if q.from.IsValid() {
		words = append(words, "--from", shellWord(q.from.String()))
	}
	if q.to.IsValid() {
		words = append(words, "--to", shellWord(q.to.String()))
	}
	if g := q.group; g.Addr.IsValid() && g != mcast.DefaultGroup {
		words = append(words, shellWord(groupArg(g)))
	}
	return chat.CleanRow(strings.Join(words, " "))
}

// groupArg is a group as it is typed: without the default port, and so without
// the brackets around an IPv6 address, which a shell may take for a pattern.
func groupArg(g mcast.Group) string {
	if g.Port != mcast.DefaultPort {
		return g.String()
	}
	text := g.Addr.String()
	if g.Source.IsValid() {
		text = g.Source.String() + "@" + text
	}
	return text
}

// shellWord is a word for a POSIX shell: as it is, or between apostrophes.
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
