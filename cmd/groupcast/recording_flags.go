package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// leastFile is the smallest size that a file may be bounded to: frames and headers fit into it.
const leastFile = 64 << 10

// recordFlags name a file for the datagrams.
func recordFlags(cmd *cobra.Command, r *recording) {
	flags := cmd.Flags()
	flags.Var((*recordValue)(&r.file), "record", "write the datagrams to a pcapng `FILE` too; -: standard output")
	bytesFlag(flags, &r.rotate, "rotate", 0, "with --record: begin a new file when one reaches this `SIZE`, such as 64MiB; 0: one file, 1GiB at most")
	flags.IntVar(&r.keep, "keep", 0, "with --rotate: keep the last `N` files, and delete the older ones; 0: keep all, 1GiB at most")
}

// recordValue is the name of a file, once.
type recordValue string

var errRecordTwice = errors.New("a run has one recording: give --record once")

// Set implements pflag.Value.
func (v *recordValue) Set(text string) error {
	switch {
	case text == "":
		return errors.New("want the name of a file")
	case *v != "":
		return errRecordTwice
	}
	*v = recordValue(text)
	return nil
}

// String implements pflag.Value.
func (v *recordValue) String() string { return string(*v) }

// Type implements pflag.Value.
func (v *recordValue) Type() string { return "string" }

// check looks at the flags. A recording on standard output takes the place of what
// the command prints there, which is refused beside some flags; they are named if
// they were used.
func (r *recording) check(out io.Writer, beside ...string) error {
	usage := func(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
	switch {
	case r.rotate < 0 || r.keep < 0:
		return usage("--rotate and --keep: want 0 or more")
	case r.file == "" && (r.rotate > 0 || r.keep > 0):
		return usage("--rotate and --keep are about a recording: name its file with --record FILE")
	case r.rotate > 0 && r.rotate < leastFile:
		return usage("--rotate %s: want %s or more", bytesText(r.rotate), bytesText(leastFile))
	case r.keep > 0 && r.rotate == 0:
		return usage("--keep %d: there is one file, unless --rotate SIZE begins others", r.keep)
	case r.file != "-":
		return nil
	case r.rotate > 0:
		return usage("--record - and --rotate: standard output is one file")
	case isTerminal(out):
		return usage("--record -: a recording goes into a pipe or a file only, not on a terminal")
	case len(beside) > 0:
		return usage("--record - and %s: both would be on standard output", strings.Join(beside, ", "))
	}
	return nil
}

// besides are the flags that are on.
func besides(flags map[string]bool) (on []string) {
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		if flags[name] {
			on = append(on, name)
		}
	}
	return on
}
