package class

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// testPrograms are what the test binary does instead of testing when its first argument is
// testProgram and the second one of these: programs in seats, whose environment is not the
// test's, and whole classes for tests that kill them.
var testPrograms = map[string]func(args []string) error{}

const testProgram = "program-of-tests"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == testProgram {
		if err := testPrograms[os.Args[2]](os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if slices.Contains(os.Args, "-test.fuzzworker") {
		os.Exit(m.Run()) // its files for the conversation do not survive a new namespace
	}
	os.Exit(labtest.RunTests(labtest.Lightly{M: labtest.Leaving{M: m}}))
}
