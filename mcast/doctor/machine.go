package doctor

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/groupcast/groupcast/mcast/internal/procfs"
)

// readMachine reads the description of the computer by its firmware and kernel,
// and the traces of container runtimes. Without firmware, as in WSL and many
// containers, the vendor and the product are empty.
func readMachine(root fs.FS, getenv func(string) string) (*Machine, error) {
	vendor, err1 := fs.ReadFile(root, "sys/class/dmi/id/sys_vendor")
	product, err2 := fs.ReadFile(root, "sys/class/dmi/id/product_name")
	version, err3 := fs.ReadFile(root, "proc/version")
	if err := errors.Join(procfs.Absent(err1), procfs.Absent(err2), err3); err != nil {
		return nil, err
	}
	return &Machine{
		Vendor:    procfs.Printable(vendor),
		Product:   procfs.Printable(product),
		WSL:       strings.Contains(strings.ToLower(string(version)), "microsoft"),
		Container: container(root, getenv),
		Here:      sameNetwork(root),
	}, nil
}

// container names the runtime that made this container; "" when none is known. A
// pod of Kubernetes can be a container of another runtime.
func container(root fs.FS, getenv func(string) string) string {
	if getenv("KUBERNETES_SERVICE_HOST") != "" {
		return "kubernetes"
	}
	for _, mark := range []struct{ file, runtime string }{
		{"run/.containerenv", "podman"},
		{".dockerenv", "docker"},
	} {
		if _, err := fs.Stat(root, mark.file); err == nil {
			return mark.runtime
		}
	}
	return ""
}

// sameNetwork reports whether process 1 is known to be in the network namespace
// of this thread. Only its own user may see that.
func sameNetwork(root fs.FS) bool {
	own, err1 := fs.ReadLink(root, "proc/thread-self/ns/net")
	first, err2 := fs.ReadLink(root, "proc/1/ns/net")
	return err1 == nil && err2 == nil && own == first
}
