package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
)

// hubProgram is the command that has the server, which groupcast is without.
const hubProgram = "groupcast-hub"

// calledEnv tells groupcast-hub how it was called, which its usage and its hints then name:
// it may not be in PATH itself.
const calledEnv = "GROUPCAST_CALLED_AS"

func hubEnvironment() []string { return append(os.Environ(), calledEnv+"=groupcast hub") }

func newHub() *cobra.Command {
	return &cobra.Command{
		Use:   "hub [ARGUMENTS...]",
		Short: "Run groupcast-hub, the server that bridges connect to",
		Long: `Run groupcast-hub with these arguments: the server that the bridges of several LANs connect to. It is a program of its
own, so that groupcast itself has no server in it, and is looked for beside this program and in $PATH. All arguments are
its: groupcast hub --help is the help of groupcast-hub.`,
		Example: `  groupcast hub --site room-1 --site room-2    start a hub, and write a hub file for each of two sites
  groupcast hub --help                         what else it takes`,
		DisableFlagParsing: true,
		ValidArgsFunction:  cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := findHub()
			if err != nil {
				return err
			}
			return become(cmd, program, args)
		},
	}
}

// findHub is the path of groupcast-hub: beside this program, or else in PATH.
func findHub() (string, error) {
	name := hubProgram
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		beside := []string{filepath.Dir(self)}
		if real, err := filepath.EvalSymlinks(self); err == nil {
			beside = append(beside, filepath.Dir(real))
		}
		for _, dir := range beside {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	path, err := exec.LookPath(name)
	if err != nil { // also if it is in this directory, by a PATH that has "."
		return "", &mcast.Advised{
			Err:    fmt.Errorf("%s is neither beside groupcast nor in PATH", hubProgram),
			Advice: "in the directory of groupcast's sources: go run ./cmd/groupcast-hub, or go install ./cmd/groupcast-hub",
		}
	}
	return path, nil
}

// asChild runs a program with the streams of this one. Its status is this one's.
func asChild(cmd *cobra.Command, program string, args []string) error {
	child := exec.Command(program, args...)
	child.Env = hubEnvironment()
	child.Stdin, child.Stdout, child.Stderr = file(cmd.InOrStdin()), file(cmd.OutOrStdout()), file(cmd.ErrOrStderr())
	if err := child.Start(); err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-cmd.Context().Done(): // ctrl+c has gone to the child as well
			child.Process.Signal(os.Interrupt)
		case <-ended:
		}
	}()
	err := child.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return status(exit.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	return nil
}
