package frame

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Bounds of a *Sites.
const (
	MaxSite  = 64 // bytes of a site's name
	MaxSites = 64 // others in a frame
)

// Sites is what a bridge tells its LAN, in a passing frame: at which site it is, how the
// others stand, and which streams are at them. It crosses to no other site: each bridge
// says it of its own. Members that the bridge knows nothing about are not in it.
type Sites struct {
	Site   string // of the bridge: 1 to MaxSite bytes of printable UTF-8
	Away   bool   // the bridge does not reach its hub
	Others []SiteState
}

// SiteState is one other site, or a part of the news of it: longer lists go round in
// several frames.
type SiteState struct {
	Site  string
	State SiteStatus
	Here  []Ref // streams that are heard from there
}

// SiteStatus is how a site stands. One that is not known is to be taken for SiteHere.
type SiteStatus uint64

// The statuses of a site.
const (
	SiteHere   SiteStatus = iota // its bridge is heard
	SiteAway                     // it was heard, and is no more
	SiteJoined                   // its LAN is this one, joined without the bridge
)

// Kind is KindSites.
func (*Sites) Kind() Kind { return KindSites }

type sitesWire struct {
	Site   string      `cbor:"30,keyasint"`
	Away   uint64      `cbor:"31,keyasint,omitempty"`
	Others []siteState `cbor:"32,keyasint,omitempty"`
}

// siteState is a SiteState, as it is written: an array.
type siteState struct {
	_     struct{} `cbor:",toarray"`
	Site  string
	State SiteStatus
	Here  []Ref
}

func (s *Sites) wire() any {
	w := sitesWire{Site: s.Site}
	if s.Away {
		w.Away = 1
	}
	for _, o := range s.Others {
		if o.Here == nil {
			o.Here = []Ref{}
		}
		w.Others = append(w.Others, siteState{struct{}{}, o.Site, o.State, o.Here})
	}
	return w
}

func (s *Sites) check() error {
	if err := checkSite(s.Site); err != nil {
		return err
	}
	if len(s.Others) > MaxSites {
		return fmt.Errorf("%w: %d sites", ErrRange, len(s.Others))
	}
	for _, o := range s.Others {
		if err := checkSite(o.Site); err != nil {
			return err
		}
		if len(o.Here) > maxArray {
			return fmt.Errorf("%w: %d streams at a site", ErrRange, len(o.Here))
		}
	}
	return nil
}

func checkSite(name string) error {
	if len(name) < 1 || len(name) > MaxSite {
		return fmt.Errorf("%w: a site's name of %d bytes", ErrRange, len(name))
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%w: a site's name that is not UTF-8", ErrRange)
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w: a site's name with %U", ErrRange, r)
		}
	}
	return nil
}

func parseSites(s *Sites, key uint64, v value) error {
	switch key {
	case 30:
		return v.text(&s.Site)
	case 31:
		var n uint64
		err := v.uint(&n, 1)
		s.Away = n == 1
		return err
	case 32:
		elements, err := v.array()
		if err != nil {
			return err
		}
		s.Others = make([]SiteState, len(elements))
		for i, element := range elements {
			if err := element.site(&s.Others[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// site reads an array of a name, a status and an array of refs.
func (v value) site(to *SiteState) error {
	elements, err := v.array()
	if err != nil {
		return err
	}
	if len(elements) != 3 {
		return fmt.Errorf("%w: an array of %d, not of 3", ErrBody, len(elements))
	}
	if err := elements[0].text(&to.Site); err != nil {
		return err
	}
	if err := elements[1].uint((*uint64)(&to.State), 1<<64-1); err != nil {
		return err
	}
	refs, err := elements[2].array()
	if err != nil {
		return err
	}
	for _, r := range refs {
		var ref Ref
		if err := r.bytes(ref[:]); err != nil {
			return err
		}
		to.Here = append(to.Here, ref)
	}
	return nil
}
