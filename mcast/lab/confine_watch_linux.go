package lab

import (
	"os"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/confine"
)

// How often is looked at what a confined command uses: at one that uses little, and at
// one that uses more than a quarter of what it may, or has just started.
const (
	watchLittle = 500 * time.Millisecond
	watchMuch   = 100 * time.Millisecond
)

// watch kills a confined command, and so all that it started, when they use more than
// they may of something that no limit counts, and says of what. Real root is bound by no
// limit on processes, either. It returns "" when the command has ended by itself, and has
// left no more in its network than may be there: else who ends in time could leave it full.
func (c Confinement) watch(process *os.Process, ended <-chan struct{}) (exceeded string) {
	last := !confine.GoLast(process.Pid)
	network := confine.NewNetwork()
	timer := time.NewTimer(watchMuch)
	defer timer.Stop()
	for {
		select {
		case <-ended:
			if c.Admin {
				return confine.NetworkOver()
			}
			return ""
		case <-timer.C:
		}
		last = last || !confine.GoLast(process.Pid)
		used := confine.Used(process.Pid)
		exceeded = c.exceeded(used)
		if exceeded == "" && c.Admin {
			exceeded = network.Over(time.Now())
		}
		if exceeded != "" {
			_ = process.Kill()
			return exceeded
		}
		next := watchLittle
		if !last || c.exceeded(confine.Usage{Threads: 4 * used.Threads, Memory: 4 * used.Memory, Sockets: 4 * used.Sockets, Groups: 4 * used.Groups}) != "" {
			next = watchMuch
		}
		timer.Reset(next)
	}
}

func (c Confinement) exceeded(u confine.Usage) string {
	switch {
	case u.Memory > c.Memory:
		return "memory"
	case u.Threads > c.Processes:
		return "processes"
	case u.Sockets > confine.Sockets:
		return "sockets"
	case u.Groups > confine.Groups:
		return "groups"
	}
	return ""
}
