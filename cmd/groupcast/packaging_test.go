package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// composeService is what compose.yaml says of one.
type composeService struct {
	Build struct {
		Context, Dockerfile, Target string
	}
	Image       string
	NetworkMode string `yaml:"network_mode"`
	Command     []string
	Ports       []string
	Volumes     []string
	Tmpfs       []string
	Restart     string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
}

// What compose.yaml starts are commands that there are, in images that the recipe has,
// with no right that they do not need. The bridge has the network of the host.
func TestCompose(t *testing.T) {
	var file struct {
		Services map[string]composeService
		Volumes  map[string]any
	}
	decoder := yaml.NewDecoder(strings.NewReader(page(t, "packaging/compose.yaml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	recipe := page(t, "packaging/Containerfile")
	for name, s := range file.Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s has rights that it does not need: %+v", name, s)
		}
		if s.Build.Dockerfile != "packaging/Containerfile" || !strings.Contains(recipe, "\nFROM scratch AS "+s.Build.Target+"\n") {
			t.Errorf("%s is built by %+v, which the recipe does not have", name, s.Build)
		}
	}
	bridge, hub := file.Services["bridge"], file.Services["hub"]
	if err := understood(newRoot(), bridge.Command); err != nil {
		t.Errorf("groupcast %q: %v", bridge.Command, err)
	}
	key := bridge.Command[slices.Index(bridge.Command, "--hub")+1]
	if !slices.Contains(bridge.Volumes, "./room-1.hub:"+key+":ro") {
		t.Errorf("the bridge does not find %s in %q", key, bridge.Volumes)
	}
	if bridge.NetworkMode != "host" || hub.NetworkMode != "" || !slices.Contains(hub.Ports, natsPort+":"+natsPort+"/tcp") {
		t.Errorf("networks: the bridge has %q, the hub %q with %q", bridge.NetworkMode, hub.NetworkMode, hub.Ports)
	}
}

// Images hold what a release does: programs that are built the same way, static, for a
// user that is not root.
func TestContainerfile(t *testing.T) {
	recipe, release := page(t, "packaging/Containerfile"), strings.ReplaceAll(page(t, ".ci/release"), "'", `"`)
	built := regexp.MustCompile(`go build (.*) -o`).FindStringSubmatch(recipe)
	if built == nil || !strings.Contains(release, "go build "+built[1]+" -o") {
		t.Errorf("the recipe builds with %q, and a release in another way", built)
	}
	if !strings.Contains(recipe, "\nENV CGO_ENABLED=0\n") || !strings.Contains(release, " CGO_ENABLED=0 ") {
		t.Error("CGO_ENABLED=0 is missing: a program would need the C library")
	}
	if goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(page(t, "go.mod"))[1]; !strings.Contains(recipe, "FROM golang:"+goVersion+" AS build\n") {
		t.Errorf("the recipe does not build with Go %s", goVersion)
	}
	stages := strings.Split(recipe, "\nFROM scratch AS ")[1:]
	if len(stages) != 2 {
		t.Fatalf("%d images", len(stages))
	}
	for _, stage := range stages {
		if !regexp.MustCompile(`\nUSER [1-9]\d*:[1-9]\d*\n`).MatchString(stage) || !strings.Contains(stage, "\nENTRYPOINT [\"/usr/bin/groupcast") {
			t.Errorf("an image runs as root, or something else:\n%s", stage)
		}
		if strings.Contains(stage, "--chmod") {
			t.Errorf("buildah 1.28 ignores --chmod for the folder that it makes, which others can then read:\n%s", stage)
		}
	}
}

// Nothing is left of a removed .rpm, for which a folder has to be named, and no
// description has a line that only Debian's tools understand.
func TestPackageRecipes(t *testing.T) {
	for _, name := range []string{"groupcast", "groupcast-hub"} {
		var recipe struct {
			Description string
			Contents    []struct{ Dst, Type, Packager string }
		}
		if err := yaml.Unmarshal([]byte(page(t, "packaging/"+name+".yaml")), &recipe); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(recipe.Description, "\n.\n") {
			t.Errorf("%s: the description has a line of a period alone: %q", name, recipe.Description)
		}
		owned := false
		for _, c := range recipe.Contents {
			owned = owned || c.Type == "dir" && c.Dst == "/usr/share/doc/"+name && c.Packager == "rpm"
		}
		if !owned {
			t.Errorf("%s: no .rpm owns /usr/share/doc/%[1]s", name)
		}
	}
}
