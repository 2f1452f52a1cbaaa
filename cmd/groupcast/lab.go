package main

import "github.com/spf13/cobra"

// newLab is the LAN in a box. Without arguments it is the demonstration.
func newLab(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "A LAN in a box: the demonstration, and lessons, without root",
		Args:  atMost(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return runLabDemo(cmd, set) },
	}
	cmd.AddCommand(newLabRun(set))
	return cmd
}
