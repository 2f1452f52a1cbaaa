package lesson

import (
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would hold every process for a second
	os.Exit(lab.RunTests(m))
}
