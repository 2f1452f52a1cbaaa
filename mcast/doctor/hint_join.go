package doctor

import (
	"fmt"

	"github.com/groupcast/groupcast/mcast/host"
)

// joinOnOne says how to join on one interface of two: only a talk that runs
// has a command to leave a group.
func (in Intent) joinOnOne(stay, leave host.Interface) []string {
	if in.Live {
		return []string{fmt.Sprintf("join on one of them: /leave %s %s", in.Group, leave.Name)}
	}
	return []string{"join on one of them: -i " + stay.Name}
}
