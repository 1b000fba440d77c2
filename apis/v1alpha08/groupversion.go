// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// The API group and version of all kinds in this package.
const (
	Group   = "sonataflow.org"
	Version = "v1alpha08"
)

// APIVersion is the apiVersion of all kinds in this package.
const APIVersion = Group + "/" + Version

// Kinds of this API. XSonataFlowPlatform is the composite of the claim
// SonataFlowPlatform. In the namespaced form of the API, SonataFlowPlatform is itself a
// composite. SonataFlowClusterPlatform is a composite in both forms.
const (
	KindSonataFlow                = "SonataFlow"
	KindXSonataFlow               = "XSonataFlow"
	KindSonataFlowPlatform        = "SonataFlowPlatform"
	KindXSonataFlowPlatform       = "XSonataFlowPlatform"
	KindSonataFlowClusterPlatform = "SonataFlowClusterPlatform"
)

// SpecVersion is the version of the Serverless Workflow specification that the
// platform runs. The operator reports the same value in status.version.
const SpecVersion = "0.8"
