package doctor

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const networksIntro = `# Kinds of networks, and what carries groups there

Some networks carry no groups by themselves, and no setting of a program changes that. If the doctor sees such a network, it
reports it before the findings, in a line that begins with "network:", and in JSON as "network" (kind, title, evidence, carries).
The doctor reports what the network looks like; its administrator knows better. A received host is stronger evidence: then the
doctor does not list what would carry groups. The first kind of this list that matches counts.
`

// docs/networks.md is made from the kinds. Run with -update to write it anew.
func TestDocsOfKinds(t *testing.T) {
	const path = "../../docs/networks.md"
	var b strings.Builder
	b.WriteString(networksIntro)
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "\n## %s: %s\n\n**How it is known.** %s\n\n**What carries groups there.** %s\n", k.Name, prose(k.Title), prose(k.Known), prose(k.Carries))
	}
	b.WriteString("\nFor clouds, WSL and Wi-Fi see the pitfall [virtual-network](pitfalls/virtual-network.md).\n" +
		"\n**How it was proved.** The project's tests build such networks of namespaces, or use recorded facts, and read the kind that the doctor names.\n")
	if *updateDocs {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("%s is not what the test makes of it (%v): run the test with -update", path, err)
	}
}
