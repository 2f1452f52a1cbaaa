package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is what this program was built from.
type version struct {
	module   string // "v1.2.3", or "devel"
	commit   string // "" where the build has none
	modified bool   // there were changes that are in no commit
	at       string // when the commit was made
	golang   string
	system   string
}

// builtFrom reads the version from the build's own information, which go build
// puts in.
func builtFrom(info *debug.BuildInfo) version {
	v := version{module: "devel", golang: runtime.Version(), system: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return v
	}
	if m := info.Main.Version; m != "" && m != "(devel)" {
		v.module = m
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.commit = s.Value
		case "vcs.modified":
			v.modified = s.Value == "true"
		case "vcs.time":
			v.at = s.Value
		}
	}
	return v
}

// buildVersion is what the running program was built from.
func buildVersion() version {
	info, _ := debug.ReadBuildInfo()
	return builtFrom(info)
}

// String is the version in a line.
func (v version) String() string {
	text := "groupcast " + v.module
	if v.commit != "" {
		text += " (commit " + v.commit[:min(12, len(v.commit))]
		if day, _, ok := strings.Cut(v.at, "T"); ok {
			text += " of " + day
		}
		if v.modified {
			text += ", with changes"
		}
		text += ")"
	}
	return fmt.Sprintf("%s, %s, %s", text, v.golang, v.system)
}

// jsonVersion is the version as --json prints it. Fields are only added.
type jsonVersion struct {
	jsonHead        // version
	Version  string `json:"version"`            // of the module, or devel
	Commit   string `json:"commit,omitempty"`   // the whole name
	Modified bool   `json:"modified,omitempty"` // there were changes that are in no commit
	Go       string `json:"go"`                 // its version
	System   string `json:"system"`             // as in linux/amd64
}

func (v version) print(out io.Writer, json bool) {
	if json {
		writeJSON(out, jsonVersion{headOf("version"), v.module, v.commit, v.modified, v.golang, v.system})
		return
	}
	fmt.Fprintln(out, v)
}

func newVersion(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit, and what it was built with",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			buildVersion().print(cmd.OutOrStdout(), set.json)
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}
