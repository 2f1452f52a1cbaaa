package doctor

import (
	"errors"
	"syscall"
)

// readTraffic reads how many packets the interfaces have sent, and how many
// their queues have dropped, in the calling thread's network namespace; nil
// when one of them is not known.
func readTraffic() map[int]Link {
	links, err := readLinks(false)
	if err != nil {
		return nil
	}
	if err := addQueueDrops(links); err != nil && !errors.Is(err, syscall.EOPNOTSUPP) { // a kernel without queues
		return nil
	}
	return links
}
