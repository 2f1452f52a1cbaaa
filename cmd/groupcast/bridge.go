package main

import _ "github.com/groupcast/groupcast/mcast/bridge/natslink"
