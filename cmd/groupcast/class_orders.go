package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

// classKind is the kind of a lab that is a class: see [lab.Remote.Kind].
const classKind = "class"

// The orders that other terminals give a class.
const (
	orderStatus = "status"
	orderReset  = "reset"
	orderLock   = "lock"
	orderUnlock = "unlock"
)

// classNews is what a class says about an order. One of its fields is set.
type classNews struct {
	Class *classState  `json:",omitempty"`
	Seat  *class.State `json:",omitempty"` // where somebody sits
}

// classState is how a class stands.
type classState struct {
	URLs   []string
	Code   string
	Seats  int // how many
	Locked bool
}

// service is what a class is to other terminals: its hosts are out of their reach.
func (r *classRun) service() lab.Service {
	return lab.Service{
		Kind: classKind,
		Down: func() { r.class.Close() },
		Order: func(_ context.Context, words []string, tell func(any) error) error {
			switch {
			case words[0] == orderStatus:
				err := tell(classNews{Class: &classState{r.urls, r.class.Code(), r.cfg.Seats, r.class.Locked()}})
				for _, s := range r.taken() {
					if err == nil {
						err = tell(classNews{Seat: &s})
					}
				}
				return err
			case words[0] == orderReset && len(words) == 2:
				return r.reset(words[1])
			case words[0] == orderLock, words[0] == orderUnlock:
				r.class.Lock(words[0] == orderLock)
				return nil
			}
			return fmt.Errorf("%q is no order of this version", words[0])
		},
	}
}

// reset ends the program of a seat.
func (r *classRun) reset(seat string) error {
	seats := r.class.Seats()
	for _, s := range seats {
		if strings.EqualFold(s.Host, seat) {
			return r.class.Reset(s.Host)
		}
	}
	return fmt.Errorf("no seat %q: there are %s to %s", seat, seats[0].Host, seats[len(seats)-1].Host)
}

// dialClass finds the class that is meant: by its name, or as the only one that runs.
func dialClass(args []string) (*lab.Remote, error) {
	running := runningClasses()
	var names []string
	for _, r := range running {
		if len(args) > 0 && r.Name() == args[0] {
			return r, nil
		}
		names = append(names, r.Name())
	}
	switch {
	case len(args) > 0 && len(names) > 0:
		return nil, fmt.Errorf("%w (%s)", didYouMean(fmt.Errorf("no class of the name %q runs", args[0]), lab.Nearest(args[0], names)), there("running", names))
	case len(args) > 0:
		return nil, &mcast.Advised{Err: fmt.Errorf("no class of the name %q runs", args[0]), Advice: startClass}
	case len(names) == 0:
		return nil, &mcast.Advised{Err: errors.New("no class runs"), Advice: startClass}
	case len(names) > 1:
		return nil, usageError{fmt.Errorf("%d classes run: name one of %s", len(names), strings.Join(names, ", "))}
	}
	return running[0], nil
}

const startClass = "groupcast class starts one, in another terminal"

// runningClasses are the classes of the user that run.
func runningClasses() (list []*lab.Remote) {
	names, _ := runningLabs()
	for _, name := range names {
		if r, err := lab.Dial(name); err == nil && r.Kind() == classKind {
			list = append(list, r)
		}
	}
	return list
}

