// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"maps"
	"slices"
)

// Features lists the features that decide what Serving takes.
func Features() []string {
	all := map[string]bool{string(featureProbing): true, string(featureWriting): true, string(featureZeroScale): true}
	for _, part := range []taken{podFields, podSecurityFields, containerFields, securityFields, capabilityFields, resourceFields, portFields, variableFields, mountFields, volumeFields, projectionFields} {
		for _, needs := range part {
			if needs != always {
				all[string(needs)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}
