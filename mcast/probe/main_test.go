package probe_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/groupcast/groupcast/mcast/lab"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would hold every process for a second
	os.Exit(lab.RunTests(leaving{m}))
}

// leaving is tests after which no goroutine may be left.
type leaving struct{ *testing.M }

func (l leaving) Run() int {
	status := l.M.Run()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		return 1
	}
	return status
}
