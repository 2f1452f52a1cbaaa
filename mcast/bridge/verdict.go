package bridge

import "net/netip"

// Why is what became of a datagram, at one of the two doors of a [Carrier]. Each datagram
// is in exactly one.
type Why string

// At both doors.
const (
	Standby Why = "standby"  // another bridge of the site led
	Joined  Why = "joined"   // the LANs are joined already
	Limited Why = "limited"  // over the rate
	TooLong Why = "too-long" // over the size
	OneWay  Why = "one-way"  // this bridge only listens, or only sends
	Carried Why = "carried"  // from the LAN: published
	Resent  Why = "resent"   // from a site: sent into the LAN
	Unsent  Why = "unsent"   // from a site: the send into the LAN failed
	Lost    Why = "lost"     // the hub was not reached, or nobody led: a leader has just died
)

// At the door of the LAN.
const (
	Own        Why = "own"         // this bridge sent it
	Marked     Why = "marked"      // another bridge sent it
	IsProbe    Why = "probe"       // a probe of a bridge
	NotHere    Why = "not-here"    // to another address, or by another program's membership
	Late       Why = "late"        // it waited over 2 s to be read
	NotAllowed Why = "not-allowed" // its source is not in --from
	Copy       Why = "copy"        // of what was re-sent, brought by a proven reflector
)

// At the door of the sites.
const (
	OwnSite   Why = "own-site"  // it was heard here
	Duplicate Why = "duplicate" // it came before
)

// Verdict is what a [Carrier] decides.
type Verdict struct {
	Why      Why       // of the datagram; "": there was none
	Message  *Message  // if Carried: to be published
	Data     []byte    // if Resent: to be sent to the group from Mark
	Probe    []byte    // to be sent to the group from Mark, after Data; nil: none
	Report   *Report   // to be given to all sites; nil: none
	Findings []Finding // what the carrier has found out, each once
}

// Finding names what is wrong between sites. Its text for people has whoever shows it.
type Finding struct {
	Name  FindingName
	Site  string         // the one that finds it
	Other string         // the other site; "": none
	From  netip.AddrPort // who was seen
	Stops string         // of JoinedAlready: the site that stops; "": none, the LANs are joined in one direction
	Count int            // of what was counted, since the bridge began; of SiteAway seconds
	Err   error          // of NoHistory: why
}

// FindingName is stable: a page explains it.
type FindingName string

// The findings of a bridge.
const (
	JoinedAlready FindingName = "joined-already"      // the LANs of two sites are joined without the bridge
	JoinedNoMore  FindingName = "joined-no-more"      // that has ended: carried again
	SecondHub     FindingName = "second-hub"          // a bridge that no site knows sends into this LAN
	ManyRepeats   FindingName = "many-repeats"        // 200 suspicions in 10 s, and no probe came back
	AnswersStay   FindingName = "answers-stay-behind" // unicast answers came to the bridge
	OverRate      FindingName = "over-rate"           // datagrams are not carried, because they come too fast
	OtherGroups   FindingName = "other-groups"        // the bridge that leads this site carries other groups
	OverMTU       FindingName = "over-mtu"            // a datagram leaves in fragments
	NoHistory     FindingName = "no-history"          // the hub keeps no frames
	FramesDropped FindingName = "frames-dropped"      // kept frames were dropped while the hub was away
	SiteAway      FindingName = "site-away"           // nothing comes of a site any more
	SiteBack      FindingName = "site-back"           // it does again
)
