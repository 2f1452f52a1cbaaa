package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/class"
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
		Use:   "class [TOPOLOGY|FILE]",
		Short: "A class: students open a page in a browser, and sit at the hosts of a LAN",
		Long: `Start a class. It builds a LAN inside this computer, and serves a page. A student opens the page in a browser, types
the code and a name, and sits at a host of the LAN, with the screen of groupcast. Students install nothing.

Without --listen only this computer reaches the page. --listen :8080 lets the network reach it, by plain HTTP: whoever
is on that network can read along. The class ends with ctrl+c or groupcast class down, and every process in it.

The programs of the seats are confined: they do not reach your files, your programs and your network. It needs Linux
with Landlock, and no root. TOPOLOGY is one in groupcast lab list, or classroom if it is left out.`,
		Example: `  groupcast class                           30 seats; only this computer reaches the page
  groupcast class --listen :8080            the network reaches it
  groupcast class --seats 12 --listen :8080
  groupcast class routed                    a seat at each of the hosts A, B, C and D
  groupcast class status                    in another terminal: who sits where
  groupcast class down`,
		Args:              atMost(1),
		ValidArgsFunction: completeClassTopologies,
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
	cmd.AddCommand(newClassStatus(set), newClassReset(), newClassLock(), newClassUnlock(), newClassDown())
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
			err = &mcast.Advised{Err: err, Advice: "a LAN has that many hosts; for more students, start a class on a second computer"}
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
	t, err := topology(cmd.Context(), arg, f.seats)
	if err != nil {
		return nil, noClass(cmd, arg, err)
	}
	seats := seatsOf(t)
	switch {
	case seats == 0:
		return nil, usageError{fmt.Errorf("%s has no host for a student", arg)}
	case chosen && f.seats > seats:
		return nil, usageError{&mcast.Advised{
			Err:    fmt.Errorf("--seats %d: %s has %d hosts for students", f.seats, arg, seats),
			Advice: "leave --seats out, or take classroom, which has any number of hosts",
		}}
	case chosen:
		seats = f.seats
	case seats > mostSeats:
		return nil, usageError{fmt.Errorf("%s has %d hosts for students: name a number of them, --seats 1 to %d", arg, seats, mostSeats)}
	}
	if isRoot() && !f.asRoot {
		return nil, &mcast.Advised{Err: errClassAsRoot, Advice: "start it as another user, since it needs no root; or, if that cannot be: --as-root"}
	}
	name := f.name
	if name == "" {
		name = labName(strings.TrimSuffix(filepath.Base(arg), filepath.Ext(arg)))
	}
	return &classRun{
		name: name, at: at,
		cfg: class.Config{
			Topology: t, Seats: seats, Code: f.code, Idle: f.idle, Free: max(freeAfter, f.idle), Screen: screenOfSeat, Plain: linesOfSeat, Limits: seatLimits,
		},
	}, nil
}

// noClass says what may have been meant, where neither a topology nor a file was named.
func noClass(cmd *cobra.Command, arg string, err error) error {
	if _, e := os.Stat(arg); !errors.Is(e, fs.ErrNotExist) || strings.ContainsRune(arg, filepath.Separator) {
		return err
	}
	var near []string
	for _, name := range cmd.SuggestionsFor(arg) {
		near = append(near, "groupcast class "+name)
	}
	return &mcast.Advised{Err: didYouMean(err, near), Advice: "groupcast lab list shows the topologies"}
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
func screenOfSeat(name string) []string { return []string{"chat", "--seat", "--name=" + name} }

// linesOfSeat is the same in a seat without one.
func linesOfSeat(name string) []string {
	return []string{"chat", "--seat", "--plain", "--name=" + name}
}

// completeClassTopologies offers topologies, and files.
func completeClassTopologies(_ *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, n := range lab.Topologies() {
		out = append(out, n.Name+"\t"+n.Title)
	}
	return out, cobra.ShellCompDirectiveDefault
}
