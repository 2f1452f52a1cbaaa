package doctor

import (
	"fmt"
	"net/netip"
	"time"
)

// MembersSite is a site of those that bridges join, as the bridge of this LAN tells
// members. The name is safe to show.
type MembersSite struct {
	Name   string
	Here   bool      // it is this one
	Away   bool      // its bridge is not heard any more; of this one: it does not reach the others
	Joined bool      // its LAN is this one, joined by something else than bridges
	Since  time.Time // that it is so; zero: it was so before this program came, or is as it should be
}

// Sites returns what is wrong with the sites that bridges join, as they tell members, or
// one who looks beside: none where there is no bridge. The names are those of topics:
// these are no pitfalls of this host, and [Diagnose] does not look for them. now says what
// a time of today is.
func Sites(o Observed, now time.Time) (out []Finding) {
	var sites []MembersSite
	var back netip.Addr
	switch {
	case o.Members != nil:
		sites, back = o.Members.Sites, o.Members.Back
	case o.Beside != nil:
		sites = o.Beside.Sites
	}
	var own MembersSite
	var away, lately, joined []string
	for _, s := range sites {
		switch {
		case s.Here:
			own = s
		case s.Joined:
			joined = append(joined, s.Name)
		case s.Away:
			away = append(away, s.Name)
			lately = append(lately, sinceThen(s.Since, now))
		}
	}
	status := []string{"on the host of a bridge, with its hub file: groupcast bridge status --hub FILE", "groupcast explain beyond-one-lan"}
	if own.Away {
		out = append(out, Finding{
			Name: "beyond-one-lan", Verdict: Warning, Hints: status,
			Title:    fmt.Sprintf("the bridge of this LAN, %s, does not reach the other sites%s", own.Name, sinceThen(own.Since, now)),
			Evidence: "it says so to the members of its LAN; what is said here is kept there, and crosses when it does",
		})
	} else if len(away) > 0 {
		out = append(out, Finding{
			Name: "beyond-one-lan", Verdict: Warning, Hints: status,
			Title:    fmt.Sprintf("%s %s away%s", people(away), verb(len(away), "is", "are"), verb(len(away), lately[0], "")),
			Evidence: fmt.Sprintf("the bridge of this LAN, %s, does not hear the bridge there; what is said here is kept, and comes there when it is back", own.Name),
		})
	}
	why := []string{"groupcast explain joined-already"}
	switch {
	case len(joined) > 0:
		out = append(out, Finding{
			Name: "joined-already", Verdict: Warning, Hints: why,
			Title:    fmt.Sprintf("%s and this LAN, %s, are joined already, by something else than their bridges", people(joined), own.Name),
			Evidence: fmt.Sprintf("the bridge of this LAN says so, or that of %s is heard here itself", people(joined)),
		})
	case back.IsValid():
		out = append(out, Finding{
			Name: "joined-already", Verdict: Warning, Hints: why,
			Title:    fmt.Sprintf("what is sent here comes back by the bridge at %s: two sites are joined already", back),
			Evidence: "signs of life of this LAN came from the port of bridges within 90 s",
		})
	}
	return out
}

func sinceThen(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case now.Sub(t) > 20*time.Hour:
		return " since " + t.Format(time.DateTime)
	}
	return " since " + t.Format("15:04")
}
