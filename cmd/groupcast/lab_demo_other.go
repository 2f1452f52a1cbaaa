//go:build !linux

package main

import (
	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab"
)

// runLabDemo says that the lab needs Linux.
func runLabDemo(*cobra.Command, *settings) error { return lab.Enter() }
