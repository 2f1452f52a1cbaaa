//go:build !unix

package main

import "github.com/spf13/cobra"

// become runs a program in the place of this one.
func become(cmd *cobra.Command, program string, args []string) error {
	return asChild(cmd, program, args)
}
