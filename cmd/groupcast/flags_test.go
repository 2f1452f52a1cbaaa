package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// vocabulary is what the flags are called that several commands have, or are
// to have: one meaning for a name, and for a letter.
var vocabulary = map[string]struct{ letter, takes string }{
	"interface": {"i", "stringSlice"}, "ttl": {"", "int"}, "loopback": {"", "bool"}, "multicast-all": {"", "bool"},
	"json": {"", "bool"}, "quiet": {"q", "bool"}, "verbose": {"v", "bool"}, "trace": {"", "bool"},
	"timeout": {"t", "time"}, "wait": {"W", "time"}, "interval": {"", "time"}, "watch": {"", "time"},
	"count": {"c", "int"}, "size": {"s", "int"}, "rate": {"", "rate"}, "follow": {"", "bool"},
	"version": {"V", "bool"},
	"ipv4":    {"4", "bool"}, "ipv6": {"6", "bool"},
	"ascii": {"", "bool"}, "theme": {"", "theme"}, "ui": {"", "bool"}, "plain": {"", "bool"}, "log": {"", "string"},
	"hex": {"", "string"}, "file": {"", "string"},
}

// letters that are a second one for a flag.
var secondLetters = map[string]string{"I": "interface", "w": "timeout"}

// Each flag of each command keeps to the vocabulary, each letter is of one flag
// in all commands, and docs/flags.md is what the commands have.
func TestFlagsOfAllCommands(t *testing.T) {
	root := newRoot()
	ofLetter, takes := map[string]string{}, map[string]string{}
	for _, cmd := range tree(root) {
		visible(cmd, func(f *pflag.Flag) {
			if cmd.CommandPath() == "groupcast lab check" && f.Name == "watch" {
				return // until all is met, and not for a time
			}
			v, known := vocabulary[f.Name]
			if known && (f.Shorthand != v.letter || f.Value.Type() != v.takes) {
				t.Errorf("%s: --%s is -%s %s: want -%s %s", cmd.CommandPath(), f.Name, f.Shorthand, f.Value.Type(), v.letter, v.takes)
			}
			if f.Shorthand != "" && !known {
				t.Errorf("%s: -%s is in no vocabulary", cmd.CommandPath(), f.Shorthand)
			}
			if of, ok := ofLetter[f.Shorthand]; ok && of != f.Name && f.Shorthand != "" {
				t.Errorf("%s: -%s is --%s, and elsewhere --%s", cmd.CommandPath(), f.Shorthand, f.Name, of)
			}
			ofLetter[f.Shorthand] = f.Name
			if of, ok := takes[f.Name]; ok && of != f.Value.Type() {
				t.Errorf("%s: --%s takes %s, and elsewhere %s", cmd.CommandPath(), f.Name, f.Value.Type(), of)
			}
			takes[f.Name] = f.Value.Type()
		})
		for letter, name := range secondLetters {
			if f := cmd.Flags().ShorthandLookup(letter); cmd.Flags().Lookup(name) != nil && f == nil {
				t.Errorf("%s has --%s, but not -%s", cmd.CommandPath(), name, letter)
			}
		}
	}
	checkDoc(t, "../../docs/flags.md", flagsDoc(root), "TestFlagsOfAllCommands")
}

// checkDoc holds a page of the docs against what it is made of; -update writes
// it.
func checkDoc(t *testing.T, path, want, test string) {
	t.Helper()
	if updating() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what it is made of: run go test ./cmd/groupcast -run '%s$' -update", path, test)
	}
}

