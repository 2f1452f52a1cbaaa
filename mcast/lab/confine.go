package lab

import "fmt"

// Confinement is what a command in a host is confined to, for people who are not
// trusted with the user's files and programs, or with the computer. It needs Linux 5.14
// with Landlock: see [Confines].
//
// The command has no capability: it joins groups and talks, and cannot change the host's
// interfaces, routes and firewall. It sees /usr, /etc and the like read only, a /proc of
// its own, and neither home directories nor /run. It writes in [Home] and /tmp, which are
// empty and end with it. It sees and reaches no process but those that it started. It is
// the user, without privileges; where the user is root it is nobody.
//
// A command that uses more than its share of what no limit of the kernel counts is killed
// with all that it started, and the error of its end says so ([ExitError]).
type Confinement struct {
	Program   string // a file that it is to find as [SeatProgram]
	Processes int    // and threads, that it may have at a time; 0: 64
	Data      int64  // bytes of memory for each process (RLIMIT_DATA); 0: 256 MiB
	Memory    int64  // bytes that all its processes may use; 0: 512 MiB
	Disk      int64  // bytes of files, 4096 files; 0: 16 MiB

	// Admin lets the command change its host's interfaces, addresses, routes, rules,
	// queues, firewall and most settings below net.ipv4 and net.ipv6, and use raw sockets:
	// it has CAP_NET_ADMIN and CAP_NET_RAW there. Only a lab whose ports have a limit on
	// packets, see [UpApart], has hosts whose networks are apart from its own. The lab must
	// be the student's own: what the command does to the host stays when it has ended. One
	// that leaves more than a host may have, or traffic without end, is killed, and then all
	// interfaces of its host are deleted.
	Admin bool

	// Orders are the first words of orders to the [Service] of the lab that may be given
	// from inside, as groupcast lab check does. Nothing else of the lab is in reach.
	Orders []string

	// Files are in Home when the command starts, for it alone, by their paths there: at most
	// 32 KiB with these. A secret is in no argument and in no environment like that.
	Files map[string][]byte
}

// Places of a confined command.
const (
	Home        = "/home/student"
	SeatProgram = "/opt/groupcast/groupcast"
)

func (c Confinement) withDefaults() Confinement {
	if c.Processes == 0 {
		c.Processes = 64
	}
	if c.Data == 0 {
		c.Data = 256 << 20
	}
	if c.Memory == 0 {
		c.Memory = 512 << 20
	}
	if c.Disk == 0 {
		c.Disk = 16 << 20
	}
	return c
}

// NotConfinedError is the error of [Confines], and of the start of a confined command,
// where the system lacks something that confines it. The command was not executed.
type NotConfinedError struct {
	Reason string // what is missing
	Hint   string // what the administrator can do
	Err    error  // the system's error
}

// Error says what is missing, without the hint.
func (e *NotConfinedError) Error() string {
	return fmt.Sprintf("lab: no command can be confined: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the system's error.
func (e *NotConfinedError) Unwrap() error { return e.Err }
