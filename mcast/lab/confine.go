package lab

// Confinement is what a command in a host is confined to, for people who are not
// trusted with the user's files and programs, or with the computer. It needs Linux 5.13
// with Landlock.
//
// The command has no capability: it joins groups and talks, and cannot change the host's
// interfaces, routes and firewall. It sees /usr, /etc and the like read only, a /proc of
// its own, and neither home directories nor /run. It writes in [Home] and /tmp, which are
// empty and end with it. It sees and reaches no process but those that it started.
type Confinement struct {
	Program   string // a file that it is to find as [SeatProgram]
	Processes int    // and threads, that it may have at a time; 0: 64
	Data      int64  // bytes of memory for each process (RLIMIT_DATA); 0: 256 MiB
	Memory    int64  // bytes that all its processes may use; when they use more they are killed; 0: 512 MiB
	Disk      int64  // bytes of files; 0: 16 MiB
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
