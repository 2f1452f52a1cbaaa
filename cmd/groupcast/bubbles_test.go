package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A test waits for the thing itself, with a deadline. Only in a bubble of synctest,
// whose clock is its own, is a pause neither slow nor a guess.
func TestTestsSleepInBubblesOnly(t *testing.T) {
	packages := map[string][]*ast.File{}
	tests := 0
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		tests++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			in := filepath.Dir(path) + " " + file.Name.Name
			packages[in] = append(packages[in], file)
		}
		return err
	})
	if err != nil || tests < 100 {
		t.Fatalf("%d files of tests, %v", tests, err)
	}
	for _, in := range slices.Sorted(maps.Keys(packages)) {
		for _, name := range sleepers(packages[in]) {
			t.Errorf("%s: %s sleeps: wait for the thing itself, with a deadline, or use synctest", in, name)
		}
	}
}

func TestSleepers(t *testing.T) {
	const text = `package p
func TestAwake(t *testing.T) { synctest.Test(t, func(t *testing.T) { pause(); time.Sleep(1) }) }
func TestAlone(t *testing.T) { alone(t, func() { deeper() }) }
func alone(t *testing.T, f func()) { synctest.Test(t, func(t *testing.T) { f() }) }
func deeper() { pause() }
func pause() { time.Sleep(1) }
func TestDirect(t *testing.T) { t.Run("x", func(t *testing.T) { time.Sleep(1) }) }
func TestByHelpers(t *testing.T) { deeper() }
func TestGivenAway(t *testing.T) { later := pause; later() }
func TestBeside(t *testing.T) { alone(t, func() {}); pause() }
func TestOwn(t *testing.T) { own := func() { pause() }; alone(t, func() { own() }) }
func TestOwnBeside(t *testing.T) { beside := func() { pause() }; beside() }
func BenchmarkOne(b *testing.B) { time.Sleep(1) }
`
	file, err := parser.ParseFile(token.NewFileSet(), "p_test.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"BenchmarkOne", "TestBeside", "TestByHelpers", "TestDirect", "TestGivenAway", "TestOwnBeside"}
	if got := sleepers([]*ast.File{file}); !slices.Equal(got, want) {
		t.Errorf("sleepers are %q, want %q", got, want)
	}
}

var testName = regexp.MustCompile(`^(Test|Benchmark|Fuzz|Example)([^a-z]|$)`)

// sleepers are the tests of a package that come to time.Sleep outside a bubble: by
// themselves, or by functions of the tests. Methods are not followed, for their names alone do
// not tell whose they are.
func sleepers(files []*ast.File) []string {
	bubbles := map[string]bool{"synctest.Test": true}
	eachFunc(files, func(f *ast.FuncDecl) {
		takes := slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool { _, ok := p.Type.(*ast.FuncType); return ok })
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && takes && written(call.Fun) == "synctest.Test" {
				bubbles[f.Name.Name] = true
			}
			return true
		})
	})
	uses := map[string]map[string]bool{} // what each function names outside bubbles
	var collect func(name string, body ast.Node)
	collect = func(name string, body ast.Node) {
		all := map[string]bool{}
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				return !bubbles[written(n.Fun)]
			case *ast.AssignStmt: // a function of a test's own
				if f, ok := n.Rhs[0].(*ast.FuncLit); ok {
					collect(written(n.Lhs[0]), f.Body)
					return false
				}
			case *ast.SelectorExpr:
				all[written(n)] = true
				return false
			case *ast.Ident:
				all[n.Name] = true
			}
			return true
		})
		if uses[name] == nil {
			uses[name] = map[string]bool{}
		}
		maps.Copy(uses[name], all)
	}
	eachFunc(files, func(f *ast.FuncDecl) { collect(f.Name.Name, f.Body) })
	asleep := map[string]bool{"time.Sleep": true}
	for grown := true; grown; {
		grown = false
		for name, of := range uses {
			for used := range of {
				if asleep[used] && !asleep[name] {
					asleep[name], grown = true, true
				}
			}
		}
	}
	return slices.Sorted(func(yield func(string) bool) {
		for name := range asleep {
			if testName.MatchString(name) && !yield(name) {
				return
			}
		}
	})
}

func eachFunc(files []*ast.File, do func(*ast.FuncDecl)) {
	for _, file := range files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				do(f)
			}
		}
	}
}

// written is a name as it is written: f, or time.Sleep.
func written(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return written(e.X) + "." + e.Sel.Name
	}
	return ""
}
