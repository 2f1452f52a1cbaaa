package main

import (
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestMain(m *testing.M) { os.Exit(labtest.RunTests(labtest.Leaving{M: m})) }
