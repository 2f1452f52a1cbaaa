package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/class"
	"github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/lab"
)

// classFlags are the flags of a class.
type classFlags struct {
	seats  int
	listen string
	code   string
	idle   time.Duration
	name   string
	asRoot bool
	tls    bool
	mode   classMode

	results string // file
}

// Limits of a class. mostSeats is what a classroom can have hosts.
const (
	mostSeats = 250
	leastIdle = time.Second
	freeAfter = 2 * time.Hour
)

func newClass(set *settings) *cobra.Command {
	var f classFlags
	cmd := &cobra.Command{
		Use:   "class [TOPOLOGY|LESSON|FILE]",
		Short: "A class: students open a page in a browser, and sit at the hosts of a LAN",
		Long: `Start a class. It builds a LAN inside this computer, and serves a page. A student opens the page in a browser, types
the code and a name, and sits at a host of the LAN, with the screen of groupcast. Students install nothing.

With --exercise each student has a network of their own instead, with the fault of a lesson's exercise in
it, and a shell in each of its hosts to find and mend it. --private gives each student a copy of any topology.

Without --listen only this computer reaches the page. --listen :8080 lets the network reach it, by plain HTTP: whoever
is on that network can read along, unless --tls encrypts it. The board at /board shows who hears whom, for a
projector. With the teacher's key it makes faults, too. The class ends with ctrl+c or groupcast class down, and every
process in it.

The programs of the seats are confined: they do not reach your files, your programs and your network. It needs Linux
with Landlock, and no root. TOPOLOGY is one in groupcast lab list, or classroom if it is left out.`,
		Example: `  groupcast class                           30 seats; only this computer reaches the page
  groupcast class --listen :8080 --tls      the network reaches it, and cannot read along
  groupcast class --seats 12 --listen :8080
  groupcast class routed                    a seat at each of the hosts A, B, C and D
  groupcast class article --exercise        each student mends a network of their own
  groupcast class article --exercise --results monday.csv
  groupcast class status                    in another terminal: who sits where
  groupcast class fault cut H2.eth0
  groupcast class down`,
		Args:              atMost(1),
		ValidArgsFunction: completeClasses,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.prepare(cmd, args)
			if err != nil {
				return err
			}
			r.set = set
			return r.run(cmd)
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	set.has(cmd, "json", "quiet")
	flags := cmd.Flags()
	flags.IntVar(&f.seats, "seats", labSize, fmt.Sprintf("number of seats, 1 to %d; in a topology other than classroom at most its hosts (the default there)", mostSeats))
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "serve the page at `ADDRESS:PORT`; :8080 is every address of this computer")
	flags.StringVar(&f.code, "code", "", "the `CODE` that students type, 6 to 32 letters and digits; other users of this computer can see the command line (default: a new one)")
	timeFlag(flags, &f.idle, "idle", "", 20*time.Minute, "end the program of a seat where nobody has typed for this time, and that no page shows")
	flags.StringVar(&f.name, "name", "", "call the class `NAME`, so that several can run at once (default: the topology's name)")
	flags.BoolVar(&f.asRoot, "as-root", false, "run it as root: the server that students reach then has the rights of root (the programs of the seats run as nobody)")
	flags.BoolVar(&f.tls, "tls", false, "serve the pages by HTTPS, with a certificate of this computer whose SHA-256 is printed; browsers ask once whether to trust it")
	f.mode.add(flags)
	flags.StringVar(&f.results, "results", "", "with --exercise: keep what students have met in the new `FILE`, .csv or .json, at most once a minute and at the end")
	cmd.RegisterFlagCompletionFunc("results", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"csv", "json"}, cobra.ShellCompDirectiveFilterFileExt
	})
	cmd.AddCommand(newClassStatus(set), newClassKey(), newClassFault(), newClassUndo(), newClassResults(set), newClassReset(), newClassFree(),
		newClassLock(), newClassUnlock(), newClassDown())
	return cmd
}

