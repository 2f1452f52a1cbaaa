package lesson

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// hostFile reads a file of a host below /proc/net, which is one of its
// process.
func hostFile(n *lab.Node, path string) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", n.Pid(), strings.TrimPrefix(path, "/proc/net/")))
	return string(b), err
}

// procStep checks a file of a host.
type procStep struct {
	host, path string
	want       pattern
	present    bool
}

func (procStep) checks() {}

func (s procStep) expected() string {
	what := "a line"
	if !s.present {
		what = "no line"
	}
	return fmt.Sprintf("%s on %s has %s with: %s", s.path, s.host, what, s.want)
}

func (s procStep) do(ctx context.Context, r *runner) (seen []string, err error) {
	ok, err := waitFor(ctx, r.wait, func() (bool, error) {
		text, err := hostFile(r.lab.Host(s.host), s.path)
		seen = nil
		for _, line := range wholeLines(text) {
			if s.want.matches(line) {
				seen = append(seen, line)
			}
		}
		return s.present == (len(seen) > 0), err
	})
	if err == nil && !ok {
		err = unmet("the file")
	}
	return seen, err
}

// growsStep checks a counter of a host.
type growsStep struct {
	host, counter string
	by            uint64 // at least
}

func (growsStep) checks() {}

func (s growsStep) expected() string {
	if s.by > 1 {
		return fmt.Sprintf("%s grows on %s, by %d or more", s.counter, s.host, s.by)
	}
	return fmt.Sprintf("%s grows on %s", s.counter, s.host)
}

func (s growsStep) do(ctx context.Context, r *runner) ([]string, error) {
	before, known := r.counters[s.host][s.counter]
	if !known {
		return nil, fmt.Errorf("host %s has no counter %s", s.host, s.counter)
	}
	var now uint64
	ok, err := waitFor(ctx, r.wait, func() (bool, error) {
		counters, err := readCounters(r.lab.Host(s.host))
		now = counters[s.counter]
		return now >= before+s.by, err
	})
	if err == nil && !ok {
		err = unmet("the counter")
	}
	return []string{fmt.Sprintf("%s %d, before %d", s.counter, now, before)}, err
}

// stillStep checks that a counter of a host is what it was. It does not wait:
// what could count is over when the step before it is.
type stillStep struct{ host, counter string }

func (stillStep) checks() {}

func (s stillStep) expected() string { return fmt.Sprintf("%s does not grow on %s", s.counter, s.host) }

func (s stillStep) do(_ context.Context, r *runner) ([]string, error) {
	before, known := r.counters[s.host][s.counter]
	if !known {
		return nil, fmt.Errorf("host %s has no counter %s", s.host, s.counter)
	}
	counters, err := readCounters(r.lab.Host(s.host))
	now := counters[s.counter]
	if err == nil && now != before {
		err = unmet("the counter")
	}
	return []string{fmt.Sprintf("%s %d, before %d", s.counter, now, before)}, err
}

// readCounters reads the counters of a host, as "Udp.InDatagrams". In snmp
// and netstat a line of names comes before each line of values; snmp6 has one
// counter a line, whose group is the part of its name up to the 6.
func readCounters(n *lab.Node) (map[string]uint64, error) {
	counters := map[string]uint64{}
	for _, file := range []string{"snmp", "netstat"} {
		text, err := hostFile(n, file)
		if err != nil {
			return nil, err
		}
		lines := wholeLines(text)
		for i := 0; i+1 < len(lines); i += 2 {
			names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
			for j := 1; j < min(len(names), len(values)); j++ {
				v, _ := strconv.ParseUint(values[j], 10, 64) // a few are negative, which do not count anything
				counters[strings.TrimSuffix(names[0], ":")+"."+names[j]] = v
			}
		}
	}
	text, _ := hostFile(n, "snmp6") // a kernel without IPv6 has none
	for _, line := range wholeLines(text) {
		words := strings.Fields(line)
		if group, name, ok := strings.Cut(words[0], "6"); ok && len(words) == 2 {
			v, _ := strconv.ParseUint(words[1], 10, 64)
			counters[group+"6."+name] = v
		}
	}
	return counters, nil
}
