package lab_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// programs are what the test binary does instead of testing when the
// environment names one of them in programEnv: commands for hosts, and whole
// labs for tests that kill them.
var programs = map[string]func() error{}

const programEnv = "LAB_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if name := os.Getenv(programEnv); name != "" {
		if err := programs[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(labtest.RunTests(m))
}
