package procfs

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Counters reads the counters of /proc/net/snmp, netstat or snmp6, or of
// several one after the other, as "Udp.InDatagrams" and "Ip6.ReasmFails". In
// the first two a line of names comes before each line of values:
//
//	Udp: InDatagrams NoPorts
//	Udp: 257 0
//
// In snmp6 each line is one counter, whose group is its name up to the 6:
//
//	Ip6ReasmFails                   	0
//
// Values that do not count anything, such as Tcp.MaxConn -1, are left out, and
// so are lines that are neither. The error is that of reading.
func Counters(r io.Reader) (map[string]uint64, error) {
	counters := map[string]uint64{}
	set := func(group, name, value string) {
		if v, err := strconv.ParseUint(value, 10, 64); err == nil {
			counters[group+"."+name] = v
		}
	}
	var names []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		table, ok := strings.CutSuffix(words[0], ":")
		switch {
		case !ok:
			if group, name, ok := strings.Cut(words[0], "6"); ok && group != "" && len(words) == 2 {
				set(group+"6", name, words[1])
			}
		case len(names) == 0 || names[0] != words[0]:
			names = words
		default:
			for n := 1; n < min(len(names), len(words)); n++ {
				set(table, names[n], words[n])
			}
			names = nil
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("counters: %w", err)
	}
	return counters, nil
}
