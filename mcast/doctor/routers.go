package doctor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// readRouter reads which interfaces the kernel forwards groups between, by
// index. A kernel that cannot has no such file, and forwards between none.
func readRouter(root fs.FS, is6 bool, list []host.Interface) ([]int, error) {
	file, known := "ip_mr_vif", "proc/net/udp"
	if is6 {
		file, known = "ip6_mr_vif", "proc/net/udp6"
	}
	names, err := procfs.Net(root, file, parseRouter)
	if errors.Is(err, fs.ErrNotExist) {
		if _, other := fs.Stat(root, known); other == nil {
			return []int{}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	indexes := []int{}
	for _, i := range list {
		if slices.Contains(names, i.Name) {
			indexes = append(indexes, i.Index)
		}
	}
	return indexes, nil
}

// parseRouter reads the names in /proc/net/ip_mr_vif or ip6_mr_vif,
//
//	Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
//	 0 eth0          28400     100         0       0 00008 00000002 00000000
func parseRouter(r io.Reader) ([]string, error) {
	var names []string
	err := procfs.Lines(r, "ip_mr_vif", 1, func(fields []string) error {
		if len(fields) < 2 {
			return fmt.Errorf("%q: want a number and a name", fields)
		}
		names = append(names, fields[1])
		return nil
	})
	return names, err
}
