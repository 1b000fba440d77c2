// SPDX-License-Identifier: Apache-2.0

// Package e2e installs the packages on a real control plane, claims platforms, and
// looks at what comes of them the way a user does. `make e2e` runs it.
//
// The package stack brings that control plane up, kube talks to it, and ctl is the
// command that leaves it running for a person. The scenarios are one file for each
// subject; world_test.go has what they share.
package e2e
