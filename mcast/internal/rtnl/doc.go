// Package rtnl reads what the kernel tells by netlink (netlink(7), rtnetlink(7)):
// dumps of what there is, and the attributes of a message. The messages come from
// the kernel, but a walk never trusts a length. Linux only; elsewhere the package
// is empty.
package rtnl
