package doctor

import "strings"

// ProofHeading stands over what [Page.Proof] says.
const ProofHeading = "How it was proved"

// Proof says how a pitfall's page was proved; "": the page of a topic, which says
// so in its last section.
func (p Page) Proof() string {
	switch {
	case p.has(ProofHeading):
		return ""
	case p.Name == glossary:
		return "These are definitions, as the sources give them. The lessons use the words."
	case len(p.Lessons) == 0 || p.Lessons[0] != p.Name:
		proof := "No scene in a lab makes it. The project's tests use recorded facts."
		if p.says("documented") {
			proof = "Documented, not tried: no lab can make it. The project's tests use recorded facts."
		}
		return proof
	}
	proof := "The project's tests run its scene and its exercise in a LAN of namespaces, without root. The pitfall happens, " +
		"groupcast names it and no other, the fix mends it, and then groupcast finds nothing."
	if p.says("documented") {
		proof += " The parts that are marked as documented were not tried."
	}
	return proof
}

func (p Page) has(heading string) bool {
	for _, s := range p.Sections {
		if s.Title == heading {
			return true
		}
	}
	return false
}

func (p Page) says(word string) bool {
	for _, s := range p.Sections {
		for _, par := range s.Paragraphs {
			if strings.Contains(par.Text, word) {
				return true
			}
		}
	}
	return false
}
