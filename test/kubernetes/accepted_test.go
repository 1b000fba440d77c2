// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import "regexp"

// A difference is a spec that Kubernetes refuses and the function doesn't. The user gets
// the API server's message, because the function passes it on, but only after some objects
// of the platform have been applied.
type difference struct {
	reason  string
	refusal *regexp.Regexp
}

// accepted returns the differences that stay, because a rule of the function would cost
// more than it helps.
func accepted() []difference {
	return []difference{
		{
			reason:  "ids out of range: no user or group has such a number",
			refusal: regexp.MustCompile(`\.(runAsUser|runAsGroup|fsGroup|supplementalGroups\[\d+\]): Invalid value: .* must be between 0 and 2147483647`),
		},
		{
			reason:  "hugepages: their sizes and the resources that they need beside them depend on the node",
			refusal: regexp.MustCompile(`hugepages`),
		},
		{
			reason:  "volumeDevices: no service and no usual sidecar uses block devices",
			refusal: regexp.MustCompile(`\.volumeDevices\b`),
		},
		{
			reason:  "fractions of extended resources: the function doesn't know which resources have fractions",
			refusal: regexp.MustCompile(`\.resources\.(limits|requests)\[.*\]: Invalid value: .* must be an integer`),
		},
	}
}

// open returns the differences that were found and that have no decision yet. When the
// function gets a rule for a difference, remove the line of the difference.
func open() []difference {
	var out []difference
	for reason, refusal := range map[string]string{
		"claim of an ephemeral volume without access modes or storage": `\.ephemeral\.volumeClaimTemplate\b`,
		"field or path of a downwardAPI":                               `\.downwardAPI\b`,
		"two files of a projected volume with one path":                `\.projected: .*conflicting duplicate paths`,
		"life of a projected token":                                    `\.serviceAccountToken\.expirationSeconds`,
		"mode of files out of range":                                   `\.(defaultMode|mode): Invalid value`,
		"mount of a volume that is refused itself":                     `\.volumeMounts\[\d+\]\.name: Not found`,
		"way in which a mount propagates":                              `\.mountPropagation: Unsupported value`,
		"place within a volume that is made of variables":              `\.subPathExpr: Invalid value`,
		"resource that a resourceFieldRef names":                       `\.resourceFieldRef\b`,
		"resource or policy of a resizePolicy":                         `\.resizePolicy\b`,
		"name of a header":                                             `\.httpHeaders\b`,
		"operating system":                                             `spec\.os\b`,
		"hostUsers false beside a namespace of the node":               "when `hostUsers` is false",
		"condition of a readiness gate":                                `\.readinessGates\[\d+\]\.conditionType`,
		"name of a scheduling gate":                                    `\.schedulingGates\[\d+\]`,
		"sysctl":                                                       `\.sysctls\[\d+\]\.name`,
		"profile of seccomp or AppArmor":                               `\.(seccompProfile|appArmorProfile)\b`,
		"policy of a security context":                                 `\.(fsGroupChangePolicy|procMount): Unsupported value`,
		"labels and policies of a constraint on the spread":            `\.topologySpreadConstraints\[\d+\]\.(matchLabelKeys(\[\d+\])?|nodeTaintsPolicy|nodeAffinityPolicy)`,
		"namespace of an affinity":                                     `\.affinity\.pod.*\.namespace: Invalid value`,
		"search domain or option of a resolver":                        `\.dnsConfig\.(searches|options)\[\d+\]`,
		"empty preemptionPolicy":                                       `spec\.preemptionPolicy: Required value`,
	} {
		out = append(out, difference{reason: reason, refusal: regexp.MustCompile(refusal)})
	}
	return out
}
