package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
)

// habits are flags of other programs, and what does the same here. Those of
// one letter and of several are told apart by their dashes.
var habits = map[string]string{
	"--passphrase": secretHabit, "--password": secretHabit, "--secret": secretHabit, "--key": secretHabit, "--psk": secretHabit,

	"-p":        "the port stands behind the address, as in 224.0.0.114:1234",
	"--port":    "the port stands behind the address, as in 224.0.0.114:1234",
	"-g":        "a group is named without a flag, as in 224.0.0.114",
	"--group":   "a group is named without a flag, as in 224.0.0.114",
	"-n":        "groupcast never looks up names of addresses, so the flag is not needed",
	"--numeric": "groupcast never looks up names of addresses, so the flag is not needed",
	"-u":        "it is always UDP",
	"--udp":     "it is always UDP",
	"-T":        "the TTL is set by --ttl",
	"-b":        "the source address is chosen by --source ADDRESS, or by -i ADDRESS",
	"-B":        "the source address is chosen by --source ADDRESS, or by -i ADDRESS",
	"--bind":    "the source address is chosen by --source ADDRESS, or by -i ADDRESS",
	"-l":        "groupcast listen prints what arrives",
}

const secretHabit = "other users of this host can see the command line: name a file, --passphrase-file FILE or --key-file FILE, or set GROUPCAST_PASSPHRASE"

// flagError is what was wrong with the flags of a command, with the flag that
// was most likely meant.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usageError{fmt.Errorf("%s %q: %w", flagName(invalid.GetFlag()), invalid.GetValue(), wanted(invalid.GetFlag(), errors.Unwrap(invalid)))}
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usageError{err}
	}
	typed := "--" + unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		typed = "-" + unknown.GetSpecifiedName()
	}
	err = fmt.Errorf("%s has no flag %s", cmd.CommandPath(), typed)
	if advice := meant(cmd, typed); advice != "" {
		err = &mcast.Advised{Err: err, Advice: advice}
	}
	return usageError{err}
}

// wanted says what a flag takes, where its error names only the parser.
func wanted(f *pflag.Flag, err error) error {
	if _, ok := errors.AsType[*strconv.NumError](err); !ok {
		return err
	}
	if f.Value.Type() == "bool" {
		return errors.New("want true or false")
	}
	return errors.New("want a whole number")
}

// flagName is a flag as it is typed.
func flagName(f *pflag.Flag) string {
	if strings.HasPrefix(f.Name, aliasPrefix) {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// meant says what a flag that a command has not was most likely meant to be:
// one with a similar name, what does the same here, or the commands that do
// have it.
func meant(cmd *cobra.Command, typed string) string {
	if advice := habits[typed]; advice == secretHabit && cmd.Flags().Lookup("passphrase-file") != nil {
		return advice
	}
	name := strings.TrimLeft(typed, "-")
	var names, near []string
	visible(cmd, func(f *pflag.Flag) { names = append(names, f.Name) })
	if len(name) > 1 {
		near = lab.Nearest(name, names)
		for _, n := range names {
			if strings.HasPrefix(n, name) && !slices.Contains(near, n) {
				near = append(near, n)
			}
		}
	}
	if len(near) > 0 {
		return "did you mean --" + strings.Join(near, " or --") + "?"
	}
	if others := having(cmd.Root(), typed); len(others) > 0 {
		return "it would do nothing here; it is a flag of groupcast " + strings.Join(others, ", ")
	}
	if advice, ok := habits[typed]; ok {
		return advice
	}
	return cmd.CommandPath() + " --help lists its flags"
}

// visible visits the flags of a command that its help shows.
func visible(cmd *cobra.Command, visit func(*pflag.Flag)) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			visit(f)
		}
	})
}

// having are the commands that have a flag, which is typed with its dashes.
func having(root *cobra.Command, typed string) (paths []string) {
	for _, cmd := range tree(root) {
		f := cmd.Flags().Lookup(strings.TrimPrefix(typed, "--"))
		if !strings.HasPrefix(typed, "--") {
			f = cmd.Flags().ShorthandLookup(strings.TrimPrefix(typed, "-"))
		}
		if f != nil && cmd != root {
			paths = append(paths, strings.TrimPrefix(cmd.CommandPath(), root.Name()+" "))
		}
	}
	return paths
}

// tree are a command and those below it that help shows.
func tree(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		if !c.Hidden && c.Name() != "help" {
			all = append(all, tree(c)...)
		}
	}
	return all
}

// usageText is the line that says how a command is typed.
func usageText(cmd *cobra.Command) string {
	return fmt.Sprintf("%s; %s --help says more", cmd.UseLine(), cmd.CommandPath())
}

// notInterval refuses ping(8)'s -i 0.2, which is no interface.
func notInterval(cmd *cobra.Command, interfaces []string) error {
	for _, name := range interfaces {
		if _, err := strconv.ParseFloat(name, 64); err == nil && strings.Contains(name, ".") && cmd.Flags().Lookup("interval") != nil {
			return usageError{&mcast.Advised{
				Err:    fmt.Errorf("-i %s: -i names an interface", name),
				Advice: "the time between two sends is --interval " + name,
			}}
		}
	}
	return nil
}
