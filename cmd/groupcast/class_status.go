package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
)

func newClassStatus(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show who sits where in a running class, with its code",
		Long: `Show how a running class stands: its page and its code, and for each seat that is taken the student's name, since when,
how many pages show it, and whether its program runs; in an exercise also what is met. Faults that the teacher has
made have a number, for groupcast class undo. NAME may be left out if only one class runs.`,
		Example: `  groupcast class status
  groupcast class status --json classroom`,
		Args:              atMost(1),
		ValidArgsFunction: completeRunningClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			now, err := askNow(cmd.Context(), r)
			if err != nil {
				return err
			}
			if set.json {
				printClassObjects(cmd.OutOrStdout(), r.Name(), now)
			} else {
				printClass(cmd.OutOrStdout(), r.Name(), now)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}

// The objects of a class's status as --json prints them. Fields are only added.
type (
	jsonClassStatus struct {
		jsonHead          // class
		Name     string   `json:"name"`
		URLs     []string `json:"urls"`             // of the page that students open
		Board    string   `json:"board"`            // the URL of the board that everybody may look at
		Code     string   `json:"code"`             // what students type
		Seats    int      `json:"seats"`            // how many
		Taken    int      `json:"taken"`            // how many of them
		Locked   bool     `json:"locked"`           // nobody is let in
		Private  bool     `json:"private"`          // each seat is in a network of its own
		Lesson   string   `json:"lesson,omitempty"` // whose exercise it is
	}
	jsonClassSeat struct {
		jsonHead                    // seat
		Seat     string             `json:"seat"`               // its name
		Name     string             `json:"name"`               // of the student who sits there
		Since    time.Time          `json:"since"`              // when that began
		Pages    int                `json:"pages"`              // how many show it now
		Running  bool               `json:"running"`            // its program does
		Plain    bool               `json:"plain"`              // it has lines and no screen
		Progress *jsonClassProgress `json:"progress,omitempty"` // with the exercise
	}
	jsonClassProgress struct {
		Met     int  `json:"met"`     // expectations, at the last check
		Of      int  `json:"of"`      // how many there are
		Checks  int  `json:"checks"`  // how many
		Hints   int  `json:"hints"`   // that were shown
		Resets  int  `json:"resets"`  // how often the network was built anew
		Solved  bool `json:"solved"`  // all were met once
		Seconds int  `json:"seconds"` // from the beginning until it was solved, or until now
	}
	jsonClassStanding struct {
		jsonHead           // standing
		Number   int64     `json:"number"`         // for class undo
		Made     time.Time `json:"made"`           // when
		Seat     string    `json:"seat,omitempty"` // in whose network; none: in the LAN of all
		Text     string    `json:"text"`           // of the fault
		Undo     string    `json:"undo"`           // the fault that ends it
	}
)

func progressOf(p *class.Progress) *jsonClassProgress {
	if p == nil {
		return nil
	}
	return &jsonClassProgress{p.Met, p.Of, p.Checks, p.Hints, p.Resets, p.Solved, p.Seconds}
}

func printClassObjects(out io.Writer, name string, now classNow) {
	writeJSON(out, jsonClassStatus{headOf("class"), name, now.URLs, now.Board, now.Code, now.Seats, len(now.taken), now.Locked, now.Private, now.Lesson})
	for _, s := range now.taken {
		writeJSON(out, jsonClassSeat{headOf("seat"), s.Host, chat.CleanRow(s.Name), s.Since, s.Pages, s.Running, s.Plain, progressOf(s.Progress)})
	}
	for _, f := range now.faults {
		writeJSON(out, jsonClassStanding{headOf("standing"), f.Number, f.Time, f.Seat, faultText(f), f.Undo})
	}
}

func printClass(out io.Writer, name string, now classNow) {
	locked := ""
	if now.Locked {
		locked = "; locked: nobody is let in (groupcast class unlock)"
	}
	of := name
	if now.Lesson != "" && now.Lesson != name {
		of += ", the exercise " + now.Lesson
	}
	fmt.Fprintf(out, "%s: %d of %s taken%s\n", of, len(now.taken), chat.Count(now.Seats, "seat"), locked)
	for _, url := range now.URLs {
		fmt.Fprintf(out, "students  %s    code %s\n", url, now.Code)
	}
	fmt.Fprintf(out, "board     %s    groupcast class key: with the teacher's key\n", now.Board)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range now.taken {
		shown := "on " + chat.Count(s.Pages, "page")
		if s.Pages == 0 {
			shown = "on no page"
		}
		if s.Plain {
			shown += ", plain"
		}
		if !s.Running {
			shown += ", no program runs"
		}
		fmt.Fprintf(t, "%s\t%s\tsince %s\t%s", s.Host, chat.CleanRow(s.Name), clock(s.Since), shown)
		if s.Progress != nil {
			fmt.Fprintf(t, "\t%s", progressText(*s.Progress))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	for _, f := range now.faults {
		where := ""
		if f.Seat != "" {
			where = f.Seat + ": "
		}
		fmt.Fprintf(out, "fault %d at %s  %s%s    ends by: groupcast class undo %d\n", f.Number, clock(f.Time), where, faultText(f), f.Number)
	}
}

// faultText is a fault in the words that make it.
func faultText(e class.BoardEvent) string {
	return chat.CleanRow(strings.TrimPrefix(e.Text, "fault: "))
}

// progressText is how far a student is.
func progressText(p class.Progress) string {
	text := fmt.Sprintf("%d of %d met", p.Met, p.Of)
	if p.Solved {
		text = "solved in " + clockText(p.Seconds)
	}
	if p.Hints > 0 {
		text += ", " + chat.Count(p.Hints, "hint")
	}
	return text
}
