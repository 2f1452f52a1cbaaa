package doctor

import "github.com/vishvananda/netlink"

// linkCounters reads how many packets an interface has sent, and how many its
// queue has dropped (RTM_GETLINK, RTM_GETQDISC), in the calling thread's
// network namespace. ok is false when the first is not known.
func linkCounters(index int) (sent, queueDrops uint64, ok bool) {
	link, err := netlink.LinkByIndex(index)
	if err != nil || link.Attrs().Statistics == nil {
		return 0, 0, false
	}
	queues, err := netlink.QdiscList(link)
	if err != nil {
		queues = nil // some kernels have none
	}
	for _, q := range queues {
		// The root counts the drops of those below it as well.
		if a := q.Attrs(); a.Parent == netlink.HANDLE_ROOT && a.Statistics != nil && a.Statistics.Queue != nil {
			queueDrops += uint64(a.Statistics.Queue.Drops)
		}
	}
	return link.Attrs().Statistics.TxPackets, queueDrops, true
}
