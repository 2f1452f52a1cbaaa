//go:build !linux

package mcast

import "net/netip"

func (c *Conn) sendAgain(err error, _ []byte, _ netip.AddrPort, _ Via) error { return err }
