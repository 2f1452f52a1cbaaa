package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fieldWords are the fields that mean the same in every object.
var fieldWords = map[string]string{
	"addresses":         "with the lengths of their prefixes",
	"answered":          "how many",
	"answers":           "how many",
	"avg_ms":            "round trip",
	"because":           "why, in words",
	"bridge":            "the name of a process, among all",
	"bytes":             "of payload",
	"code":              "a number",
	"content":           "how many hosts and switches",
	"data":              "the payload, byte exact, in base64",
	"datagrams":         "how many",
	"duplicates":        "how many",
	"error":             "what did not work, and why",
	"evidence":          "the very fact that shows it",
	"expected":          "in words",
	"failed":            "how many",
	"first":             "when the first came",
	"for_ms":            "how long",
	"from":              "ADDRESS:PORT that it came from",
	"gap_at":            "when that began",
	"group":             "GROUP:PORT, as it can be typed, with its source and zone",
	"hint":              "what to do",
	"host":              "an address, or a name",
	"hosts":             "how many, or their names",
	"ifindex":           "the interface's index",
	"interface":         "the interface's name",
	"interfaces":        "their names",
	"lab":               "its name",
	"last":              "when the last came",
	"late":              "how many",
	"leads":             "of the bridges of its site, it carries",
	"leave":             "a membership",
	"lesson":            "its name",
	"line":              "of the lesson",
	"listened_ms":       "0: nobody listened",
	"loopback_on":       "copies for this host",
	"lost":              "how many",
	"max_ms":            "round trip",
	"min_ms":            "round trip",
	"mtu":               "bytes",
	"multicast":         "IFF_MULTICAST is on",
	"multicast_all_off": "IP_MULTICAST_ALL",
	"name":              "of what it is about",
	"p50_ms":            "the median",
	"p99_ms":            "of 100 round trips 99 were shorter",
	"passed":            "whether, or how many",
	"pitfalls":          "names",
	"port":              "UDP",
	"probed":            "whether probes were sent",
	"received":          "how many",
	"refused":           "how many",
	"requests":          "how many",
	"rtt_ms":            "until the answer",
	"seconds":           "how long it took",
	"seen":              "in lines",
	"sent":              "how many",
	"seq":               "the number of the request",
	"silent":            "how many",
	"site":              "its name",
	"size":              "bytes of payload",
	"source":            "the address that datagrams carry",
	"sources":           "where it is from",
	"state":             "in a word or two",
	"stddev_ms":         "round trip",
	"switches":          "how many",
	"targets":           "how many",
	"text":              "of the payload, or what is said; sanitised",
	"title":             "in one line",
	"to":                "ADDRESS:PORT that it is sent to",
	"took_ms":           "how long it took",
	"ttl":               "that was left, or that is set",
	"ttl_max":           "the most",
	"ttl_min":           "the least that was left",
	"type":              "a number",
	"unreachable":       "how many",
	"unresolved":        "how many",
	"verdict":           "as its text says it",
}

// parseSources reads the Go files of a directory that are no tests.
func parseSources(t *testing.T, dir string) (set *token.FileSet, sources []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	set = token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source)
	}
	return set, sources
}

// structs are the types of a directory that are structs, by name.
func structs(t *testing.T, dir string) (types map[string]*ast.StructType, docs, files map[string]string) {
	set, sources := parseSources(t, dir)
	types, docs, files = map[string]*ast.StructType{}, map[string]string{}, map[string]string{}
	for _, source := range sources {
		ast.Inspect(source, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok {
				return true
			}
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					if s, ok := spec.Type.(*ast.StructType); ok {
						types[spec.Name.Name], docs[spec.Name.Name] = s, decl.Doc.Text()
						files[spec.Name.Name] = filepath.Base(set.Position(spec.Pos()).Filename)
					}
				}
			}
			return true
		})
	}
	return types, docs, files
}