// prepare checks what was typed.
func (f *classFlags) prepare(cmd *cobra.Command, args []string) (*classRun, error) {
	arg := "classroom"
	if len(args) > 0 {
		arg = args[0]
	}
	chosen := cmd.Flags().Changed("seats")
	if f.seats < 1 || f.seats > mostSeats {
		err := fmt.Errorf("--seats %d: want 1 to %d", f.seats, mostSeats)
		if f.seats > mostSeats {
			err = &mcast.Advised{Err: err, Advice: "for more students, start a class on a second computer"}
		}
		return nil, usageError{err}
	}
	if f.idle < leastIdle {
		return nil, usageError{fmt.Errorf("--idle %s: at least %s", f.idle, leastIdle)}
	}
	at, err := parseListen(f.listen)
	if err != nil {
		return nil, usageError{err}
	}
	if f.code == "" && cmd.Flags().Changed("code") {
		return nil, usageError{badCode(errors.New("it is empty"))}
	}
	if f.code != "" {
		if _, err := class.CheckCode(f.code); err != nil {
			return nil, usageError{badCode(err)}
		}
	}
	if cmd.Flags().Changed("results") && f.results == "" { // as of a variable that is not set
		return nil, checkResults("")
	}
	if err := f.mode.check(len(args) > 0, f.results); err != nil {
		return nil, err
	}
	what, err := f.mode.find(cmd, arg, f.seats)
	if err != nil {
		return nil, err
	}
	t := what.topology
	seats := seatsOf(t)
	switch {
	case seats == 0:
		return nil, usageError{fmt.Errorf("%s has no host for a student", arg)}
	case what.private:
		seats = f.seats
	case chosen && f.seats > seats:
		return nil, usageError{&mcast.Advised{
			Err:    fmt.Errorf("--seats %d: %s has %d hosts for students", f.seats, arg, seats),
			Advice: "leave --seats out, or take classroom, which has any number of hosts; --private gives each student a copy of it",
		}}
	case chosen:
		seats = f.seats
	case seats > mostSeats:
		return nil, usageError{fmt.Errorf("%s has %d hosts for students: name a number of them, --seats 1 to %d", arg, seats, mostSeats)}
	}
	if isRoot() && !f.asRoot {
		return nil, &mcast.Advised{Err: errClassAsRoot, Advice: "start it as another user, since it needs no root; or, if that cannot be: --as-root"}
	}
	if err := what.needs(); err != nil {
		return nil, err
	}
	name := f.name
	if name == "" {
		name = labName(strings.TrimSuffix(filepath.Base(arg), filepath.Ext(arg)))
	}
	cfg := class.Config{
		Topology: t, Seats: seats, Code: f.code, Idle: f.idle, Free: max(freeAfter, f.idle), Screen: screenOfSeat, Plain: linesOfSeat, Limits: seatLimits,
		Lesson: what.lesson, Private: what.private, Shell: what.shell, Files: identityOfSeat,
	}
	return &classRun{name: name, arg: arg, at: at, cfg: cfg, tls: f.tls, resultsTo: f.results}, nil
}

var errClassAsRoot = errors.New("class: not as root: the server that students reach would have the rights of root")

func badCode(err error) error {
	return &mcast.Advised{Err: fmt.Errorf("--code: %w", err), Advice: "as in K7MQ4R; leave it out for a new one"}
}

// seatsOf is how many hosts a student can sit at.
func seatsOf(t lab.Topology) (n int) {
	for _, h := range t.Hosts {
		if !h.Router {
			n++
		}
	}
	return n
}

// isRoot reports whether the user is root, or may be outside of a namespace.
func isRoot() bool {
	if os.Geteuid() != 0 {
		return false
	}
	var inside, outside int
	text, err := os.ReadFile("/proc/self/uid_map")
	if err == nil {
		_, err = fmt.Sscan(string(text), &inside, &outside)
	}
	return err != nil || inside == outside
}

// screenOfSeat are the arguments of the program in a seat with a screen.
func screenOfSeat(name string) []string {
	return []string{"chat", "--seat", "--heard-json", "--name=" + name}
}

// identityOfSeat is one for a student, whose programs have it as long as the student sits
// there: to others they are one and the same.
func identityOfSeat() map[string][]byte {
	path, text := identity.New()
	return map[string][]byte{filepath.Join(".config", path): text}
}

// linesOfSeat is the same in a seat without one.
func linesOfSeat(name string) []string {
	return []string{"chat", "--seat", "--plain", "--name=" + name}
}
