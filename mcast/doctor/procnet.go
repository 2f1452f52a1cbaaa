package doctor

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// readProc reads a file of /proc/net, of the calling thread: /proc/net itself
// follows the process.
func readProc[T any](root fs.FS, file string, parse func(io.Reader) (T, error)) (T, error) {
	f, err := root.Open("proc/thread-self/net/" + file)
	if err != nil {
		var nothing T
		return nothing, err
	}
	defer f.Close()
	return parse(f)
}

// procLines calls parse with the fields of each line, without the first lines
// of a table's head. The error names the file and the line. Interface names may
// hold Unicode's other spaces, which do not separate fields.
func procLines(r io.Reader, file string, head int, parse func(fields []string) error) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == '\t' })
		if n <= head || len(fields) == 0 {
			continue
		}
		if err := parse(fields); err != nil {
			return fmt.Errorf("%s: line %d: %w", file, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func readFilters(root fs.FS, is6 bool) ([]Filter, error) {
	if is6 {
		return readProc(root, "mcfilter6", parseFilters)
	}
	return readProc(root, "mcfilter", parseFilters)
}

// parseFilters reads /proc/net/mcfilter,
//
//	Idx Device        MCA        SRC    INC    EXC
//	  2   eth0 0xe8010203 0xc0a808e2      1      0
//
// or mcfilter6, where the addresses are 32 digits. Names are cut to six bytes.
func parseFilters(r io.Reader) ([]Filter, error) {
	filters := []Filter{}
	err := procLines(r, "mcfilter", 1, func(fields []string) error {
		if len(fields) != 6 {
			return fmt.Errorf("%q: want an index, a name, a group, a source and two counts", fields)
		}
		var f Filter
		var err error
		for _, number := range []struct {
			text string
			to   *int
		}{{fields[0], &f.IfIndex}, {fields[4], &f.Include}, {fields[5], &f.Exclude}} {
			if *number.to, err = count(number.text); err != nil {
				return err
			}
		}
		if f.Group, err = hexAddr(fields[2]); err != nil {
			return err
		}
		if f.Source, err = hexAddr(fields[3]); err != nil {
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

// count reads a number that is not negative.
func count(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}

// hexAddr reads 0xc0a808e2, or 32 digits.
func hexAddr(s string) (netip.Addr, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	addr, ok := netip.AddrFromSlice(b)
	if err != nil || !ok {
		return netip.Addr{}, fmt.Errorf("%q is not a hexadecimal address", s)
	}
	return addr, nil
}

func readHardwareGroups(root fs.FS) (map[int][]HardwareGroup, error) {
	return readProc(root, "dev_mcast", parseHardwareGroups)
}

// parseHardwareGroups reads /proc/net/dev_mcast, by the index of the interface:
// index, name, users, and of these who want it in every network; and the
// address, which tunnels do not have.
//
//	2    eth0            1     0     01005e000072
func parseHardwareGroups(r io.Reader) (map[int][]HardwareGroup, error) {
	groups := map[int][]HardwareGroup{}
	err := procLines(r, "dev_mcast", 0, func(fields []string) error {
		if len(fields) == 4 {
			return nil
		}
		if len(fields) != 5 {
			return fmt.Errorf("%q: want an index, a name, two counts and an address", fields)
		}
		index, err := count(fields[0])
		if err != nil {
			return err
		}
		users, err := count(fields[2])
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