// objectsDoc is docs/json.md, made of the objects' types.
func objectsDoc(t *testing.T) string {
	types, docs, files := structs(t, ".")
	findings, _, _ := structs(t, "../../mcast/doctor")
	for _, name := range []string{"Finding", "Fix", "Place"} {
		types[name] = findings[name]
	}
	rows := map[string][]string{} // of a table, by type
	kinds := map[string]string{}  // of objects
	parts := map[string]bool{}    // of other objects
	var read func(name string) []string
	read = func(name string) (list []string) {
		for _, field := range types[name].Fields.List {
			comment := strings.TrimSpace(field.Comment.Text())
			kind := typeName(field.Type)
			switch {
			case kind == "jsonHead":
				if kinds[name] = comment; comment == "" {
					t.Errorf("%s does not say its types", name)
				}
				continue
			case len(field.Names) == 0:
				list = append(list, read(kind)...)
				continue
			case field.Tag == nil:
				t.Errorf("%s: a field has no name in JSON", name)
				continue
			}
			key, options, _ := strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json"), ",")
			if comment == "" {
				comment = fieldWords[key]
			}
			if comment == "" && types[kind] == nil {
				t.Errorf("%s: nothing is said of %s", name, key)
			}
			if types[kind] != nil {
				parts[kind] = true
				comment = strings.TrimPrefix(comment+"; ", "; ") + "as " + lowerName(kind)
			}
			if key = "`" + key + "`"; options != "" {
				key += " ?"
			}
			list = append(list, fmt.Sprintf("| %s | %s |\n", key, comment))
		}
		return list
	}
	for name := range types {
		if strings.HasPrefix(name, "json") && name != "jsonHead" || slices.Contains([]string{"findingObject", "Fix", "Place"}, name) {
			rows[name] = read(name)
		}
	}
	var b strings.Builder
	b.WriteString(`# JSON

A test makes this page from the program's types. With --json a command prints one object in each line: events on standard
output, errors on standard error. A field with a question mark is left out when it has nothing to say. Every object begins with

| field | |
|---|---|
| ` + "`type`" + ` | the kind of the object: the headings below |
| ` + "`time`" + ` | when it happened, or when groupcast knew it (RFC 3339) |

Three objects also have the field below: the first on standard output, the first on standard error, and the first that a run
appends to a file of --log.

| field | |
|---|---|
| ` + "`schema`" + ` | the version of this page: ` + strconv.Itoa(schema) + ` |

The version becomes higher when a field disappears or changes its meaning, or when a field without a question mark can be left
out. It stays the same when a field, a type or a value of a text is added: ignore those that you do not know.

A name means the same in every object:

| field | |
|---|---|
`)
	for _, key := range []string{"from", "to", "group", "source", "interface", "ifindex", "ttl", "size", "text", "data", "because", "error", "hint"} {
		fmt.Fprintf(&b, "| `%s` | %s |\n", key, fieldWords[key])
	}
	table := func(heading, doc string, rows []string) {
		fmt.Fprintf(&b, "\n## %s\n", heading)
		if doc != "" {
			fmt.Fprintf(&b, "\n%s\n", doc)
		}
		fmt.Fprintf(&b, "\n| field | |\n|---|---|\n%s", strings.Join(rows, ""))
	}
	heading := func(name string) string { return commandOf(files[name]) + ": " + kinds[name] }
	for _, name := range slices.SortedFunc(maps.Keys(kinds), func(a, b string) int { return strings.Compare(heading(a), heading(b)) }) {
		table(heading(name), aboutType(name, docs[name]), rows[name])
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		table("Part of others: "+lowerName(name), aboutType(name, docs[name]), rows[name])
	}
	return b.String()
}

// commandOf is the command that a file is about.
func commandOf(file string) string {
	command := regexp.MustCompile(`^[a-z]+`).FindString(file)
	switch command {
	case "finding", "hints", "recording":
		return "all"
	case "printer":
		return "chat"
	}
	return command
}

var whoPrints = pattern(`,? (as|that) --json\s+prints( it| them)?| What --json prints once\.`)

// aboutType is a type's comment as a sentence without the type's name.
func aboutType(name, doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	doc = strings.TrimSpace(whoPrints().ReplaceAllString(strings.ReplaceAll(doc, "Fields are only added.", ""), ""))
	if !strings.HasPrefix(doc, name+" ") {
		return ""
	}
	doc = strings.TrimPrefix(strings.TrimPrefix(doc, name+" "), "is ")
	return strings.ToUpper(doc[:1]) + doc[1:]
}

func lowerName(name string) string { return strings.ToLower(strings.TrimPrefix(name, "json")) }

// typeName is the name of a type, or of what it is a pointer to or a list of.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		return typeName(e.Elt)
	}
	return ""
}

func TestObjectsDoc(t *testing.T) {
	checkDoc(t, "../../docs/json.md", objectsDoc(t), "TestObjectsDoc")
}
