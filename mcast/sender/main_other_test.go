//go:build !linux

package sender

import (
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) { os.Exit(labtest.Leaving{M: m}.Run()) }
