package session

import (
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/members"
)

// maxSitesNamed is how many sites a sentence names.
const maxSitesNamed = 16

// SitesText says how the sites stand that bridges join, safe to show: "this is room-1;
// room-2 with 2 members, room-3 away since 12:03:04". "": nothing is known.
func SitesText(list []members.Site) string {
	if len(list) == 0 {
		return ""
	}
	text := "this is " + chat.CleanRow(list[0].Name)
	if list[0].Away {
		text += ", whose bridge does not reach the others" + since(list[0])
	}
	var others []string
	for _, s := range list[1:] {
		if len(others) == maxSitesNamed {
			others = append(others, chat.Count(len(list)-1-maxSitesNamed, "site")+" more")
			break
		}
		one := chat.CleanRow(s.Name)
		switch {
		case s.Joined:
			one += " joined to this LAN already"
		case s.Away:
			one += " away" + since(s)
		case list[0].Away && s.Members == 0:
			one += " not heard" // whoever is there does not come through
		default:
			one += " with " + chat.Count(s.Members, "member")
		}
		others = append(others, one)
	}
	if len(others) > 0 {
		text += "; " + strings.Join(others, ", ")
	}
	return text
}

func since(s members.Site) string {
	if s.Since.IsZero() {
		return ""
	}
	return " since " + s.Since.Format(time.TimeOnly)
}
