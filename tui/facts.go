package tui

import (
	"cmp"
	"errors"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/session"
)

// parseFacts says who gets facts of this host. A member has to be named, so that nobody
// gets them by a slip.
func parseFacts(args []string, s session.Snapshot) (order, error) {
	if !s.Members.On {
		return nil, &mcast.Advised{Err: errors.New("/facts: members are off"), Advice: cmp.Or(clean(s.Members.Off), "only members ask for facts")}
	}
	word, name := "", ""
	if len(args) > 0 {
		word, name, _ = strings.Cut(strings.TrimSpace(args[0]), " ")
		name = strings.TrimSpace(name)
	}
	switch {
	case (word == "on" || word == "off") && name == "":
		return session.ShareFacts{On: word == "on"}, nil
	case (word == "yes" || word == "no") && name != "":
		member, err := findMember(name, s)
		if err != nil {
			return nil, err
		}
		return session.AgreeFacts{Name: clean(member.String()), Yes: word == "yes"}, nil
	case word == "yes" || word == "no":
		return nil, errors.New("/facts " + word + ": want the name of the member that asked")
	}
	return nil, errors.New("/facts: want on, off, yes NAME or no NAME")
}

func factsWords(s session.Snapshot, nth int) []string {
	if nth == 0 {
		return []string{"on", "off", "yes", "no"}
	}
	return memberNames(s, 0)
}
