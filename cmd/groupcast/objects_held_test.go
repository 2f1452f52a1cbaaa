package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// documented is what docs/json.md says of objects, and which of it was seen.
type documented struct {
	objects map[string]*documentedObject // by "command: type"
	parts   map[string]*documentedObject // by name
}

type documentedObject struct {
	heading string
	fields  map[string]documentedField
	seen    map[string]bool // fields, and "" for the object itself
}

type documentedField struct {
	optional bool
	part     string // the object that it is; "": none
}

// failures is where differences go: a test.
type failures interface {
	Helper()
	Errorf(format string, args ...any)
}

// countedFailures is a test of tests.
type countedFailures int

func (*countedFailures) Helper()                 {}
func (n *countedFailures) Errorf(string, ...any) { *n++ }

var (
	docHeading = pattern(`(?m)^## (.*)\n`)
	docField   = pattern("(?m)^\\| `([a-z0-9_]+)`( \\?)? \\| (.*) \\|$")
	docPart    = pattern(`(?:^|; )as ([a-z]+)$`)
)

// readObjectsDoc reads docs/json.md as whoever uses the objects does.
func readObjectsDoc(t *testing.T) documented {
	t.Helper()
	text, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	d := documented{map[string]*documentedObject{}, map[string]*documentedObject{}}
	at := docHeading().FindAllSubmatchIndex(text, -1)
	for i, h := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		o := &documentedObject{heading: string(text[h[2]:h[3]]), fields: map[string]documentedField{}, seen: map[string]bool{}}
		for _, f := range docField().FindAllStringSubmatch(string(text[h[1]:end]), -1) {
			field := documentedField{optional: f[2] != ""}
			if part := docPart().FindStringSubmatch(f[3]); part != nil {
				field.part = part[1]
			}
			o.fields[f[1]] = field
		}
		command, kinds, ok := strings.Cut(o.heading, ": ")
		switch {
		case !ok:
			t.Errorf("docs/json.md: what is %q?", o.heading)
		case command == "Part of others":
			d.parts[kinds] = o
		default:
			for kind := range strings.SplitSeq(kinds, ", ") {
				// One table may be of several types, each of which is to be seen.
				one := *o
				one.seen = map[string]bool{}
				d.objects[command+": "+kind] = &one
			}
		}
	}
	return d
}

// hold holds what a command printed on standard output, or any on standard error (command ""), against the documentation: every
// object and every field is documented, no field is missing that is not optional,
// and the first object alone says the schema.
func (d documented) hold(t failures, command, args, printed string) {
	t.Helper()
	first := true
	for line := range strings.Lines(printed) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil || !headOfObject().MatchString(line) {
			t.Errorf("%s prints %s%v", args, line, err)
			continue
		}
		if version, has := o["schema"]; has != first || has && version != float64(schema) {
			t.Errorf("%s: the schema of an object that is the first: %v, is %v:\n%s", args, first, version, line)
		}
		first = false
		kind, _ := o["type"].(string)
		of := d.objects[command+": "+kind]
		if of == nil && (command == "" || kind != "error") {
			of = d.objects["all: "+kind]
		}
		if of == nil {
			t.Errorf("%s prints what docs/json.md does not know: %s", args, line)
			continue
		}
		for _, head := range []string{"type", "time", "schema"} {
			delete(o, head)
		}
		d.holdFields(t, args, of, o)
	}
}

