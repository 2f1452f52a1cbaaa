package doctor

import (
	"github.com/groupcast/groupcast/mcast"
)

// Facts is what the host says about itself: values, as they were when read.
type Facts struct {
	Interfaces []mcast.Interface
	Join       Answer         // where a join without an interface would go
	Send       Answer         // where a send without an interface would go
	Heard      map[int]uint64 // datagrams of others, by the index of the interface they came by
}

// Answer is what the kernel said to "where would this go?": a route, or an
// error such as "network is unreachable".
type Answer struct {
	Route mcast.Route
	Err   error
}

// Intent is what the program does, or would do.
type Intent struct {
	Group    mcast.Group
	Joined   []int             // indexes of the interfaces that Group is joined on
	Wanted   []mcast.Interface // that the user named, as they were then
	Send     int               // index of the interface that sends are told to leave by; 0: the kernel chooses
	Loopback bool
	Hops     int // TTL of what is sent
}

// Verdict is how a finding ends. Findings of Diagnose are Warning or Failure;
// what is fine is not listed.
type Verdict string

// The verdicts, best first.
const (
	OK      Verdict = "ok"
	Unknown Verdict = "unknown"
	Warning Verdict = "warning" // it may not do what the user expects
	Failure Verdict = "failure" // it does not work
)

// Finding is one pitfall that the host is in.
type Finding struct {
	Name      string   `json:"name"` // stable, as in the catalogue: "wrong-egress"
	Verdict   Verdict  `json:"verdict"`
	Title     string   `json:"title"`               // one line
	Evidence  string   `json:"evidence"`            // the very fact that shows it
	Hints     []string `json:"hints"`               // what to do, one line each; commands can be copied
	Interface string   `json:"interface,omitempty"` // where
	Fix       *Fix     `json:"fix,omitempty"`       // what the program can do itself; nil: nothing
}

// Fix is a change of the program's own settings that ends a finding: one of
// its fields is set.
type Fix struct {
	UseInterface string `json:"use_interface,omitempty"` // send by this interface from now on, and be joined there
	LoopbackOn   bool   `json:"loopback_on,omitempty"`
}
