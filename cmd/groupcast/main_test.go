package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
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
	if filepath.Base(os.Args[0]) == "groupcast" {
		os.Args[0] = "groupcast"
		main()
	}
	testscript.Main(inLab{m}, plainCommands)
}

// parallel is how many tests run at once that say so by t.Parallel, besides the
// scenes of together. They wait most of the time too.
const parallel = 4

type inLab struct{ m *testing.M }

func (l inLab) Run() int { return labtest.RunTests(withCache(l)) }

// withCache gives the tests a cache and a configuration of their own, which the hosts of a lab and
// the commands in them share.
type withCache struct{ m *testing.M }

func (w withCache) Run() int {
	cache, err := os.MkdirTemp("", "groupcast-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(cache)
	if err := labtest.Light(cache); err != nil {
		fmt.Fprintln(os.Stderr, "hosts of labs are watched for races, which takes longer:", err)
	}
	os.Setenv("XDG_CACHE_HOME", cache)
	os.Setenv("XDG_STATE_HOME", filepath.Join(cache, "state"))
	os.Setenv("XDG_CONFIG_HOME", filepath.Join(cache, "config")) // or an identity would be made in the user's
	// Not by testscript, where it would be a process in each line of a script.
	program, err := os.Executable()
	if err == nil {
		err = os.Symlink(program, filepath.Join(cache, "groupcast"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv("PATH", cache+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if err := flag.Set("test.parallel", strconv.Itoa(parallel)); err != nil { // -parallel overrides it
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return w.m.Run()
}

// Each file below testdata/script is a story of the command line, told in a
// namespace that has nothing but lo.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: scriptCommands, Cmds: scriptCmds})
}

// pattern is a regular expression that is compiled when it is first needed. Each
// process of a test begins with the variables of all tests.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
