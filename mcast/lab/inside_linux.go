package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

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
