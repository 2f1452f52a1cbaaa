package doctor

import (
	"errors"
	"io/fs"
	"maps"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// readCounters reads all counters, and those of snmp once more after the others:
// what netstat counted is then between the two.
func readCounters(root fs.FS) (counters, again map[string]uint64, err error) {
	counters = map[string]uint64{}
	var failed error
	for _, file := range []string{"snmp", "netstat", "snmp6"} {
		read, err := procfs.Net(root, file, procfs.Counters)
		if file == "snmp6" {
			err = procfs.Absent(err) // a kernel without IPv6
		}
		failed = errors.Join(failed, err)
		maps.Copy(counters, read)
	}
	if len(counters) == 0 {
		return nil, nil, failed
	}
	again, err = procfs.Net(root, "snmp", procfs.Counters)
	if err != nil || len(again) == 0 {
		again = nil // why not is said already, or was by chance
	}
	return counters, again, failed
}
