// SPDX-License-Identifier: Apache-2.0

// Package stack runs a control plane on one machine without containers: etcd, the
// Kubernetes API server with its controllers and scheduler, kwok in place of nodes, a
// registry, Crossplane with its RBAC manager, and the function, which Crossplane calls
// over mutual TLS. Both packages are installed the way a user installs them.
//
// Pods aren't real: they are only objects. kwok sets them Ready, and nothing runs in
// them, so there are no logs, no DNS and no pod network. The function is the one
// exception: its process is started with the certificates that its pod would mount, at
// the address that its Service's name stands for.
//
// The package needs Linux, because the stack runs in Linux namespaces of its own.
package stack
