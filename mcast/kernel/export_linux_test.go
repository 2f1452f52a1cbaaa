package kernel

// Instances are the names of all instances in tracefs.
func Instances() ([]string, error) {
	root, err := OpenTracefs()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return tree{root}.names("instances"), nil
}

// Leave makes an instance and never removes it.
func Leave() (name string, err error) {
	root, err := OpenTracefs()
	if err != nil {
		return "", err
	}
	i, err := newInstance(root)
	if err != nil {
		return "", err
	}
	_, err = i.enable(pathEvents...)
	return i.name, err
}

// OwnerOf is the process that made an instance.
var OwnerOf = ownerOf

// ReasonsHere are the reasons of this kernel, and those that a meaning is known of.
func ReasonsHere() (here Reasons, known []string, err error) {
	root, err := OpenTracefs()
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	format, err := tree{root}.read("events/skb/kfree_skb/format")
	for _, c := range causes {
		known = append(known, c.reason)
	}
	return ParseReasons(format), known, err
}
