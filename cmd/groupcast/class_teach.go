package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/lab"
)

// The orders of a teacher's other terminals that change a class.
const (
	orderFault = "fault" // SEAT, which may be "", and the words of lab.ParseFault
	orderUndo  = "undo"  // the number of what happened; none: the last that can be undone
	orderFree  = "free"  // SEAT
)

// teach carries out what a teacher orders; ok is false for another order.
func (r *classRun) teach(words []string) (ok bool, err error) {
	switch {
	case words[0] == orderFault && len(words) > 2:
		seat, err := "", error(nil)
		if words[1] != "" {
			seat, err = r.seatNamed(words[1])
		}
		if err == nil {
			err = r.class.Fault(seat, words[2:])
		}
		if errors.Is(err, class.ErrSeat) {
			err = r.noNetwork(seat, strings.Join(words[2:], " "))
		}
		return true, err
	case words[0] == orderUndo && len(words) <= 2:
		return true, r.undo(words[1:])
	case words[0] == orderFree && len(words) == 2:
		seat, err := r.seatNamed(words[1])
		if err == nil {
			err = r.class.Free(seat)
		}
		return true, err
	}
	return false, nil
}

// noNetwork says where a fault can be made that no network was found for.
func (r *classRun) noNetwork(seat, fault string) error {
	switch {
	case seat == "":
		return fmt.Errorf("each student has a network of their own: say whose, as in groupcast class fault %s %s", r.class.Seats()[0].Host, fault)
	case !r.cfg.Private:
		return fmt.Errorf("all are on one LAN: leave the seat out, as in groupcast class fault %s", fault)
	}
	return fmt.Errorf("%s has no network now: nobody sits there, or it is being built", seat)
}

// seatNamed is the name of a seat as the class has it.
func (r *classRun) seatNamed(name string) (string, error) {
	seats := r.class.Seats()
	for _, s := range seats {
		if strings.EqualFold(s.Host, name) {
			return s.Host, nil
		}
	}
	return "", fmt.Errorf("no seat %q: there are %s to %s", name, seats[0].Host, seats[len(seats)-1].Host)
}

// undo ends a fault by its number, or the last that stands.
func (r *classRun) undo(words []string) error {
	stand := faultsStanding(r.class.Board())
	switch {
	case len(stand) == 0:
		return errors.New("no fault stands that was made here")
	case len(words) == 0:
		return r.class.Undo(stand[len(stand)-1].Number)
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no number of a fault", words[0])
	}
	var numbers []string
	for _, e := range stand {
		if e.Number == n {
			return r.class.Undo(n)
		}
		numbers = append(numbers, strconv.FormatInt(e.Number, 10))
	}
	return fmt.Errorf("no fault %d stands: there is %s", n, strings.Join(numbers, ", "))
}

// faultsStanding are the faults of a board's log that can be undone, the oldest first.
func faultsStanding(b class.Board) (list []class.BoardEvent) {
	for _, e := range b.Log {
		if e.Undo != "" {
			list = append(list, e)
		}
	}
	return list
}

// classNamed is a flag of the commands whose arguments say something else.
func classNamed(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "name", "", "the class is called `NAME` (it may be left out if only one runs)")
	cmd.RegisterFlagCompletionFunc("name", func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return completeRunningClasses(cmd, nil, word)
	})
}

// dialNamed is dialClass, by a flag.
func dialNamed(name string) (*lab.Remote, error) {
	if name == "" {
		return dialClass(nil)
	}
	return dialClass([]string{name})
}

