package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// The flags that several commands have, each with a default of its own, are
// defined here, so that a letter means the same everywhere.

// timeoutFlag ends a command; 0 is no limit.
func timeoutFlag(flags *pflag.FlagSet, d *time.Duration) {
	timeFlag(flags, d, "timeout", "t", 0, "end after this time, such as 5 (seconds) or 1m30s; 0: no limit")
	alias(flags, "timeout", "", "w")
}

// within is a context that ends after a time; 0 is no limit.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// waitFlag is how long one answer is waited for.
func waitFlag(flags *pflag.FlagSet, d *time.Duration, standard time.Duration, usage string) {
	timeFlag(flags, d, "wait", "W", standard, usage)
}

// intervalFlag is the time between two sends or tries.
func intervalFlag(flags *pflag.FlagSet, d *time.Duration, standard time.Duration, usage string) {
	timeFlag(flags, d, "interval", "", standard, usage)
}

// countFlag is how many, of what usage says.
func countFlag(flags *pflag.FlagSet, n *int, standard int, usage string) {
	flags.IntVarP(n, "count", "c", standard, usage)
}

// sizeFlag is a number of bytes of payload.
func sizeFlag(flags *pflag.FlagSet, n *int, standard int, usage string) {
	flags.IntVarP(n, "size", "s", standard, usage)
}

// verboseFlag asks for all of it.
func verboseFlag(flags *pflag.FlagSet, verbose *bool, usage string) {
	flags.BoolVarP(verbose, "verbose", "v", false, usage)
}

// familyFlags choose an IP version.
func familyFlags(flags *pflag.FlagSet, only4, only6 *bool) {
	flags.BoolVarP(only4, "ipv4", "4", false, "use IPv4 only, where a name has addresses of both versions")
	flags.BoolVarP(only6, "ipv6", "6", false, "use IPv6 only, where a name has addresses of both versions")
}

// timeFlag is a flag that takes a time.
func timeFlag(flags *pflag.FlagSet, d *time.Duration, name, short string, standard time.Duration, usage string) {
	*d = standard
	flags.VarP((*timeValue)(d), name, short, usage)
}

// timeValue is a time on the command line: a number with a unit as Go writes
// it, or a bare one of seconds, as ping(8) and sleep(1) take it.
type timeValue time.Duration

var errTime = errors.New("want a time: 5 or 0.2 (seconds), 500ms, 1m30s")

// Set implements pflag.Value.
func (v *timeValue) Set(text string) error {
	d, err := time.ParseDuration(text)
	if seconds, e := strconv.ParseFloat(text, 64); e == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/float64(time.Second)/2 {
			return errTime
		}
		d, err = time.Duration(math.Round(seconds*float64(time.Second))), nil
	}
	if err != nil {
		return errTime
	}
	*v = timeValue(d)
	return nil
}

// String implements pflag.Value.
func (v *timeValue) String() string { return time.Duration(*v).String() }

// Type implements pflag.Value.
func (v *timeValue) Type() string { return "time" }

// rateValue is a rate on the command line, in datagrams a second.
type rateValue float64

// Set implements pflag.Value.
func (v *rateValue) Set(text string) error {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || math.IsNaN(rate) || math.IsInf(rate, 0) {
		return errors.New("want datagrams a second, such as 100 or 0.5")
	}
	*v = rateValue(rate)
	return nil
}

// String implements pflag.Value.
func (v *rateValue) String() string { return strconv.FormatFloat(float64(*v), 'g', -1, 64) }

// Type implements pflag.Value.
func (v *rateValue) Type() string { return "rate" }

// bytesFlag is a flag that takes a size in bytes.
func bytesFlag(flags *pflag.FlagSet, n *int64, name string, standard int64, usage string) {
	*n = standard
	flags.Var((*bytesValue)(n), name, usage)
}

