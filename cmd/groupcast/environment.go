package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sameEverywhere are the flags that mean the same to all commands: one variable
// sets them for all.
var sameEverywhere = []string{
	"interface", "source", "ttl", "loopback", "multicast-all", "json", "quiet", "trace", "timeout", "wait",
	"verbose", "ipv4", "ipv6", "ascii", "theme", "mouse", "notify", "plain",
}

// variable is the environment variable of a command's flag: GROUPCAST_TTL, or
// with the command's name where another's flag means something else:
// GROUPCAST_LISTEN_COUNT.
func variable(cmd *cobra.Command, flag string) string {
	words := []string{"GROUPCAST"}
	if !slices.Contains(sameEverywhere, flag) {
		path := strings.Fields(cmd.CommandPath())[1:]
		if len(path) == 0 {
			path = []string{"chat"}
		}
		words = append(words, path...)
	}
	name := strings.ToUpper(strings.Join(append(words, flag), "_"))
	return strings.ReplaceAll(name, "-", "_")
}

// fromEnvironment gives every flag of a command that was not named the value of
// its variable, if that is set.
func fromEnvironment(cmd *cobra.Command) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, set := os.LookupEnv(variable(cmd, f.Name))
		_, isAlias := f.Value.(aliasValue)
		if f.Changed || !set || err != nil || f.Name == "help" || isAlias {
			return
		}
		if e := f.Value.Set(value); e != nil {
			err = usageError{fmt.Errorf("%s=%s: %w", variable(cmd, f.Name), value, wanted(f, e))}
			return
		}
		f.Changed = true
	})
	return err
}
