// SPDX-License-Identifier: Apache-2.0

// Package stack runs a control plane on one machine without containers: etcd, the
// Kubernetes API server with its controllers and scheduler, kwok in place of nodes, a
// registry, Crossplane with its RBAC manager, and the function, which Crossplane
// calls over mutual TLS. Both packages are installed the way a user installs them.
//
// What isn't real: pods are records. kwok says that they are Ready; nothing runs in
// them, so there are neither logs nor DNS nor a pod network. The function is the one
// exception: its process is started with the certificates that its pod would mount,
// at the address that its Service's name stands for.
//
// It is for Linux: all of it lives in namespaces of its own.
package stack
