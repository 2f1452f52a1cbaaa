// Light is what tests start as the hosts of a lab, and as the other programs in them.
package main

import (
	"os"
	"path/filepath"

	_ "github.com/groupcast/groupcast/mcast/lab" // which makes it a host, by os.Args[0]
	"github.com/groupcast/groupcast/mcast/lab/labtest/programs"
	_ "github.com/groupcast/groupcast/mcast/lab/lesson/apart" // or an exercise of its own
	_ "github.com/groupcast/groupcast/mcast/lab/lesson/peer"  // the same
)

func main() {
	run := programs.ByName[filepath.Base(os.Args[0])]
	if run == nil {
		os.Stderr.WriteString("light: started by hand\n")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}