func flagsDoc(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprint(&b, `# Flags

A test makes this page from the commands themselves. A flag and its letter mean the same in every command that has them, and
every flag has an effect. A time is a number of seconds, or a number with a unit: 5, 0.2, 500ms, 1m30s. A rate without a unit
is datagrams a second.

Every flag has an environment variable; the command line overrides it. If a flag means different things in two commands, the
name of the variable contains the command.

## Names that several commands have

| flag | also | commands |
|---|---|---|
`)
	has := map[string][]string{}
	also := map[string][]string{}
	for _, cmd := range tree(root)[1:] {
		path := strings.TrimPrefix(cmd.CommandPath(), "groupcast ")
		visible(cmd, func(f *pflag.Flag) { has[f.Name] = append(has[f.Name], path) })
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			a, ok := f.Value.(aliasValue)
			if !ok {
				return
			}
			text := "`--" + f.Name + "`"
			if strings.HasPrefix(f.Name, aliasPrefix) {
				text = "`-" + f.Shorthand + "`"
			}
			if !slices.Contains(also[a.of], text) {
				also[a.of] = append(also[a.of], text)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if len(has[name]) > 1 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", flagCell(root, has[name][0], name), strings.Join(also[name], " "), strings.Join(has[name], ", "))
		}
	}
	for _, cmd := range tree(root)[1:] {
		rows := ""
		visible(cmd, func(f *pflag.Flag) {
			of, usage := pflag.UnquoteUsage(f)
			name := "`--" + f.Name + "`"
			if f.Shorthand != "" {
				name = "`-" + f.Shorthand + "` " + name
			}
			if of != "" {
				name += " " + strings.ReplaceAll(of, "|", "\\|")
			}
			rows += fmt.Sprintf("| %s | %s | `%s` |\n", name, strings.ReplaceAll(usage, "|", "\\|"), variable(cmd, f.Name))
		})
		if rows != "" {
			fmt.Fprintf(&b, "\n## %s\n\n| flag | what it does | variable |\n|---|---|---|\n%s", cmd.CommandPath(), rows)
		}
	}
	for _, list := range []struct {
		title, head string
		all         []named
	}{{"Other variables", "variable", environment}, {"Files", "file", files}} {
		fmt.Fprintf(&b, "\n## %s\n\n| %s | what it is |\n|---|---|\n", list.title, list.head)
		for _, n := range list.all {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(n.name, ", ", "` `"), n.what)
		}
	}
	return b.String()
}

// flagCell is a flag of a command with its letter.
func flagCell(root *cobra.Command, path, name string) string {
	cmd, _, _ := root.Find(strings.Fields(path))
	f := cmd.Flags().Lookup(name)
	if f.Shorthand == "" {
		return "`--" + name + "`"
	}
	return "`-" + f.Shorthand + "` `--" + name + "`"
}

func TestTimeOnTheCommandLine(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5": 5 * time.Second, "0.2": 200 * time.Millisecond, ".5": 500 * time.Millisecond, "1e-3": time.Millisecond, "0": 0,
		"500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "-1": -time.Second, "86400": 24 * time.Hour,
	} {
		var got timeValue
		if err := got.Set(text); err != nil || time.Duration(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, got.String(), err, want)
		}
	}
	for _, text := range []string{"", "five", "5 s", "5d", "NaN", "inf", "-inf", "1e300", "0x1p80", "9223372037"} {
		got := timeValue(time.Minute)
		if err := got.Set(text); !errors.Is(err, errTime) || got != timeValue(time.Minute) {
			t.Errorf("%q: %s, %v, want no change", text, got.String(), err)
		}
	}
}

func TestRateOnTheCommandLine(t *testing.T) {
	for text, want := range map[string]float64{"100": 100, "0.5": 0.5, "20/s": 20} {
		var got rateValue
		if err := got.Set(text); err != nil || float64(got) != want {
			t.Errorf("%q: %s, %v, want %g", text, got.String(), err, want)
		}
	}
	for _, text := range []string{"", "fast", "NaN", "inf", "5/m"} {
		var got rateValue
		if err := got.Set(text); err == nil {
			t.Errorf("%q: %s, want an error", text, got.String())
		}
	}
}

func TestBytesValue(t *testing.T) {
	for text, want := range map[string]struct {
		bytes int64
		shown string
	}{
		"0": {0, "0"}, "65536": {65536, "64KiB"}, "64KiB": {64 << 10, "64KiB"}, "64kib": {64 << 10, "64KiB"}, "10MB": {10e6, "10000000"},
		"1.5GiB": {3 << 29, "1536MiB"}, "1GB": {1e9, "1000000000"}, "2K": {2048, "2KiB"}, "3m": {3 << 20, "3MiB"}, "1g": {1 << 30, "1GiB"},
		"12B": {12, "12"}, "10 kB": {10e3, "10000"},
	} {
		var v bytesValue
		if err := v.Set(text); err != nil || int64(v) != want.bytes || v.String() != want.shown {
			t.Errorf("%q is %d, shown as %s, %v", text, int64(v), v.String(), err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "+1", "1e3", "0x10", "1.2.3", "10 parsecs", "inf", "nan", "10000000000GiB", "1KiBB"} {
		v := bytesValue(7)
		if err := v.Set(text); err == nil || v != 7 {
			t.Errorf("%q is taken for %d", text, int64(v))
		}
	}
}
