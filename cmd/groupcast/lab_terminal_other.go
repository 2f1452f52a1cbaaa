//go:build !unix

package main

import (
	"os"

	"github.com/groupcast/groupcast/mcast/lab"
)

func runInTerminal(c *lab.Cmd, _, _ *os.File, _ func([]string)) error { return c.Run() }

func runWithSignals(c *lab.Cmd) error { return c.Run() }