func completeRunningClasses(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, r := range runningClasses() {
			out = append(out, r.Name())
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// seatsTaken asks a class how it stands.
func seatsTaken(ctx context.Context, r *lab.Remote) (state classState, taken []class.State, err error) {
	err = r.Order(ctx, []string{orderStatus}, func(b json.RawMessage) {
		var news classNews
		if json.Unmarshal(b, &news) != nil {
			return
		}
		if news.Class != nil {
			state = *news.Class
		}
		if news.Seat != nil {
			taken = append(taken, *news.Seat)
		}
	})
	return state, taken, err
}

func newClassStatus(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show who sits where in a running class, with its code",
		Long: `Show how a running class stands: its page and its code, and for each seat that is taken the student's name, since when,
how many pages show it, and whether its program runs. NAME may be left out if only one class runs.`,
		Example: `  groupcast class status
  groupcast class status --json classroom`,
		Args:              atMost(1),
		ValidArgsFunction: completeRunningClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			state, taken, err := seatsTaken(cmd.Context(), r)
			if err != nil {
				return err
			}
			printClass(cmd.OutOrStdout(), set.json, r.Name(), state, taken)
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
		URLs     []string `json:"urls"`   // of the page that students open
		Code     string   `json:"code"`   // what students type
		Seats    int      `json:"seats"`  // how many
		Taken    int      `json:"taken"`  // how many of them
		Locked   bool     `json:"locked"` // nobody is let in
	}
	jsonClassSeat struct {
		jsonHead           // seat
		Seat     string    `json:"seat"`    // the name of its host
		Name     string    `json:"name"`    // of who sits there
		Since    time.Time `json:"since"`   // when that began
		Pages    int       `json:"pages"`   // how many show it now
		Running  bool      `json:"running"` // its program does
		Plain    bool      `json:"plain"`   // it has lines and no screen
	}
)

func printClass(out io.Writer, json bool, name string, state classState, taken []class.State) {
	if json {
		writeJSON(out, jsonClassStatus{headOf("class"), name, state.URLs, state.Code, state.Seats, len(taken), state.Locked})
		for _, s := range taken {
			writeJSON(out, jsonClassSeat{headOf("seat"), s.Host, chat.CleanRow(s.Name), s.Since, s.Pages, s.Running, s.Plain})
		}
		return
	}
	locked := ""
	if state.Locked {
		locked = "; locked: nobody is let in (groupcast class unlock)"
	}
	fmt.Fprintf(out, "%s: %d of %s taken%s\n", name, len(taken), chat.Count(state.Seats, "seat"), locked)
	for _, url := range state.URLs {
		fmt.Fprintf(out, "students  %s    code %s\n", url, state.Code)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer t.Flush()
	for _, s := range taken {
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
		fmt.Fprintf(t, "%s\t%s\tsince %s\t%s\n", s.Host, chat.CleanRow(s.Name), clock(s.Since), shown)
	}
}

func newClassReset() *cobra.Command {
	return &cobra.Command{
		Use:   "reset SEAT [NAME]",
		Short: "End the program of a seat; its student can start it again",
		Long: `End the program of a seat, and all that it started. The student stays, and starts it again with enter. SEAT is the name
of its host, as in H7. NAME may be left out if only one class runs.`,
		Args: arguments(1, 2, "SEAT, as in: H7"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) (out []string, d cobra.ShellCompDirective) {
			if len(args) > 0 {
				return completeRunningClasses(cmd, args[1:], word)
			}
			if r, err := dialClass(nil); err == nil {
				_, taken, _ := seatsTaken(cmd.Context(), r)
				for _, s := range taken {
					out = append(out, s.Host+"\t"+chat.CleanRow(s.Name))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args[1:])
			if err != nil {
				return err
			}
			return r.Order(cmd.Context(), []string{orderReset, args[0]}, nil)
		},
	}
}

// newClassOrder is a command that gives a class an order of one word.
func newClassOrder(order, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: order + " [NAME]", Short: short, Long: long + " NAME may be left out if only one class runs.",
		Args: atMost(1), ValidArgsFunction: completeRunningClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			return r.Order(cmd.Context(), []string{order}, nil)
		},
	}
}

func newClassLock() *cobra.Command {
	return newClassOrder(orderLock, "Let no more students into a running class", "Let no more students into a running class. Those who sit there stay.")
}

func newClassUnlock() *cobra.Command {
	return newClassOrder(orderUnlock, "Let students into a running class again",
		"Let students into a running class again, with its code. It also forgets the wrong codes, of which 60 lock a class.")
}

func newClassDown() *cobra.Command {
	return &cobra.Command{
		Use:               "down [NAME]",
		Short:             "End a running class and every process in it",
		Long:              "End a running class, its LAN and every process in it. Pages say that it is over. NAME may be left out if only one class runs.",
		Args:              atMost(1),
		ValidArgsFunction: completeRunningClasses,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := dialClass(args)
			if err != nil {
				return err
			}
			return r.Down()
		},
	}
}
