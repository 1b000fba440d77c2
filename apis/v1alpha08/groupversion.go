// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// The API group and version of all kinds in this package.
const (
	Group   = "sonataflow.org"
	Version = "v1alpha08"
)

// APIVersion is the apiVersion that users write.
const APIVersion = Group + "/" + Version

// Kinds of this API. A kind that starts with X is the composite behind the claim
// of the same name without it.
const (
	KindSonataFlowPlatform        = "SonataFlowPlatform"
	KindXSonataFlowPlatform       = "XSonataFlowPlatform"
	KindSonataFlowClusterPlatform = "SonataFlowClusterPlatform"
)

// SpecVersion is the version of the Serverless Workflow specification that the
// platform runs. The operator reports the same value in status.version.
const SpecVersion = "0.8"
