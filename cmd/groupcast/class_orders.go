package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	Class *classState       `json:",omitempty"`
	Seat  *takenSeat        `json:",omitempty"`
	Fault *class.BoardEvent `json:",omitempty"` // that stands
}

// takenSeat is a seat where somebody sits.
type takenSeat struct {
	class.State
	Progress *class.Progress // nil: there is no exercise
}

// classNow is how a class stands, as another terminal is told.
type classNow struct {
	classState
	taken  []takenSeat
	faults []class.BoardEvent // that can be undone
}

// classState is how a class stands.
type classState struct {
	URLs   []string
	Code   string
	Seats  int // how many
	Locked bool

	Board   string // its URL, without a key
	Private bool
	Lesson  string   // whose exercise it is; "": none
	Places  []string // of faults: hosts and interfaces, as in A and A.eth0
}

// service is what a class is to other terminals: its hosts are out of their reach.
func (r *classRun) service() lab.Service {
	return lab.Service{
		Kind: classKind,
		Down: func() { r.class.Close() },
		Order: func(_ context.Context, words []string, tell func(any) error) error {
			if ok, err := r.teach(words); ok {
				return err
			}
			if ok, err := r.ask(words, tell); ok {
				return err
			}
			switch {
			case words[0] == orderStatus:
				return r.status(tell)
			case words[0] == orderReset && len(words) == 2:
				seat, err := r.seatNamed(words[1])
				if err == nil {
					err = r.class.Reset(seat)
				}
				return err
			case words[0] == orderLock, words[0] == orderUnlock:
				r.class.Lock(words[0] == orderLock)
				return nil
			}
			return fmt.Errorf("%q is no order of this version", words[0])
		},
	}
}

// status tells how the class stands.
func (r *classRun) status(tell func(any) error) error {
	board := r.class.Board()
	state := &classState{
		URLs: r.urls, Code: r.class.Code(), Seats: r.cfg.Seats, Locked: board.Locked,
		Board: r.board(), Private: board.Private, Lesson: board.Lesson, Places: r.places(),
	}
	err := tell(classNews{Class: state})
	progress := map[string]*class.Progress{}
	for _, s := range board.Seats {
		progress[s.Seat] = s.Progress
	}
	for _, s := range r.taken() {
		if err == nil {
			err = tell(classNews{Seat: &takenSeat{s, progress[s.Host]}})
		}
	}
	for _, e := range faultsStanding(board) {
		if err == nil {
			err = tell(classNews{Fault: &e})
		}
	}
	return err
}

// places are those that faults can be made at.
func (r *classRun) places() (list []string) {
	for _, h := range r.cfg.Topology.Hosts {
		list = append(list, h.Name)
		for _, i := range h.Interfaces {
			list = append(list, h.Name+"."+i.Name)
		}
	}
	return list
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

// orderClass gives a class an order.
func orderClass(ctx context.Context, r *lab.Remote, words ...string) error {
	return saidByClass(r, r.Order(ctx, words, nil))
}

// saidByClass is an error that a class has answered an order with: it is not that of a lab.
func saidByClass(r *lab.Remote, err error) error {
	if said := errors.Unwrap(err); said != nil {
		err = fmt.Errorf("class %s: %w", r.Name(), said)
	}
	return err
}

func completeRunningClasses(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, r := range runningClasses() {
			out = append(out, r.Name())
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// askNow asks a class how it stands.
func askNow(ctx context.Context, r *lab.Remote) (now classNow, err error) {
	news, err := askClass[classNews](ctx, r, orderStatus)
	for _, n := range news {
		switch {
		case n.Class != nil:
			now.classState = *n.Class
		case n.Seat != nil:
			now.taken = append(now.taken, *n.Seat)
		case n.Fault != nil:
			now.faults = append(now.faults, *n.Fault)
		}
	}
	return now, err
}

// completeSeats offers the seats where somebody sits, and then classes.
func completeSeats(cmd *cobra.Command, args []string, word string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completeRunningClasses(cmd, args[1:], word)
	}
	if r, err := dialClass(nil); err == nil {
		now, _ := askNow(cmd.Context(), r)
		for _, s := range now.taken {
			out = append(out, s.Host+"\t"+chat.CleanRow(s.Name))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func newClassReset() *cobra.Command {
	return &cobra.Command{
		Use:   "reset SEAT [NAME]",
		Short: "End the program of a seat; its student can start it again",
		Long: `End the program of a seat, and all that it started. The student stays, and starts it again with enter. Where students
have networks of their own, the network of the seat is built anew, as it was at the beginning. SEAT is the name of the
seat, as in H7. NAME may be left out if only one class runs.`,
		Args:              arguments(1, 2, "SEAT, as in: H7"),
		ValidArgsFunction: completeSeats,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args[1:])
			if err != nil {
				return err
			}
			return orderClass(cmd.Context(), r, orderReset, args[0])
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
			return orderClass(cmd.Context(), r, order)
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
