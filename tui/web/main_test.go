package web

import (
	"os"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-test.fuzzworker") {
		os.Exit(m.Run()) // a fuzzing worker has pipes that no other process gets
	}
	os.Exit(labtest.RunTests(labtest.Leaving{M: m}))
}
