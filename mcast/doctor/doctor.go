package doctor

import (
	"github.com/groupcast/groupcast/mcast"
)

// Verdict is how a finding ends.
type Verdict string

// The verdicts, best first.
const (
	OK      Verdict = "ok"
	Unknown Verdict = "unknown" // nobody has looked, or it cannot be read
	Warning Verdict = "warning" // it may not do what the user expects
	Failure Verdict = "failure" // it does not work
)

// Finding says whether one pitfall was found, in one place. [Diagnose] makes it.
type Finding struct {
	Name      string   `json:"name"` // stable, as in the catalogue: "wrong-egress"
	Verdict   Verdict  `json:"verdict"`
	Title     string   `json:"title"`               // one line
	Evidence  string   `json:"evidence"`            // the very fact that shows it
	Hints     []string `json:"hints"`               // what to do, one line each: advice, or "WHY: COMMAND"
	Commands  []string `json:"commands,omitempty"`  // those of the hints that change something here, for root, as they are to be executed
	Interface string   `json:"interface,omitempty"` // where
	Fix       *Fix     `json:"fix,omitempty"`       // what the program can do itself; nil: nothing
}

// Fix is a change of the program's own settings that ends a finding: one of
// its fields is set.
type Fix struct {
	UseInterface    string `json:"use_interface,omitempty"` // send through this interface from now on, and be joined there
	LoopbackOn      bool   `json:"loopback_on,omitempty"`
	Rejoin          string `json:"rejoin,omitempty"` // leave the group on this interface and join it again
	MulticastAllOff bool   `json:"multicast_all_off,omitempty"`
	ReadBuffer      int    `json:"read_buffer,omitempty"` // bytes to ask for
	Hops            int    `json:"ttl,omitempty"`
	Leave           *Place `json:"leave,omitempty"`
}

// Place is a group on an interface.
type Place struct {
	Group     mcast.Group `json:"group"`
	Interface string      `json:"interface"`
}

// Seen returns the warnings and failures of a list.
func Seen(list []Finding) []Finding {
	var seen []Finding
	for _, f := range list {
		if f.Verdict == Warning || f.Verdict == Failure {
			seen = append(seen, f)
		}
	}
	return seen
}
