package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Standing returns the faults that last, by A or A.eth0, as Apply or the topology
// has made them. Changes by the methods of a [Link] are not among them; nor is
// what [Counters] tells.
func (l *Lab) Standing() map[string][]string { return l.faults.texts() }

// Inside returns the names of the commands that run in the host (comm in
// proc(5)), without what those have started.
func (n *Node) Inside() (names []string) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", n.Pid()))
	for _, list := range lists {
		children, _ := os.ReadFile(list) // a thread may have ended
		for _, pid := range strings.Fields(string(children)) {
			if name, err := os.ReadFile("/proc/" + pid + "/comm"); err == nil {
				names = append(names, strings.TrimSuffix(string(name), "\n"))
			}
		}
	}
	return names
}
