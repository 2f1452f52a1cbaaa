package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// thirdModule is one that is in a program, with its licence.
type thirdModule struct {
	path, version, dir string
	programs           []string
	licences           []string // their SPDX names
	at                 string   // the day of the version
}

// licenceForms are words that only the licence of that SPDX name has.
var licenceForms = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"Apache-2.0", "Licensed under the Apache License, Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software without specific prior written permission"},
}

// What takes rights away from who passes a program on needs a decision first.
var licenceRefused = regexp.MustCompile(`(?i)general public license|mozilla public|eclipse public|server side public|business source|commons clause|elastic license`)

// licencesOf are the licences in a text.
func licencesOf(text string) (names []string) {
	all := strings.Join(strings.Fields(text), " ")
	for _, f := range licenceForms {
		if strings.Contains(all, f.words) && !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 && strings.Contains(all, "Redistribution and use in source and binary forms") {
		names = append(names, "BSD-2-Clause")
	}
	return names
}

// thirdParty lists the modules of the programs, on all systems that they are built for.
func thirdParty(t *testing.T) []*thirdModule {
	t.Helper()
	all := map[string]*thirdModule{}
	for _, program := range []string{"groupcast", "groupcast-hub"} {
		for _, system := range []string{"linux", "darwin", "freebsd", "windows"} {
			c := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/"+program)
			c.Dir, c.Env, c.Stderr = filepath.Join("..", ".."), append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS="), os.Stderr
			out, err := c.Output()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(out)) {
				f := strings.Split(strings.TrimSpace(line), "\t")
				if len(f) != 3 {
					continue
				}
				m := all[f[0]]
				if m == nil {
					m = &thirdModule{path: f[0], version: f[1], dir: f[2]}
					m.read(t)
					all[f[0]] = m
				}
				if !slices.Contains(m.programs, program) {
					m.programs = append(m.programs, program)
				}
			}
		}
	}
	list := make([]*thirdModule, 0, len(all))
	for _, m := range all {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *thirdModule) int { return cmp.Compare(a.path, b.path) })
	return list
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

// read reads the licences of a module, and when its version was made.
func (m *thirdModule) read(t *testing.T) {
	t.Helper()
	files, err := os.ReadDir(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !licenceFile.MatchString(f.Name()) || f.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(m.dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, name := range licencesOf(text) {
			if !slices.Contains(m.licences, name) {
				m.licences = append(m.licences, name)
			}
		}
		if refused := licenceRefused.FindString(text); refused != "" {
			t.Errorf("%s %s: its %s says %q, which needs a decision", m.path, m.version, f.Name(), refused)
		}
	}
	if len(m.licences) == 0 {
		t.Errorf("%s %s has no licence that is known", m.path, m.version)
	}
	m.at = m.made()
}

// made is the day of a version, as the module cache has it, or else the page.
func (m *thirdModule) made() string {
	escaped := regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(m.path, func(s string) string { return "!" + strings.ToLower(s) })
	cache := strings.TrimSuffix(filepath.ToSlash(m.dir), "/"+escaped+"@"+m.version)
	if b, err := os.ReadFile(filepath.Join(cache, "cache", "download", escaped, "@v", m.version+".info")); err == nil {
		var info struct{ Time time.Time }
		if json.Unmarshal(b, &info) == nil && !info.Time.IsZero() {
			return info.Time.UTC().Format(time.DateOnly)
		}
	}
	b, _ := os.ReadFile(thirdPartyPage)
	if found := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(m.path) + ` \| ` + regexp.QuoteMeta(m.version) + ` \| ([0-9-]+) `).FindSubmatch(b); found != nil {
		return string(found[1])
	}
	return "-"
}

const thirdPartyPage = "../../THIRD_PARTY.md"

// THIRD_PARTY.md is made of the build. Run with -update after a change of go.mod.
func TestThirdParty(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go to list modules with")
	}
	modules := thirdParty(t)
	var b strings.Builder
	fmt.Fprintf(&b, `# Modules of others

What is in groupcast and groupcast-hub beside their own code and Go's library (BSD-3-Clause): %d modules, on all systems that they are built for. The day is
that of the version. Tests and the site of the documentation use more modules, which are in no program. A test makes this page from the build, and refuses a licence that
it does not know. A release has the texts of all licences in THIRD_PARTY_LICENSES.txt, and its bill of materials.

| module | version | of | licence | in |
|---|---|---|---|---|
`, len(modules))
	for _, m := range modules {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", m.path, m.version, m.at, strings.Join(m.licences, ", "), strings.Join(m.programs, ", "))
	}
	checkDoc(t, thirdPartyPage, b.String(), "TestThirdParty")
}

func TestLicencesOf(t *testing.T) {
	for text, want := range map[string]string{
		"  Apache License\n  Version 2.0, January 2004":                                                  "Apache-2.0",
		"Permission is hereby granted, free of\ncharge, to any person obtaining a copy of this software": "MIT",
		"Redistribution and use in source and binary forms":                                              "BSD-2-Clause",
		"Do what you like": "",
	} {
		if got := strings.Join(licencesOf(text), ", "); got != want {
			t.Errorf("%q is of licence %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"GNU Lesser General Public License", "Mozilla Public License, version 2.0", "Business Source License 1.1"} {
		if !licenceRefused.MatchString(text) {
			t.Errorf("%q is not refused", text)
		}
	}
}
