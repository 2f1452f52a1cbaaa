package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
)

// timeValue is a time on the command line, as groupcast takes it: a bare number is of
// seconds.
type timeValue time.Duration

// Set implements pflag.Value.
func (v *timeValue) Set(text string) error {
	d, err := time.ParseDuration(text)
	if seconds, e := strconv.ParseFloat(text, 64); e == nil && math.Abs(seconds) < 1e9 {
		d, err = time.Duration(math.Round(seconds*float64(time.Second))), nil
	}
	if err != nil {
		return errors.New("want a time: 5 or 0.2 (seconds), 500ms, 1m30s")
	}
	*v = timeValue(d)
	return nil
}

// String implements pflag.Value.
func (v *timeValue) String() string { return time.Duration(*v).String() }

// Type implements pflag.Value.
func (v *timeValue) Type() string { return "time" }

// Bounds of --history, in bytes.
const (
	leastHistory = 1 << 20
	mostHistory  = 64 << 30
)

// sizeValue is a size on the command line, in bytes: 65536, 64KiB, 256MiB, 1GiB.
type sizeValue int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// Set implements pflag.Value.
func (v *sizeValue) Set(text string) error {
	number, unit := strings.ToLower(text), int64(1)
	for _, u := range sizeUnits {
		name := strings.ToLower(u.name)
		for _, suffix := range []string{name, name[:1] + "b", name[:1]} {
			if before, ok := strings.CutSuffix(number, suffix); ok && unit == 1 {
				number, unit = strings.TrimSpace(before), u.bytes
			}
		}
	}
	n, err := strconv.ParseUint(number, 10, 40)
	if err != nil || n > math.MaxInt64/uint64(unit) {
		return errors.New("want a size: 64MiB, 1GiB; 0: keep nothing")
	}
	*v = sizeValue(int64(n) * unit)
	return nil
}

// String implements pflag.Value.
func (v *sizeValue) String() string {
	for _, u := range sizeUnits {
		if n := int64(*v); n != 0 && n%u.bytes == 0 {
			return fmt.Sprintf("%d %s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(*v), 10)
}

// Type implements pflag.Value.
func (v *sizeValue) Type() string { return "size" }

// checkListen is the error of what is no [ADDRESS]:PORT.
func checkListen(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		err = fmt.Errorf("--listen %s: want [ADDRESS]:PORT", text)
		if checkPort(text) == nil {
			return &mcast.Advised{Err: err, Advice: "a port alone is --listen :" + text}
		}
		return err
	}
	if err := checkPort(port); err != nil {
		return fmt.Errorf("--listen %s: %w", text, err)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" {
		return &mcast.Advised{
			Err:    fmt.Errorf("--listen %s: %q is no address of this host", text, host),
			Advice: "the name by which sites reach the hub is --url NAME",
		}
	}
	return nil
}

func checkPort(text string) error {
	if _, err := strconv.ParseUint(text, 10, 16); err != nil {
		return errors.New("want a port from 0 to 65535; 0: a free one")
	}
	return nil
}

// checkURL is the HOST or HOST:PORT that --url names, perhaps with its scheme.
func checkURL(text string) (string, error) {
	url := strings.TrimPrefix(text, "tls://")
	host := url
	if h, port, err := net.SplitHostPort(url); err == nil && !strings.Contains(port, "/") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("--url %s: want a port from 1 to 65535", text)
		}
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err == nil && !a.IsUnspecified() && !a.IsMulticast() {
		return url, nil
	}
	letters := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	if err == nil || host == "" || len(host) > 253 || strings.Trim(host, letters) != "" {
		return "", &mcast.Advised{Err: fmt.Errorf("--url %s: want HOST or HOST:PORT", text), Advice: "as in --url hub.example.org, or --url 192.0.2.7:4222"}
	}
	return url, nil
}

// stateDir is XDG_STATE_HOME/groupcast/hub, or ~/.local/state/groupcast/hub.
func stateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "groupcast", "hub"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", &mcast.Advised{Err: err, Advice: "name the directory: --dir DIR"}
	}
	return filepath.Join(home, ".local", "state", "groupcast", "hub"), nil
}

// short is a path as people type it.
func short(path string) string {
	home, err := os.UserHomeDir()
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && err == nil && home != "/" {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}
