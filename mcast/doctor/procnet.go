package doctor

import (
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

func readFilters(root fs.FS, is6 bool) ([]Filter, error) {
	if is6 {
		return procfs.Net(root, "mcfilter6", parseFilters)
	}
	return procfs.Net(root, "mcfilter", parseFilters)
}

// parseFilters reads /proc/net/mcfilter,
//
//	Idx Device        MCA        SRC    INC    EXC
//	  2   eth0 0xe8010203 0xc0a808e2      1      0
//
// or mcfilter6, where the addresses are 32 digits. Names are cut to six bytes.
func parseFilters(r io.Reader) ([]Filter, error) {
	filters := []Filter{}
	err := procfs.Lines(r, "mcfilter", 1, func(fields []string) error {
		if len(fields) != 6 {
			return fmt.Errorf("%q: want an index, a name, a group, a source and two counts", fields)
		}
		var f Filter
		var err error
		for _, number := range []struct {
			text string
			to   *int
		}{{fields[0], &f.IfIndex}, {fields[4], &f.Include}, {fields[5], &f.Exclude}} {
			if *number.to, err = procfs.Count(number.text); err != nil {
				return err
			}
		}
		if f.Group, err = procfs.HexAddr(fields[2]); err != nil {
			return err
		}
		if f.Source, err = procfs.HexAddr(fields[3]); err != nil {
			return err
		}
		filters = append(filters, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return filters, nil
}

func readHardwareGroups(root fs.FS) (map[int][]HardwareGroup, error) {
	return procfs.Net(root, "dev_mcast", parseHardwareGroups)
}

// parseHardwareGroups reads /proc/net/dev_mcast, by the index of the interface:
// index, name, users, and of these who want it in every network; and the
// address, which tunnels do not have.
//
//	2    eth0            1     0     01005e000072
func parseHardwareGroups(r io.Reader) (map[int][]HardwareGroup, error) {
	groups := map[int][]HardwareGroup{}
	err := procfs.Lines(r, "dev_mcast", 0, func(fields []string) error {
		if len(fields) == 4 {
			return nil
		}
		if len(fields) != 5 {
			return fmt.Errorf("%q: want an index, a name, two counts and an address", fields)
		}
		index, err := procfs.Count(fields[0])
		if err != nil {
			return err
		}
		users, err := procfs.Count(fields[2])
		if err != nil {
			return err
		}
		address, err := hex.DecodeString(fields[4])
		if err != nil {
			return fmt.Errorf("address %q: %w", fields[4], err)
		}
		groups[index] = append(groups[index], HardwareGroup{Address: net.HardwareAddr(address).String(), Users: users})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}
