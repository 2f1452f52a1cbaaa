package kernel_test

import (
	"os"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// leave is what this program does, instead of tests, where leaveEnv is set.
var leave func()

const leaveEnv = "GROUPCAST_TEST_LEAVE"

func TestMain(m *testing.M) {
	if os.Getenv(leaveEnv) != "" {
		leave()
		return
	}
	if slices.Contains(os.Args, "-test.fuzzworker") {
		os.Exit(m.Run()) // its pipes do not reach a second run
	}
	os.Exit(labtest.RunTests(labtest.Leaving{M: m}))
}
