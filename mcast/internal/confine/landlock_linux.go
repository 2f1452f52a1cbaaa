package confine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What Landlock (landlock(7)) lets a confined process do with files below a path.
const (
	mayRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	mayWrite = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	mayMake = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK // nobody may
)

// rights are what a version of Landlock is asked for: what it is to refuse, and what of
// it is allowed below paths.
func rights(abi int, devices []string) (rules unix.LandlockRulesetAttr, allowed map[string]uint64) {
	refused := uint64(mayRead | mayWrite | mayMake)
	write := uint64(mayRead | mayWrite)
	device := uint64(unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE)
	if abi >= 2 {
		refused |= unix.LANDLOCK_ACCESS_FS_REFER
		write |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		refused |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		write |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		device |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		refused |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
		device |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	rules = unix.LandlockRulesetAttr{Handled_access_fs: refused}
	if abi >= SignalsABI {
		rules.Scoped = unix.LANDLOCK_SCOPE_SIGNAL | unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	allowed = map[string]uint64{"/": mayRead, Home: write, "/tmp": write}
	for _, path := range devices {
		allowed[path] = device
	}
	if _, ok := allowed[zero]; ok { // for writing it could be mapped as shared memory, which no limit counts
		allowed[zero] = unix.LANDLOCK_ACCESS_FS_READ_FILE
	}
	return rules, allowed
}

// landlock lets the calling thread, and what it executes, read everything that its
// root shows and write at home, in /tmp and to its devices only; and send signals to
// none but its own.
func landlock(abi int, devices []string, admin bool) error {
	rules, allowed := rights(abi, devices)
	if admin {
		allowed[settings] = allowed["/dev/null"] &^ unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_create_ruleset", errno)
	}
	defer unix.Close(int(fd))
	for path, access := range allowed {
		if err := allow(fd, path, access); err != nil {
			return err
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}

func allow(ruleset uintptr, path string, access uint64) error {
	f, err := os.OpenFile(path, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(f.Fd())}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_add_rule", errno)
	}
	return nil
}
