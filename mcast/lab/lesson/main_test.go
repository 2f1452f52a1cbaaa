package lesson

import (
	"os"
	"slices"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-test.fuzzworker") {
		os.Exit(m.Run()) // its pipes do not outlive the way into a namespace, and a parser needs none
	}
	os.Exit(labtest.RunTests(labtest.Lightly{M: m}))
}
