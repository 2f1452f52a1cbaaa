package tui

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/members"
	"github.com/groupcast/groupcast/mcast/session"
)

func parseNick(args []string, _ session.Snapshot) (order, error) {
	if len(args) == 0 {
		return nil, errors.New("/nick: want a name")
	}
	return session.SetNick{Nick: args[0]}, nil
}

// parseVerify shows a member's key, or says what comparing it gave. That takes a word
// of its own behind the name, so that nobody is verified by a slip.
func parseVerify(args []string, s session.Snapshot) (order, error) {
	switch {
	case !s.Members.On:
		return nil, &mcast.Advised{Err: errors.New("/verify: members are off"), Advice: cmp.Or(clean(s.Members.Off), "only members have keys")}
	case len(args) == 0:
		return nil, errors.New("/verify: want the name of a member")
	}
	typed := strings.TrimSpace(args[0])
	member, err := findMember(typed, s)
	if err == nil {
		return showKey{keyText(member)}, nil
	}
	at := strings.LastIndexByte(typed, ' ')
	answer := strings.ToLower(typed[at+1:])
	if at < 0 || answer != "yes" && answer != "no" {
		return nil, err
	}
	if member, err = findMember(strings.TrimSpace(typed[:at]), s); err != nil {
		return nil, err
	}
	return session.Verify{Name: clean(member.String()), On: answer == "yes"}, nil
}

// keyText shows a member's fingerprint, and says how to compare it.
func keyText(m members.Member) []string {
	name := label(m.Who)
	rows := []string{fmt.Sprintf("%s has the key %s", name, clean(m.Fingerprint))}
	if m.Clash {
		rows = append(rows, "this name was first used with another key: it may be somebody else")
	}
	if m.Verified {
		return append(rows, fmt.Sprintf("you verified it; to take that back: /verify %s no", name))
	}
	return append(rows,
		"it is not verified. Ask that person, face to face or by telephone, which key /who shows there behind \"you are\"",
		fmt.Sprintf("if it is the same in all 16 places: /verify %s yes", name))
}

// findMember is the member with a name as lists show it, or with a key that begins
// so, of at least 4 places.
func findMember(typed string, s session.Snapshot) (members.Member, error) {
	all := slices.Concat(s.Members.Members, s.Members.Gone)
	key := strings.ToLower(strings.ReplaceAll(typed, " ", ""))
	for _, fits := range []func(members.Member) bool{
		func(m members.Member) bool { return label(m.Who) == typed || clean(m.String()) == typed },
		func(m members.Member) bool { return strings.EqualFold(label(m.Who), typed) },
		func(m members.Member) bool {
			return len(key) >= 4 && strings.HasPrefix(strings.ReplaceAll(m.Fingerprint, " ", ""), key)
		},
	} {
		var found []members.Member
		for _, m := range all {
			if fits(m) {
				found = append(found, m)
			}
		}
		switch {
		case len(found) == 0:
			continue
		case slices.ContainsFunc(found, func(m members.Member) bool { return m.Fingerprint != found[0].Fingerprint }):
			return members.Member{}, &mcast.Advised{Err: fmt.Errorf("%s: several have this name", clean(typed)), Advice: "name one by its fingerprint, which /who shows"}
		}
		return found[0], nil
	}
	advice := "no other member is here"
	if names := memberNames(s, 0); len(names) > 0 {
		const most = 8
		more := ""
		if len(names) > most {
			more = fmt.Sprintf(" and %d more: /who", len(names)-most)
		}
		advice = "here are: " + strings.Join(names[:min(len(names), most)], ", ") + more
	}
	return members.Member{}, &mcast.Advised{Err: fmt.Errorf("%s: nobody here has this name", clean(typed)), Advice: advice}
}

// memberNames are the members that are here.
func memberNames(s session.Snapshot, _ int) []string {
	var names []string
	for _, m := range s.Members.Members {
		names = append(names, label(m.Who))
	}
	return names
}
