package igmp

// String is the field's word: igmp or mld.
func (f Family) String() string {
	switch f {
	case IGMP:
		return "igmp"
	case MLD:
		return "mld"
	}
	return "unknown"
}

// String is query, report or leave.
func (k Kind) String() string {
	switch k {
	case Query:
		return "query"
	case Report:
		return "report"
	case Leave:
		return "leave"
	}
	return "unknown"
}

// String is all, own or unknown.
func (s Sight) String() string {
	switch s {
	case SightAll:
		return "all"
	case SightOwn:
		return "own"
	}
	return "unknown"
}
