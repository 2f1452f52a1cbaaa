// Package doctor names the multicast pitfalls that a host is in, says how it
// knows, and tells what to do about each.
//
//	facts, err := doctor.Gather(intent)
//	...
//	for _, f := range doctor.Seen(doctor.Diagnose(facts, intent)) {
//		fmt.Println(f.Name, f.Title, f.Evidence)
//	}
//
// [Diagnose] is a pure function of [Facts] (the host as it is) and [Intent] (the
// program as it means to be). [Gather] reads the facts without privileges. A
// [Probe] finds out what cannot be read, and [Facts.Take] adds it to the facts. A
// program that runs feeds an [Evidence] instead, and sets Facts.Observed to
// [Evidence.Observed]. [Pages] explain each pitfall to people.
//
// A rule that lacks a fact says [Unknown], never [OK]. Linux tells all facts;
// other systems tell the interfaces and the routes.
//
// The package changes nothing: a [Fix] is for the program to apply. Only a Probe
// sends, and only if it is Active. Nothing that was said in a group is kept.
package doctor