func newClassFault() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "fault [SEAT] FAULT HOST[.INTERFACE] [VALUE]",
		Short: "Make a fault in the LAN of a running class, or end it",
		Long: `Make a fault in the LAN of a running class, or end it. The faults are those of groupcast lab fault: cut, heal, loss,
delay, down, up, delete, make, firewall, rp_filter and kill. Where each student has a network of their own, SEAT says
whose it is. The board shows each fault, and groupcast class undo ends it.`,
		Example: `  groupcast class fault cut H2.eth0
  groupcast class fault loss H3.eth0 30%
  groupcast class fault S1 firewall B in     in the network of the student at S1
  groupcast class undo`,
		Args:              arguments(2, -1, "a fault, as in: cut H2.eth0"),
		ValidArgsFunction: completeClassFault,
		RunE: func(cmd *cobra.Command, args []string) error {
			seat, args, err := seatAndFault(args)
			if err != nil {
				return usageError{err}
			}
			r, err := dialNamed(name)
			if err != nil {
				return err
			}
			return orderClass(cmd.Context(), r, append([]string{orderFault, seat}, args...)...)
		},
	}
	classNamed(cmd, &name)
	return cmd
}

// seatAndFault takes a seat from words that may begin with one, as no fault is called.
func seatAndFault(words []string) (seat string, fault []string, err error) {
	if _, err = lab.ParseFault(words); err == nil {
		return "", words, nil
	}
	if _, of := lab.ParseFault(words[1:]); of == nil {
		return words[0], words[1:], nil
	} else if _, isFault := faultValues[words[0]]; !isFault && len(words) > 2 {
		err = of
	}
	return "", nil, err
}

// completeClassFault offers faults, and seats before them.
func completeClassFault(cmd *cobra.Command, args []string, word string) (out []string, _ cobra.ShellCompDirective) {
	name, _ := cmd.Flags().GetString("name")
	r, err := dialNamed(name)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	now, _ := askNow(cmd.Context(), r)
	if len(args) == 0 && now.Private {
		for _, s := range now.taken {
			out = append(out, s.Host+"\t"+chat.CleanRow(s.Name))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	if len(args) > 0 {
		if _, isFault := faultValues[args[0]]; !isFault {
			args = args[1:]
		}
	}
	switch len(args) {
	case 0:
		for kind := range faultValues {
			out = append(out, kind)
		}
	case 1:
		out = faultPlaces(now.Places, args[0])
	case 2:
		out = faultValues[args[0]]
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// faultPlaces are the places of a class where a fault of a kind can be made: hosts,
// interfaces, or both.
func faultPlaces(places []string, kind string) (out []string) {
	ofHost := kind == "kill" || kind == "firewall" || kind == "rp_filter"
	for _, p := range places {
		if isInterface := strings.ContainsRune(p, '.'); isInterface && kind != "kill" && kind != "firewall" || !isInterface && ofHost {
			out = append(out, p)
		}
	}
	return out
}

func newClassUndo() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "undo [NUMBER]",
		Short: "End the last fault in a running class, or the one of that number",
		Long: `End a fault that groupcast class fault or the board has made: the last that stands, or the one whose number groupcast
class status shows.`,
		Args:              atMost(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if n, err := strconv.ParseInt(args[0], 10, 64); err != nil || n < 1 {
					return usageError{&mcast.Advised{Err: fmt.Errorf("%q: want the number of a fault", args[0]), Advice: "groupcast class status shows the numbers"}}
				}
			}
			r, err := dialNamed(name)
			if err != nil {
				return err
			}
			return orderClass(cmd.Context(), r, append([]string{orderUndo}, args...)...)
		},
	}
	classNamed(cmd, &name)
	return cmd
}

func newClassFree() *cobra.Command {
	return &cobra.Command{
		Use:   "free SEAT [NAME]",
		Short: "Free a seat: its student has to join again",
		Long: `Free a seat, and end its programs. The student who sat there has to join again, with the code. SEAT is its name, as in
H7. NAME may be left out if only one class runs.`,
		Args:              arguments(1, 2, "SEAT, as in: H7"),
		ValidArgsFunction: completeSeats,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := dialClass(args[1:])
			if err != nil {
				return err
			}
			return orderClass(cmd.Context(), r, orderFree, args[0])
		},
	}
}

// askClass asks a class for something, piece by piece.
func askClass[T any](ctx context.Context, r *lab.Remote, order string) (list []T, err error) {
	err = r.Order(ctx, []string{order}, func(b json.RawMessage) {
		var one T
		if json.Unmarshal(b, &one) == nil {
			list = append(list, one)
		}
	})
	return list, saidByClass(r, err)
}
