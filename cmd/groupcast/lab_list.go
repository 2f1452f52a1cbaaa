package main

import (
	"errors"
	"slices"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/lesson/desk"
	"github.com/spf13/cobra"
)

func newLabList(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the topologies, and the labs that are running",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			running, err := runningLabs()
			if err != nil {
				return err
			}
			if set.json {
				listLabsJSON(cmd, running)
			} else {
				listLabs(cmd, running)
			}
			return nil
		},
	}
	set.has(cmd, "json")
	return cmd
}

// runningLabs are none where there is no lab at all.
func runningLabs() ([]string, error) {
	running, err := lab.Running()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	return running, err
}

func listLabs(cmd *cobra.Command, running []string) {
	type row struct{ name, text string }
	var rows []row
	for _, n := range lab.Topologies() {
		text := n.Title
		if i := slices.Index(running, n.Name); i >= 0 {
			running = slices.Delete(running, i, i+1)
			text += "; " + runningText(n.Name)
		}
		rows = append(rows, row{n.Name, text})
	}
	for _, name := range running {
		rows = append(rows, row{name, runningText(name)})
	}
	column := 0
	for _, r := range rows {
		column = max(column, len(r.name)+2)
	}
	for _, r := range rows {
		listRow(cmd.OutOrStdout(), column, r.name, r.text)
	}
}

// runningText tells that a lab runs, and whether it is an exercise or a class.
func runningText(name string) string {
	r, err := lab.Dial(name)
	switch {
	case err != nil:
		return "running: " + chat.Clean(err.Error()) // it has ended since
	case r.Kind() == desk.Kind:
		return "running as an exercise: " + inventory(r.Topology())
	case r.Kind() == classKind:
		return "running as a class: groupcast class status " + name
	}
	return "running: " + inventory(r.Topology())
}

// runningObject is a lab that runs, for --json.
func runningObject(name string) jsonLab {
	o := jsonLab{jsonHead: headOf("running"), Name: name}
	r, err := lab.Dial(name)
	if err != nil {
		o.Content = chat.Clean(err.Error()) // it has ended since
		return o
	}
	o.Exercise, o.Class = r.Kind() == desk.Kind, r.Kind() == classKind
	if !o.Class { // whose hosts nobody is told
		o.Content = inventory(r.Topology())
	}
	return o
}

// jsonLab is a topology or a running lab as --json prints it.
type jsonLab struct {
	jsonHead        // topology, running
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Content  string `json:"content,omitempty"`
	Exercise bool   `json:"exercise,omitempty"` // it runs as an exercise
	Class    bool   `json:"class,omitempty"`    // it runs as a class
}

func listLabsJSON(cmd *cobra.Command, running []string) {
	for _, n := range lab.Topologies() {
		writeJSON(cmd.OutOrStdout(), jsonLab{jsonHead: headOf("topology"), Name: n.Name, Title: n.Title})
	}
	for _, name := range running {
		writeJSON(cmd.OutOrStdout(), runningObject(name))
	}
}
