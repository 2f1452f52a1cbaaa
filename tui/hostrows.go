package tui

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/groupcast/groupcast/mcast/stream"
)

// hostRow is what was heard of a host in one group by one interface.
type hostRow struct {
	stream.Row
	ports int            // that it sent from
	last  netip.AddrPort // of them
}

// hostRows adds up the rows of a host's sockets, which come in the order of their
// ports, and of the streams of each. The gaps and silences of one say nothing about
// the host, so that they are told only of a host that has one.
func hostRows(rows []stream.Row) (list []hostRow) {
	at := map[stream.Key]int{}
	for _, r := range rows {
		key := r.Key
		key.From, key.Sub = netip.AddrPortFrom(key.From.Addr(), 0), 0
		n, known := at[key]
		if !known {
			at[key] = len(list)
			list = append(list, hostRow{r, 1, r.From})
			continue
		}
		sum := &list[n]
		first, last, low := sum.First, sum.Last, sum.HopsMin
		if r.First.Before(first) {
			first = r.First
		}
		if r.Last.After(last) {
			last = r.Last
		}
		if low == 0 || r.HopsMin != 0 && r.HopsMin < low {
			low = r.HopsMin
		}
		ports := sum.ports
		if r.From == sum.last {
			key.From = r.From
		} else {
			ports++
		}
		if ports > 1 {
			key.From = netip.AddrPortFrom(r.From.Addr(), 0)
		}
		*sum = hostRow{stream.Row{
			Key: key, Local: r.Local, Outside: r.Outside, Datagrams: sum.Datagrams + r.Datagrams, Bytes: sum.Bytes + r.Bytes,
			First: first, Last: last, HopsMin: low, HopsMax: max(sum.HopsMax, r.HopsMax),
			Numbers: stream.Sum(sum.Numbers, r.Numbers), Copied: cmp.Or(sum.Copied, r.Copied),
		}, ports, r.From}
	}
	return list
}

// text is the row in one line, as that of a socket, which has its port.
func (r hostRow) text(by string) string {
	text := r.Text(by, r.When())
	if r.ports == 1 {
		return text
	}
	return fmt.Sprintf("%s from %d ports%s", r.From.Addr(), r.ports, strings.TrimPrefix(text, r.From.String()))
}
