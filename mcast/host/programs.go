package host

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// The search for programs reads every file that every process has open. It ends
// after a while, and does not begin where there are many processes. Mostly it
// takes some 10 ms; the time is for hosts that are busy, where an answer that
// depended on it would change from one run to the next.
const (
	maxProcesses  = 4096
	maxForLooking = time.Second
)

// NameSockets marks this process's own sockets, and names the programs of those
// at the port, as far as they are the user's own.
func NameSockets(root fs.FS, sockets []Socket, port uint16) {
	own := openSockets(root, "self")
	wanted := map[uint64]*Socket{}
	for n := range sockets {
		s := &sockets[n]
		s.Own = own[s.Inode]
		if s.Local.Port() == port && s.Inode != 0 {
			if s.Own {
				s.Program = programName(root, "self", os.Getpid())
			} else {
				wanted[s.Inode] = s
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	processes, _ := fs.ReadDir(root, "proc")
	if len(processes) > maxProcesses {
		return
	}
	for until := time.Now().Add(maxForLooking); len(wanted) > 0 && len(processes) > 0 && time.Now().Before(until); processes = processes[1:] {
		id := processes[0].Name()
		pid, err := strconv.Atoi(id)
		if err != nil {
			continue
		}
		for inode := range openSockets(root, id) {
			if s := wanted[inode]; s != nil {
				s.Program = programName(root, id, pid)
				delete(wanted, inode)
			}
		}
	}
}

// openSockets are the inodes of the sockets that a process has open; none where
// it may not be looked at.
func openSockets(root fs.FS, process string) map[uint64]bool {
	dir := "proc/" + process + "/fd"
	files, _ := fs.ReadDir(root, dir)
	inodes := map[uint64]bool{}
	for _, f := range files {
		target, err := fs.ReadLink(root, dir+"/"+f.Name())
		if err != nil {
			continue
		}
		if number, ok := strings.CutPrefix(target, "socket:["); ok {
			if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); err == nil {
				inodes[inode] = true
			}
		}
	}
	return inodes
}

// programName is "python3 (4711)".
func programName(root fs.FS, process string, pid int) string {
	name, _ := fs.ReadFile(root, "proc/"+process+"/comm")
	return fmt.Sprintf("%s (%d)", procfs.Printable(name), pid)
}
