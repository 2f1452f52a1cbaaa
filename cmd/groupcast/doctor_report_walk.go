package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"time"
)

// maskedFields says what becomes of each text in the facts, by type and field. A text
// that is not listed becomes "", so that a new one is not told by mistake; a test looks
// for such.
var maskedFields = map[string]func(*reportMask, string) string{
	"host.Interface.Name":          (*reportMask).iface,
	"host.Route.Interface":         (*reportMask).iface,
	"host.InterfaceGroups.Name":    (*reportMask).iface,
	"host.Rule.In":                 (*reportMask).iface,
	"host.Rule.Out":                (*reportMask).iface,
	"host.Socket.Program":          (*reportMask).text,
	"doctor.Link.Kind":             (*reportMask).text,
	"doctor.Link.OperState":        (*reportMask).text,
	"doctor.Link.Queue":            (*reportMask).text,
	"doctor.HardwareGroup.Address": (*reportMask).text,
	"doctor.Machine.Vendor":        (*reportMask).text,
	"doctor.Machine.Product":       (*reportMask).text,
	"doctor.Machine.Container":     (*reportMask).text,
	"doctor.FirewallChain.Family":  (*reportMask).text,
	"doctor.FirewallChain.Table":   (*reportMask).chain,
	"doctor.FirewallChain.Name":    (*reportMask).chain,
	"doctor.Facts.Tools":           (*reportMask).text,
	"doctor.Facts.Settings":        (*reportMask).setting,
	"doctor.Facts.Counters":        (*reportMask).text,
	"doctor.Facts.Recounted":       (*reportMask).text,
	"doctor.Facts.Unread":          (*reportMask).same,
	"doctor.Observed.Grown":        (*reportMask).text,
	"doctor.Observed.AtMost":       (*reportMask).text,
	"doctor.Reports.Grown":         (*reportMask).text,
	"doctor.Wire.Why":              (*reportMask).text,
	"doctor.Member.Name":           (*reportMask).member,
	"doctor.Member.Sends":          (*reportMask).iface,
	"doctor.Member.Theirs":         (*reportMask).iface,
	"doctor.Member.Hears":          (*reportMask).member,
	"doctor.MembersSite.Name":      (*reportMask).site,
	"doctor.MembersWay.Heard":      (*reportMask).member,
	"igmp.Member.Mode":             (*reportMask).same,
	"stream.Numbers.Format":        (*reportMask).same,
}

func (m *reportMask) same(s string) string   { return s }
func (m *reportMask) member(s string) string { return numbered(m.people, "member ", s) }
func (m *reportMask) site(s string) string   { return numbered(m.sites, "site", s) }

var (
	addrType     = reflect.TypeFor[netip.Addr]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
	addrPortType = reflect.TypeFor[netip.AddrPort]()
	timeType     = reflect.TypeFor[time.Time]()
	errorType    = reflect.TypeFor[error]()
)

// visitPrefixes lists all prefixes within a value, in the order of its fields.
func visitPrefixes(v reflect.Value, list *[]netip.Prefix) {
	switch t := v.Type(); {
	case t == prefixType:
		*list = append(*list, v.Interface().(netip.Prefix))
		return
	case t == addrType, t == addrPortType, t == timeType, t == errorType:
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			visitPrefixes(v.Field(i), list)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			visitPrefixes(v.Index(i), list)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			visitPrefixes(v.Elem(), list)
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			visitPrefixes(v.MapIndex(key), list)
		}
	}
}

// sortedKeys are the keys of a map in an order that each run has.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.CanInt():
			return cmp.Compare(a.Int(), b.Int())
		case a.CanUint():
			return cmp.Compare(a.Uint(), b.Uint())
		case a.Type() == addrType:
			return a.Interface().(netip.Addr).Compare(b.Interface().(netip.Addr))
		}
		return cmp.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	return keys
}

// mask returns a copy of a value of facts that tells no more than it may. It shares
// nothing with the original.
func mask[T any](m *reportMask, value T) T {
	return m.value("", reflect.ValueOf(&value).Elem()).Interface().(T)
}

// value copies a value; field is the one that it is in, as in maskedFields.
func (m *reportMask) value(field string, v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Type() {
	case addrType:
		out.Set(reflect.ValueOf(m.zoned(v.Interface().(netip.Addr))))
		return out
	case prefixType:
		out.Set(reflect.ValueOf(m.prefix(v.Interface().(netip.Prefix))))
		return out
	case addrPortType:
		a := v.Interface().(netip.AddrPort)
		out.Set(reflect.ValueOf(netip.AddrPortFrom(m.zoned(a.Addr()), a.Port())))
		return out
	case timeType:
		out.Set(v)
		return out
	case errorType:
		if !v.IsNil() {
			out.Set(reflect.ValueOf(m.err(v.Interface().(error))))
		}
		return out
	}
	switch v.Kind() {
	case reflect.String:
		if known := maskedFields[field]; known != nil {
			out.SetString(known(m, v.String()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out.Field(i).Set(m.value(v.Type().String()+"."+f.Name, v.Field(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(m.value(field, v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(m.value(field, v.Index(i)))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(m.value(field, v.Index(i)))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for _, key := range sortedKeys(v) {
				out.SetMapIndex(m.value(field, key), m.value(field, v.MapIndex(key)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}