func (d documented) holdFields(t failures, args string, of *documentedObject, o map[string]any) {
	t.Helper()
	of.seen[""] = true
	for key, value := range o {
		field, ok := of.fields[key]
		if !ok {
			t.Errorf("%s prints a field that docs/json.md does not know in %q: %s", args, of.heading, key)
		}
		of.seen[key] = true
		if field.part == "" {
			if _, is := value.(map[string]any); is && !slices.Contains(countsByText, key) && !slices.Contains(countsByText, of.heading+", "+key) {
				t.Errorf("%s prints an object as %s, and docs/json.md does not say which, in %q", args, key, of.heading)
			}
			continue
		}
		part := d.parts[field.part]
		if part == nil {
			t.Errorf("docs/json.md has no part %s", field.part)
			continue
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, e := range list {
			if object, ok := e.(map[string]any); ok {
				d.holdFields(t, args, part, object)
			} else {
				t.Errorf("%s: %s of %q is no object: %v", args, key, of.heading, e)
			}
		}
	}
	for key, field := range of.fields {
		if _, has := o[key]; !has && !field.optional {
			t.Errorf("%s prints %q without %s, which docs/json.md does not say to be left out", args, of.heading, key)
		}
	}
}

// countsByText are fields that are objects whose keys are texts.
var countsByText = []string{"unanswered", "errors", "Part of others: recording, interfaces", "by_interface", "at_lan", "at_sites", "frames_at_lan", "frames_at_sites", "replay: replayed, would-replay, skipped"}

// unseen lists what is documented and was not seen: objects, and fields of those
// that were seen.
func (d documented) unseen() (list []string) {
	for _, group := range []map[string]*documentedObject{d.objects, d.parts} {
		fields := map[string]bool{} // of a heading, and whether one of its types has shown it
		for name, o := range group {
			if !o.seen[""] {
				list = append(list, name)
				continue
			}
			for key := range o.fields {
				key = o.heading + ", " + key
				fields[key] = fields[key] || o.seen[key[strings.LastIndex(key, " ")+1:]]
			}
		}
		for key := range maps.Keys(fields) {
			if !fields[key] {
				list = append(list, key)
			}
		}
	}
	slices.Sort(list)
	return list
}

// allSeen checks that all that is documented was seen, but for what is listed with
// the reason.
func (d documented) allSeen(t failures, but map[string]string) {
	t.Helper()
	unseen := d.unseen()
	for _, what := range unseen {
		if but[what] == "" {
			t.Errorf("docs/json.md has what no command printed here: %s", what)
		}
	}
	for what, why := range but {
		if !strings.HasPrefix(why, "by chance") && !slices.Contains(unseen, what) {
			t.Errorf("%s was printed or is not documented: why is it said not to be?", what)
		}
	}
}

// What holds the objects against their documentation finds each kind of
// difference.
func TestHoldingObjects(t *testing.T) {
	t.Parallel()
	head := func(kind string) string { return fmt.Sprintf(`{"type":%q,"time":"2026-01-02T03:04:05Z"`, kind) }
	sent := `,"to":"239.1.2.3:1","size":1,"interface":"eth0","ifindex":2,"because":"route"}` + "\n"
	for _, tt := range []struct {
		name, printed string
		fine          bool
	}{
		{"as documented", head("sent") + `,"schema":1` + sent + head("sent") + sent, true},
		{"no schema", head("sent") + sent, false},
		{"the schema again", strings.Repeat(head("sent")+`,"schema":1`+sent, 2), false},
		{"another schema", head("sent") + `,"schema":99` + sent, false},
		{"an unknown object", head("unknown") + `,"schema":1` + sent, false},
		{"an unknown field", head("sent") + `,"schema":1,"colour":"red"` + sent, false},
		{"a field is missing", head("sent") + `,"schema":1,"to":"239.1.2.3:1"}` + "\n", false},
		{"no object", "sent\n", false},
		{"an error among what is sent", head("error") + `,"schema":1,"error":"why"}` + "\n", false},
	} {
		var failed countedFailures
		readObjectsDoc(t).hold(&failed, "send", tt.name, tt.printed)
		if (failed == 0) != tt.fine {
			t.Errorf("%s: %d failures", tt.name, failed)
		}
	}
	var failed countedFailures
	if readObjectsDoc(t).allSeen(&failed, nil); failed == 0 {
		t.Error("nothing was printed, and nothing is missing")
	}
}
