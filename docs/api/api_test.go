// Package api compares the exported API of mcast and its packages with the listings
// beside it, so that a change of the API is seen where it is reviewed.
package api

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the listings")

// root is that of the module, from here.
const root = "../.."

// TestListings compares each package with its file: mcast/chat with mcast-chat.txt. The
// API is that of Linux. After a change that is meant: go test ./docs/api -update.
func TestListings(t *testing.T) {
	known := map[string]bool{}
	for _, dir := range packages(t) {
		name := strings.ReplaceAll(dir, "/", "-") + ".txt"
		known[name] = true
		t.Run(dir, func(t *testing.T) { compare(t, name, listing(t, dir)) })
	}
	files, err := filepath.Glob("*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		switch {
		case known[name]:
		case *update:
			if err := os.Remove(name); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s lists a package that is gone", name)
		}
	}
}

func compare(t *testing.T, file string, got []byte) {
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	old, new := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	const hint = "docs/stability.md says what may change; if it is meant: go test ./docs/api -update"
	for _, line := range old {
		if !slices.ContainsFunc(new, func(l []byte) bool { return bytes.Equal(l, line) }) {
			t.Errorf("no more: %s\n%s", line, hint)
			return
		}
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not what the package exports: %s", file, hint)
	}
}

// packages are the directories of those that other modules can import.
func packages(t *testing.T) (list []string) {
	err := filepath.WalkDir(filepath.Join(root, "mcast"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "internal" || d.Name() == "testdata" {
			return filepath.SkipDir
		}
		if p, err := linux().ImportDir(path, 0); err == nil && len(p.GoFiles) > 0 && p.Name != "main" {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil || len(list) < 20 {
		t.Fatalf("%d packages, %v", len(list), err)
	}
	return list
}

func linux() *build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = "linux", "amd64", false
	return &c
}

// listing is what a package exports, without comments and bodies, in the order of names.
func listing(t *testing.T, dir string) []byte {
	p, err := linux().ImportDir(filepath.Join(root, dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	type line struct{ name, text string }
	var lines []line
	add := func(name string, node any) {
		var b bytes.Buffer
		if err := (&printer.Config{Mode: printer.TabIndent, Tabwidth: 8}).Fprint(&b, files, node); err != nil {
			t.Fatal(err)
		}
		for bytes.Contains(b.Bytes(), []byte("\n\n")) { // where a comment was
			b = *bytes.NewBuffer(bytes.ReplaceAll(b.Bytes(), []byte("\n\n"), []byte("\n")))
		}
		lines = append(lines, line{name, b.String()})
	}
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(files, filepath.Join(root, dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.FileExports(f)
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				d.Body = nil
				add(receiver(d)+d.Name.Name, d)
			case *ast.GenDecl:
				for at, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						add(s.Name.Name, &ast.GenDecl{Tok: d.Tok, Specs: []ast.Spec{s}})
					case *ast.ValueSpec:
						if d.Tok == token.VAR && s.Type != nil {
							s.Values = nil
						}
						one := *d
						if at > 0 && len(s.Values) == 0 && d.Tok == token.CONST {
							continue // it counts on with iota: the block has it
						}
						if at == 0 && d.Tok == token.CONST && len(d.Specs) > 1 && counts(d) {
							add(s.Names[0].Name, &one)
							break
						}
						add(s.Names[0].Name, &ast.GenDecl{Tok: d.Tok, Specs: []ast.Spec{s}})
					}
				}
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.name, b.name) })
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.Bytes()
}

// counts reports whether constants have their values by their order.
func counts(d *ast.GenDecl) bool {
	for _, s := range d.Specs[1:] {
		if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == 0 {
			return true
		}
	}
	return false
}

// receiver is "Conn." of a method, and sorts it behind its type.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if g, ok := t.(*ast.IndexExpr); ok {
		t = g.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}
