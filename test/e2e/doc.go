// SPDX-License-Identifier: Apache-2.0

// Package e2e installs the packages on a real control plane, claims platforms, and checks
// the results as a user sees them. `make e2e` runs it.
//
// The package stack starts the control plane, kube talks to it, and ctl is the command
// that leaves it running for a person. Each subject has a file of scenarios;
// world_test.go has what all scenarios share.
package e2e
