package class

import (
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// ExerciseState is how an exercise stands, as its page shows it.
type ExerciseState struct {
	Lesson       string               `json:"lesson"`
	Title        string               `json:"title"`
	Task         []string             `json:"task"`         // paragraphs
	Hints        []string             `json:"hints"`        // that were shown
	Expectations []lesson.Expectation `json:"expectations"` // of the last check; before the first, none
	Progress     Progress             `json:"progress"`
	Busy         string               `json:"busy,omitempty"` // what is at work: "check", "hint" or "reset"
	Said         string               `json:"said,omitempty"` // why the last of them could not be done
}
