package class

import "time"

// Result is what a student has done with an exercise. It holds no address, no key and
// nothing that was said.
type Result struct {
	Seat    string
	Name    string
	Lesson  string
	Met, Of int  // expectations, the most that a check has met
	Passed  bool // all were met
	Checks  int
	Hints   int
	Resets  int
	Seconds int // from sitting down until it was solved; until the last check where it was not
	Begun   time.Time
}
