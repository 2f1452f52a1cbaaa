// Groupcast-hub is the server that groupcast's bridges meet at.
package main

import "github.com/groupcast/groupcast/mcast/bridge/hub"

func main() { _ = hub.Config{} }
