//go:build race

package labtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/groupcast/groupcast/mcast/lab/internal/hosts"
	"github.com/groupcast/groupcast/mcast/lab/labtest/programs"
)

// Light lets hosts of labs, peer in lessons, and the programs of package programs, be processes that the
// race detector does not watch: it costs each of them 0.12 s of a processor. It builds
// that program in a directory, where the programs are links to it by their names. Call
// it in the function that RunTests runs, before the environment is changed for the
// tests, in packages whose tests have hundreds of hosts. Hosts under the race detector
// are the matter of package lab's own tests.
func Light(dir string) error {
	program := filepath.Join(dir, "light")
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-o", program, "github.com/groupcast/groupcast/mcast/lab/labtest/programs/light")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for name := range programs.ByName {
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	hosts.Program, hosts.Peer = program, program
	return nil
}
