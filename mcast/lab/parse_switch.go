package lab

import (
	"errors"
	"fmt"
	"strconv"
)

func (p *parser) parseSwitch(words []string) error {
	if len(words) == 0 {
		return errors.New("want switch NAME")
	}
	s := Switch{Name: words[0]}
	for words = words[1:]; len(words) > 0; words = words[1:] {
		switch word := words[0]; word {
		case "snooping":
			s.Snooping = true
		case "querier":
			s.Querier = true
		case "fastleave":
			s.FastLeave = true
		case "flood", "igmp", "mld", "limit", "on":
			if len(words) == 1 {
				return fmt.Errorf("%s: the value is missing", word)
			}
			words = words[1:]
			if err := s.set(word, words[0]); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q: a switch has snooping, querier, igmp 2 or 3, mld 1 or 2, limit N, fastleave, flood off and on SWITCH only", word)
		}
	}
	p.lines[part{kind: "switch", index: len(p.topology.Switches)}] = p.line
	p.topology.Switches = append(p.topology.Switches, s)
	return nil
}

// set reads a word of a switch that has a value.
func (s *Switch) set(word, value string) (err error) {
	switch {
	case word == "igmp":
		s.IGMP, err = parseIGMP(value)
	case word == "mld":
		s.MLD, err = parseMLD(value)
	case word == "limit":
		if s.Limit, err = strconv.Atoi(value); err != nil || s.Limit < 1 {
			err = fmt.Errorf("limit %s: want a number of groups", value)
		}
	case word == "on":
		s.On = value
	case value == "off":
		s.NoFlood = true
	default:
		err = fmt.Errorf("flood %s: want flood off; else a switch floods", value)
	}
	return err
}

// parseIGMP reads a version of IGMP.
func parseIGMP(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 3 {
		return 0, fmt.Errorf("igmp %s: want 1, 2 or 3", s)
	}
	return n, nil
}

// parseMLD reads a version of MLD.
func parseMLD(s string) (int, error) {
	if s != "1" && s != "2" {
		return 0, fmt.Errorf("mld %s: want 1 or 2", s)
	}
	return int(s[0] - '0'), nil
}
