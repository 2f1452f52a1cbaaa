package tui

import (
	"net/netip"
	"time"
)

// Pinging is a ping as [RunPing] shows it.
type Pinging interface {
	// Snapshot is a copy of what was counted so far. It is called ten times a
	// second, by another goroutine than the one that draws.
	Snapshot() PingSnapshot
}

// PingSnapshot is what a ping has counted.
type PingSnapshot struct {
	Target     string // who is pinged
	Way        string // which way requests leave, and why
	Group      bool   // anyone may answer
	Sent       uint64 // requests
	Unanswered uint64 // and of them those that nobody answered in time
	Took       time.Duration
	Ended      bool // no more requests are sent, and none is waited for
	Responders []PingResponder
	Errors     []PingError
}

// PingError is an error that requests met, and how often.
type PingError struct {
	Text  string
	Count uint64
}

// PingResponder is a host that answers. Its round trips are 0 if there was none.
type PingResponder struct {
	From      netip.AddrPort
	Interface string // by which it was asked, or answered; "": not known
	IfIndex   int

	Sent, Received, Lost, Duplicates, Late, Changed uint64

	Hops                            int // TTL that the last answer had left; 0: unknown
	Min, Avg, Max, StdDev, P50, P99 time.Duration
	RTTs                            []time.Duration // the last ones, the newest at the end
	Histogram                       []PingBar
}

// PingBar counts the round trips from Low on, below High.
type PingBar struct {
	Low, High time.Duration
	Count     uint64
}
