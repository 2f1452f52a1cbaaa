//go:build !linux

package record_test

import (
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) { os.Exit(labtest.Leaving{M: m}.Run()) }
