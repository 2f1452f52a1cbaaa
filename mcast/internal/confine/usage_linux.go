package confine

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Usage is what a confined process and those that it has started use.
type Usage struct {
	Threads int   // of all of them
	Memory  int64 // bytes: what is theirs alone, in memory or swapped out, shared memory, and page tables
	Sockets int   // of the network namespace
	Groups  int   // that are joined in it, on all interfaces, a few by the kernel; see mostList
}

// Used reads what the confined process of that number uses, outside its namespaces. A
// file that cannot be read counts as nothing: the process may just have ended.
func Used(pid int) (u Usage) {
	proc := fmt.Sprintf("/proc/%d/root/proc", pid) // which shows its processes only
	dir, err := os.Open(proc)
	if err != nil {
		return u
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		status, _ := os.ReadFile(proc + "/" + name + "/status")
		u.count(status)
	}
	sockets, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/sockstat", pid))
	_, _ = fmt.Sscanf(string(sockets), "sockets: used %d", &u.Sockets)
	u.Groups = lines(fmt.Sprintf("/proc/%d/net/igmp", pid), "\n\t") + lines(fmt.Sprintf("/proc/%d/net/igmp6", pid), "\n")
	return u
}

// mostList is how many bytes of a list of groups are looked at: about 800 groups of IPv6,
// and 1,900 of IPv4.
const mostList = 64 << 10

// lines counts how often lines of a list begin so.
func lines(path, begin string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, mostList))
	return bytes.Count(text, []byte(begin))
}

// count adds what a process uses, by its status (proc_pid_status(5)). Shared libraries
// are not among it: they are in memory once, for everybody.
func (u *Usage) count(status []byte) {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		number, _, _ := bytes.Cut(bytes.TrimSpace(value), []byte(" "))
		switch string(name) {
		case "Threads":
			n, _ := strconv.Atoi(string(number))
			u.Threads += n
		case "RssAnon", "RssShmem", "VmSwap", "VmPTE":
			n, _ := strconv.ParseInt(string(number), 10, 64)
			u.Memory += n << 10
		}
	}
}
