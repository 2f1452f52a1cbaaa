package host

import "fmt"

// Interfaces lists the interfaces of the network namespace, in order of their
// index. On Linux it costs two netlink requests, however many there are.
func Interfaces() ([]Interface, error) {
	list, err := readInterfaces()
	if err != nil {
		return nil, fmt.Errorf("mcast: list interfaces: %w", err)
	}
	return list, nil
}

// InterfaceName names an interface for a message: "" for index 0, "#7" for one
// that is gone. On Linux it costs no netlink request.
func InterfaceName(index int) string {
	if index == 0 {
		return ""
	}
	if name := nameOf(index); name != "" {
		return name
	}
	return fmt.Sprintf("#%d", index)
}
