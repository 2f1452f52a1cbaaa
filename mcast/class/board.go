package class

import (
	"time"
)

// Board is what a board shows of a class. It holds nothing of what is said in it.
type Board struct {
	Private bool         `json:"private"`          // each seat has a network of its own; else all hosts are on one
	Lesson  string       `json:"lesson,omitempty"` // whose exercise it is
	Title   string       `json:"title,omitempty"`  // of the lesson
	Locked  bool         `json:"locked"`
	Seats   []BoardSeat  `json:"seats"` // in their order, free ones too
	Log     []BoardEvent `json:"log"`   // the last that happened; the oldest first
}

// BoardSeat is a seat on a board.
type BoardSeat struct {
	Seat     string    `json:"seat"`           // on a shared LAN the name of its host
	Name     string    `json:"name,omitempty"` // of who sits there; "": it is free
	Since    time.Time `json:"since,omitzero"`
	Pages    int       `json:"pages"`   // that show it now
	Running  bool      `json:"running"` // a program does
	Looked   bool      `json:"looked"`  // the teacher looks on
	Progress *Progress `json:"progress,omitempty"`
}

// Progress is how far a student is with an exercise.
type Progress struct {
	Met     int  `json:"met"` // expectations, at the last check
	Of      int  `json:"of"`
	Checks  int  `json:"checks"`
	Hints   int  `json:"hints"` // that were shown
	HintsOf int  `json:"hints_of"`
	Resets  int  `json:"resets"`
	Solved  bool `json:"solved"`  // all were met once
	Seconds int  `json:"seconds"` // from the beginning until it was solved, or until now
}

// BoardEvent is a row of a board's log.
type BoardEvent struct {
	Number int64     `json:"n"` // from 1
	Time   time.Time `json:"time"`
	Seat   string    `json:"seat,omitempty"`
	Name   string    `json:"name,omitempty"` // of who sat there
	Text   string    `json:"text"`           // safe to show
	Undo   string    `json:"undo,omitempty"` // the fault that ends this one, in the words of lab.ParseFault; "": none, or undone
	Fault  bool      `json:"-"`              // it tells of a fault, or of its end
}

// Net is a network of a class as it is now.
type Net struct {
	Hosts []NetHost `json:"hosts"`
	Wires []NetWire `json:"wires"`

	// Heard is what programs in seats say that they received in the last ten seconds. A host
	// that says nothing may hear all the same: see NetHost.Tells.
	Heard []NetHeard `json:"heard"`
}

// NetHost is a host of a network.
type NetHost struct {
	Name     string   `json:"name"`
	Student  string   `json:"student,omitempty"`  // who sits there
	Dead     bool     `json:"dead,omitempty"`     // it was killed
	Tells    bool     `json:"tells"`              // its program tells what it hears
	Groups   []string `json:"groups,omitempty"`   // that programs in it have joined, as in "224.0.0.114 by eth0"
	Faults   []string `json:"faults,omitempty"`   // as in "firewall in"
	Findings []string `json:"findings,omitempty"` // names of pitfalls that its program has found
}

// NetWire is an interface of a host, and its wire.
type NetWire struct {
	Name    string   `json:"name"`             // as in A.eth0
	Gone    bool     `json:"gone,omitempty"`   // the interface was deleted
	Up      bool     `json:"up"`               // it is switched on
	Whole   bool     `json:"whole"`            // the wire is
	Faults  []string `json:"faults,omitempty"` // as in "loss 30%"
	Packets uint64   `json:"packets"`          // both ways
}

// NetHeard is that a host's program received datagrams of another host.
type NetHeard struct {
	By        string `json:"by"`
	From      string `json:"from"`
	Datagrams int    `json:"datagrams"` // since its program began
	Ago       int    `json:"ago"`       // seconds since the last
}
