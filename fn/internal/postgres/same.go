// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"slices"
	"strings"
)

// SameTables tells whether two components of a namespace work on the same tables: in one schema
// of one database, however that is written. Databases that can't be compared aren't the same.
func SameTables(a, b *Database, namespace string) bool {
	if a == nil || b == nil || a.Schema != b.Schema {
		return false
	}
	x, y := parse(a.URL), parse(b.URL)
	if x.database != y.database {
		return false
	}
	if x.database == "" && (a.Secret.Name != b.Secret.Name || a.Secret.UserKey != b.Secret.UserKey) {
		return false // The database is called like the user.
	}
	servers := y.servers(namespace)
	return slices.ContainsFunc(x.servers(namespace), func(server string) bool { return slices.Contains(servers, server) })
}

// servers lists the hosts with their ports, each written in one way.
func (l location) servers(namespace string) []string {
	out := make([]string, 0, len(l.hosts))
	for _, h := range l.hosts {
		out = append(out, resolve(h.name, namespace)+":"+strings.TrimLeft(cmp.Or(h.port, defaultPort), "0"))
	}
	return out
}

// resolve writes a host in one way. Kubernetes finds a Service under SERVICE in its own
// namespace, and from everywhere under SERVICE.NAMESPACE, with .svc and .svc.cluster.local after
// it or not.
func resolve(name, namespace string) string {
	if address := canonical(name); address != name || strings.HasPrefix(name, "[") {
		return address
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".svc.cluster.local"), ".svc")
	if !strings.Contains(name, ".") {
		name += "." + namespace
	}
	return name
}
