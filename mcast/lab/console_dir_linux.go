package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// consoleDir is a directory with a socket for each running lab of the user.
// It is kept open: the directory that was checked is the one that is used, and
// a path by way of its descriptor fits into sun_path (unix(7)).
type consoleDir struct{ *os.File }

// openConsoleDirs opens the directories where a lab of the user may be found.
// Usually there is one. A lab that was started before the user had a runtime
// directory, or that outlived it, is in another.
func openConsoleDirs() (dirs []consoleDir, err error) {
	run := runtimeDirs()
	for _, parent := range run {
		path := filepath.Join(parent, "groupcast")
		d, err := openPrivate(path)
		switch {
		case err == nil:
			dirs = append(dirs, d)
		case !errors.Is(err, fs.ErrNotExist):
			closeDirs(dirs)
			return nil, dirError(path, err)
		}
	}
	if chosen(run) {
		return dirs, nil
	}
	for _, path := range temporaryDirs() {
		if d, err := openPrivate(path); err == nil {
			dirs = append(dirs, d)
		}
	}
	return dirs, nil
}

// makeConsoleDir opens the directory for a new socket, and makes it if need
// be: in the runtime directory, where nobody else can make one, or with the
// temporary files, where others may have taken the name that is to be expected.
// Another name cannot be foreseen, and is found by its beginning and its owner.
func makeConsoleDir() (consoleDir, error) {
	if run := runtimeDirs(); len(run) > 0 {
		path := filepath.Join(run[0], "groupcast")
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return consoleDir{}, dirError(path, errors.Unwrap(err))
		}
		d, err := openPrivate(path)
		return d, dirError(path, err)
	}
	for _, path := range temporaryDirs() {
		if d, err := openPrivate(path); err == nil {
			return d, nil
		}
	}
	path := temporaryDir()
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		path, err = os.MkdirTemp(filepath.Dir(path), filepath.Base(path)+"-*")
	}
	if err != nil {
		return consoleDir{}, dirError(os.TempDir(), errors.Unwrap(err))
	}
	d, err := openPrivate(path)
	return d, dirError(path, err)
}

func dirError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("lab: %s, the directory of the running labs: %w", path, err)
}

func closeDirs(dirs []consoleDir) {
	for _, d := range dirs {
		d.Close()
	}
}

// runtimeDirs are the user's runtime directories (the XDG Base Directory
// Specification): the one in the environment, and the one that pam_systemd(8)
// makes, which a cron job or su(1) does not name.
func runtimeDirs() (dirs []string) {
	for _, dir := range []string{filepath.Clean(os.Getenv("XDG_RUNTIME_DIR")), usualRuntimeDir()} {
		var st unix.Stat_t
		if chosen(dirs) || slices.Contains(dirs, dir) || !filepath.IsAbs(dir) {
			continue
		}
		if unix.Stat(dir, &st) == nil && int(st.Uid) == os.Geteuid() { // sudo(8) may leave that of another
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func usualRuntimeDir() string { return fmt.Sprintf("/run/user/%d", ownerID()) }

// chosen reports whether the user has set a runtime directory of their own
// choice. Labs are then nowhere else.
func chosen(run []string) bool { return len(run) > 0 && run[0] != usualRuntimeDir() }

// temporaryDir is the same for the lab, which is uid 0 in its namespace, and
// for the user's other programs.
func temporaryDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("groupcast-%d", ownerID()))
}

// temporaryDirs are the directories, of whomever, whose names say that they are
// the user's.
func temporaryDirs() (paths []string) {
	usual := temporaryDir()
	entries, _ := os.ReadDir(filepath.Dir(usual)) // where there is none, no lab is
	for _, e := range entries {
		if name := e.Name(); name == filepath.Base(usual) || strings.HasPrefix(name, filepath.Base(usual)+"-") {
			paths = append(paths, filepath.Join(filepath.Dir(usual), name))
		}
	}
	return paths
}

// openPrivate opens a directory if it is the user's and nobody else can reach
// into it.
func openPrivate(path string) (consoleDir, error) {
	// O_PATH, because another user's directory may not be opened for reading.
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return consoleDir{}, errors.New("not a directory but a link or a file; remove it")
	case err != nil:
		return consoleDir{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	switch err := unix.Fstat(fd, &st); {
	case err != nil:
		return consoleDir{}, err
	case int(st.Uid) != os.Geteuid():
		return consoleDir{}, errors.New("belongs to another user; remove it")
	case st.Mode&0o077 != 0:
		return consoleDir{}, fmt.Errorf("others may use it (mode %04o); it has to be 0700", st.Mode&0o7777)
	}
	dir, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return consoleDir{}, err
	}
	return consoleDir{os.NewFile(uintptr(dir), path)}, nil
}

// ownerID is the user's number outside the namespace that [Enter] made.
func ownerID() int {
	if entered {
		var inside, outside int
		if _, err := fmt.Sscan(readSetting("self/uid_map"), &inside, &outside); err == nil {
			return outside
		}
	}
	return os.Geteuid()
}
