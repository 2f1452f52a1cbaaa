package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/identity"
)

// sameEverywhere are the flags that mean the same to all commands: one variable
// sets them for all.
var sameEverywhere = []string{
	"interface", "source", "ttl", "loopback", "multicast-all", "json", "quiet", "trace", "timeout", "wait",
	"verbose", "ipv4", "ipv6", "ascii", "theme", "mouse", "notify", "plain",
	"plain-only", "ephemeral", "frame-port", "key-file", "passphrase-file",
	"hub", "site", "creds", "tls-ca", "js-domain",
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
	if err := mistypedSecret(os.Environ()); err != nil {
		return err
	}
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

// secretWords are those of variables by which a secret may have been meant.
var secretWords = []string{"KEY", "PASS", "SECRET", "PSK", "SEAL"}

// mistypedSecret refuses a variable that sounds like a room's secret and is none: what was
// to be sealed would be open. Its value is not told. Other variables that nothing reads
// are left alone: they may be of another version.
func mistypedSecret(environment []string) error {
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		word, ok := strings.CutPrefix(name, "GROUPCAST_")
		sounds := func(part string) bool { return strings.Contains(word, part) }
		if !ok || value == "" || name == identity.EnvName || !slices.ContainsFunc(secretWords, sounds) {
			continue
		}
		if slices.Contains([]string{"KEY_FILE", "PASSPHRASE_FILE", "KEYGEN_KEY"}, word) {
			continue // of flags
		}
		return usageError{&mcast.Advised{
			Err:    fmt.Errorf("%s is not a variable of groupcast, so it would seal nothing", chat.CleanRow(name)),
			Advice: "GROUPCAST_PASSPHRASE is the passphrase; GROUPCAST_PASSPHRASE_FILE and GROUPCAST_KEY_FILE name files; or unset " + chat.CleanRow(name),
		}}
	}
	return nil
}