// bytesValue is a size on the command line, in bytes: 65536, 64KiB, 10MB. A letter
// alone is of 1024, as dd(1) and truncate(1) take it.
type bytesValue int64

var errBytes = errors.New("want a size: 65536 (bytes), 64KiB, 10MB, 1GiB")

// byteUnits are the units of sizes, in lower case. The first that fits is what a
// size is shown in.
var byteUnits = []struct {
	name  string
	bytes int64
}{
	{"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10},
	{"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3},
	{"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"b", 1},
}

// Set implements pflag.Value.
func (v *bytesValue) Set(text string) error {
	number, unit := strings.ToLower(text), int64(1)
	for _, u := range byteUnits {
		if before, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(before), u.bytes
			break
		}
	}
	if number == "" || strings.Trim(number, "0123456789.") != "" {
		return errBytes
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n*float64(unit) > 1<<62 {
		return errBytes
	}
	*v = bytesValue(math.Round(n * float64(unit)))
	return nil
}

// String implements pflag.Value.
func (v *bytesValue) String() string { return bytesText(int64(*v)) }

// Type implements pflag.Value.
func (v *bytesValue) Type() string { return "bytes" }

// bytesText is a size in the largest unit of 1024 of which it is a multiple.
func bytesText(n int64) string {
	for i, name := range []string{"GiB", "MiB", "KiB"} {
		if unit := byteUnits[i].bytes; n != 0 && n%unit == 0 {
			return strconv.FormatInt(n/unit, 10) + name
		}
	}
	return strconv.FormatInt(n, 10)
}

// speedValue is a speed on the command line: how many times as fast; infinite for
// max.
type speedValue float64

// Set implements pflag.Value.
func (v *speedValue) Set(text string) error {
	speed, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	switch {
	case text == "max":
		*v = speedValue(math.Inf(1))
		return nil
	case err != nil || !(speed > 0) || math.IsInf(speed, 0):
		return errors.New("want how many times as fast, such as 2 or 0.5, or max")
	}
	*v = speedValue(speed)
	return nil
}

// String implements pflag.Value.
func (v *speedValue) String() string {
	switch {
	case *v == 0:
		return "1"
	case math.IsInf(float64(*v), 1):
		return "max"
	}
	return strconv.FormatFloat(float64(*v), 'g', -1, 64)
}

// Type implements pflag.Value.
func (v *speedValue) Type() string { return "speed" }

// alias gives a flag a second name, a second letter or both. Help does not show
// it.
func alias(flags *pflag.FlagSet, of, name, short string) {
	f := flags.Lookup(of)
	if name == "" {
		name = aliasPrefix + of + "-" + short // a flag cannot be without a name
	}
	flags.AddFlag(&pflag.Flag{
		Name: name, Shorthand: short, Usage: fmt.Sprintf("the same as --%s", of), Hidden: true,
		Value: aliasValue{f.Value, flags, of}, DefValue: f.DefValue, NoOptDefVal: f.NoOptDefVal,
	})
}

const aliasPrefix = "same-as-"

// aliasValue sets the flag that it stands for, so that it counts as set.
type aliasValue struct {
	pflag.Value
	flags *pflag.FlagSet
	of    string
}

// Set implements pflag.Value.
func (a aliasValue) Set(text string) error {
	// The flag's own error names it; the caller adds the name that was typed.
	err := a.flags.Set(a.of, text)
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return errors.Unwrap(invalid)
	}
	return err
}

// addrValue is an address on the command line.
type addrValue netip.Addr

// Set implements pflag.Value.
func (v *addrValue) Set(text string) error {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return errors.New("want an address, such as 192.168.8.164")
	}
	*v = addrValue(a.Unmap())
	return nil
}

// String implements pflag.Value.
func (v *addrValue) String() string {
	if a := netip.Addr(*v); a.IsValid() {
		return a.String()
	}
	return ""
}

// Type implements pflag.Value.
func (v *addrValue) Type() string { return "address" }
