//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
)

// become lets a program take the place of this one: signals and the terminal are its.
func become(cmd *cobra.Command, program string, args []string) error {
	if file(cmd.OutOrStdout()) != os.Stdout { // this process is not the command alone
		return asChild(cmd, program, args)
	}
	if err := syscall.Exec(program, append([]string{hubProgram}, args...), hubEnvironment()); err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	return nil
}
