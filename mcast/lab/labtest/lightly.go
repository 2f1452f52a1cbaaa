package labtest

import (
	"fmt"
	"os"
)

// Lightly is tests in labs whose hosts the race detector does not watch: see [Light].
//
//	os.Exit(labtest.RunTests(labtest.Lightly{M: m}))
type Lightly struct{ M interface{ Run() int } }

// Run runs the tests.
func (l Lightly) Run() int {
	if os.Getenv(InHostEnv) != "" {
		return l.M.Run() // a part of a test, which builds no lab
	}
	dir, err := os.MkdirTemp("", "light")
	if err == nil {
		defer os.RemoveAll(dir)
		err = Light(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hosts of labs are watched for races, which takes longer:", err)
	}
	return l.M.Run()
}
