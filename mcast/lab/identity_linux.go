package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// identity is who the user is in the namespace that [Enter] makes: nobody else
// than outside. Programs that give up root for a user of their own, as tcpdump
// does, find that user there; and who is not root is not asked to.
type identity struct {
	uids, gids []syscall.SysProcIDMap
	setgroups  bool
	ambient    []uintptr // what a user who is not root keeps across execve(2)
}

// namespaces are how a process is started as the identity, in a user and a network
// namespace of its own; it ends with the thread that starts it.
func (who identity) namespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: who.uids, GidMappings: who.gids, GidMappingsEnableSetgroups: who.setgroups,
		AmbientCaps: who.ambient,
		Pdeathsig:   syscall.SIGKILL,
	}
}

// identities are to be tried in turn. Only who has CAP_SETUID and CAP_SETGID
// may map others than themselves (user_namespaces(7)): root may not in some
// containers.
func identities() []identity {
	uid, gid := os.Geteuid(), os.Getegid()
	alone := identity{uids: itself(uid), gids: itself(gid)}
	if uid != 0 {
		alone.ambient = everyCapability()
		return []identity{alone}
	}
	uids, gids := mapped(readSetting("self/uid_map")), mapped(readSetting("self/gid_map"))
	if len(uids) == 0 || len(gids) == 0 {
		return []identity{alone}
	}
	return []identity{{uids: uids, gids: gids, setgroups: true}, alone}
}

func itself(id int) []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
}

// mostIDs are those of a usual system (login.defs(5)), nobody included.
const mostIDs = 65536

// mapped are the numbers below mostIDs that a map of this process's namespace
// has, each mapped to itself.
func mapped(idMap string) (out []syscall.SysProcIDMap) {
	for line := range strings.Lines(idMap) {
		var first, outside, size int
		if _, err := fmt.Sscan(line, &first, &outside, &size); err != nil || first >= mostIDs {
			continue
		}
		out = append(out, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: min(size, mostIDs-first)})
	}
	return out
}

// everyCapability lists the capabilities that the kernel knows.
func everyCapability() (all []uintptr) {
	last, err := strconv.Atoi(readSetting("sys/kernel/cap_last_cap"))
	if err != nil {
		last = unix.CAP_LAST_CAP
	}
	for c := range last + 1 {
		all = append(all, uintptr(c))
	}
	return all
}
