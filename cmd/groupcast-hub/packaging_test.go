package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The commands of the image, of compose.yaml and of the unit are ones that groupcast-hub takes.
func TestPackagedCommands(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile("../../packaging/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var compose struct {
		Services struct {
			Hub struct{ Command, Volumes []string }
		}
	}
	if err := yaml.Unmarshal([]byte(read("compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	var entry []string
	if m := regexp.MustCompile(`ENTRYPOINT (\["/usr/bin/groupcast-hub".*\])`).FindStringSubmatch(read("Containerfile")); m == nil {
		t.Fatal("the image starts no hub")
	} else if err := json.Unmarshal([]byte(m[1]), &entry); err != nil {
		t.Fatal(err)
	}
	unit := regexp.MustCompile(`(?m)^ExecStart=(.*) \$OPTIONS$`).FindStringSubmatch(read("groupcast-hub.service"))
	options := regexp.MustCompile(`(?m)OPTIONS="(.*)"`).FindStringSubmatch(read("groupcast-hub.service"))
	if unit == nil || options == nil || !strings.Contains(read("README.packages"), options[0]) {
		t.Fatalf("the unit starts %q with %q, which README.packages does not name", unit, options)
	}
	if !strings.Contains(read("groupcast-hub.service"), "\nType=notify\n") {
		t.Error("systemctl start returns before the hub is there, which root's --site then does not find")
	}
	for what, args := range map[string][]string{
		"the image": slices.Concat(entry, compose.Services.Hub.Command),
		"the exec":  strings.Fields(regexp.MustCompile(`exec hub (.*)`).FindStringSubmatch(read("compose.yaml"))[1]),
		"the unit":  slices.Concat(strings.Fields(unit[1]), strings.Fields(options[1])),
	} {
		root := newRoot()
		if err := root.ParseFlags(args[1:]); err != nil {
			t.Errorf("%s: %q: %v", what, args, err)
		} else if err := root.PreRunE(root, nil); err != nil || root.Flags().NArg() > 0 {
			t.Errorf("%s: %q: %v", what, args, err)
		}
	}
	state := entry[slices.Index(entry, "--dir")+1]
	if !slices.Contains(compose.Services.Hub.Volumes, "hub:"+state) {
		t.Errorf("the hub's state, %s, is in no volume: %q", state, compose.Services.Hub.Volumes)
	}
}
