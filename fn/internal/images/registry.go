// SPDX-License-Identifier: Apache-2.0

package images

import (
	"cmp"
	"strings"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// OpenShift's own registry, and the ConfigMap with the certificates of its authority, which
// OpenShift makes in each namespace. See
// https://docs.openshift.com/container-platform/latest/registry/accessing-the-registry.html.
const (
	openShiftRegistry     = "image-registry.openshift-image-registry.svc:5000"
	openShiftCertificates = "openshift-service-ca.crt"
)

// A Registry is where images of workflows are pushed to.
type Registry struct {
	v1alpha08.RegistrySpec

	// Own tells that it is OpenShift's own one, without other credentials than a token.
	Own bool
}

// RegistryFor is the registry that a platform names, else OpenShift's own one. It has no
// address where there is neither.
func RegistryFor(named v1alpha08.RegistrySpec, cluster v1beta1.Cluster) Registry {
	out := Registry{RegistrySpec: named}
	out.Address = strings.TrimSuffix(out.Address, "/")
	if cluster != v1beta1.ClusterOpenShift {
		return out
	}
	out.Address = cmp.Or(out.Address, openShiftRegistry)
	if host, _, _ := strings.Cut(out.Address, "/"); host == openShiftRegistry {
		out.Own = out.Secret == ""
		out.CA = cmp.Or(out.CA, openShiftCertificates)
		out.Organization = "" // Its images are named by namespace and name alone.
	}
	return out
}
