package hub

import (
	"github.com/nats-io/nats-server/v2/server"

	"github.com/groupcast/groupcast/mcast/bridge/natslink"
)

// Answers is what subjects of answers begin with. All sites can publish and read them.
const Answers = "groupcast.v1.answer"

// permissions are what a site's key may do. The name of the site is a token of each
// subject that it publishes to, so no site can speak as another, write another's lease or
// read the answers to another's questions. What it asks of JetStream a [desk] passes on, and
// what it gives to it: the acknowledgement goes to the subject that is named as the reply.
//
// Answers of bridges go to [Answers], not to an inbox. A Response permission, which NATS
// has for that, would allow all: a site that publishes with another site's subject as the
// reply hears itself, and may then publish there.
func permissions(site string) *server.Permissions {
	own := []string{Answers + ".*", "$SRV.>", natslink.LeaseAPI(site) + ".>", natslink.HistoryAPI(site) + ".>"}
	for _, kind := range natslink.Kinds {
		own = append(own, "groupcast.v1."+kind+".*."+site+".*")
	}
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: own},
		Subscribe: &server.SubjectPermission{Allow: []string{
			"groupcast.v1.>",
			"$SRV.>",
			natslink.InboxPrefix(site) + ".>",
		}},
	}
}
