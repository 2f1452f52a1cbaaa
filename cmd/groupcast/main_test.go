package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"strconv"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain runs the tests in a network namespace of their own, where the test
// binary is also the command groupcast, in every host of a lab.
func TestMain(m *testing.M) {
	if os.Getenv(labtest.InHostEnv) != "" {
		os.Exit(m.Run())
	}
	commands := maps.Clone(plainCommands)
	commands["groupcast"] = main
	testscript.Main(inLab{m}, commands)
}

// parallel is how many tests run at once that say so by t.Parallel, besides the
// scenes of together. They wait most of the time too.
const parallel = 4

type inLab struct{ m *testing.M }

func (l inLab) Run() int { return labtest.RunTests(withCache(l)) }

// withCache gives the tests a cache of their own, which the hosts of a lab and
// the commands in them share.
type withCache struct{ m *testing.M }

func (w withCache) Run() int {
	cache, err := os.MkdirTemp("", "groupcast-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(cache)
	os.Setenv("XDG_CACHE_HOME", cache)
	if err := flag.Set("test.parallel", strconv.Itoa(parallel)); err != nil { // -parallel overrides it
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return w.m.Run()
}

// Each file below testdata/script is a story of the command line, told in a
// namespace that has nothing but lo.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
