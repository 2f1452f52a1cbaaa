// Package programs is programs of a lab's hosts that are not what is tested: each has
// sockets as other people's programs have them, with their faults.
package programs

import (
	"fmt"
	"io"
	"os"
)

// ByName is each program, called with its arguments. They say ready on
// standard output and go on until standard input ends.
var ByName = map[string]func(args []string) error{}

func hang() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
