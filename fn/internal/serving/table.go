// SPDX-License-Identifier: Apache-2.0

// Package serving knows what of a workflow Knative Serving takes. The rules are those by which
// Serving's webhook and schema refuse a Service, written again: Serving's own package brings
// most of Knative. A webhook's refusal stops all of a composite, and no claim is told. See
// https://github.com/knative/serving/blob/main/pkg/apis/serving/fieldmask.go.
package serving

// A feature is what Serving's administrator has to enable before Serving takes a field: a key of
// the ConfigMap config-features in the namespace knative-serving. See
// https://knative.dev/docs/serving/configuration/feature-flags/.
type feature string

// always means that Serving takes a field as it comes.
const always feature = ""

const (
	featureCapabilities = feature("kubernetes.containerspec-addcapabilities")
	featureProbing      = feature("multi-container-probing")
	featureWriting      = feature("kubernetes.podspec-persistent-volume-write")
	featureZeroScale    = feature("allow-zero-initial-scale")
)

// A taken is a part of a pod by its fields that Serving takes. It refuses all other fields.
type taken map[string]feature

// The parts of a pod of which Serving takes only some fields.
var (
	podFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"containers": always, "volumes": always, "imagePullSecrets": always, "serviceAccountName": always,
		"automountServiceAccountToken": always, "enableServiceLinks": always,
		"affinity":                  "kubernetes.podspec-affinity",
		"dnsConfig":                 "kubernetes.podspec-dnsconfig",
		"dnsPolicy":                 "kubernetes.podspec-dnspolicy",
		"hostAliases":               "kubernetes.podspec-hostaliases",
		"hostIPC":                   "kubernetes.podspec-hostipc",
		"hostNetwork":               "kubernetes.podspec-hostnetwork",
		"hostPID":                   "kubernetes.podspec-hostpid",
		"initContainers":            "kubernetes.podspec-init-containers",
		"nodeSelector":              "kubernetes.podspec-nodeselector",
		"priorityClassName":         "kubernetes.podspec-priorityclassname",
		"runtimeClassName":          "kubernetes.podspec-runtimeclassname",
		"schedulerName":             "kubernetes.podspec-schedulername",
		"securityContext":           "kubernetes.podspec-securitycontext",
		"shareProcessNamespace":     "kubernetes.podspec-shareprocessnamespace",
		"tolerations":               "kubernetes.podspec-tolerations",
		"topologySpreadConstraints": "kubernetes.podspec-topologyspreadconstraints",
	}
	podSecurityFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"runAsUser": always, "runAsGroup": always, "runAsNonRoot": always, "fsGroup": always, "supplementalGroups": always, "seccompProfile": always,
	}
	containerFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"name": always, "image": always, "imagePullPolicy": always, "command": always, "args": always, "workingDir": always,
		"env": always, "envFrom": always, "ports": always, "resources": always, "securityContext": always, "volumeMounts": always,
		"livenessProbe": always, "readinessProbe": always, "startupProbe": always,
		"terminationMessagePath": always, "terminationMessagePolicy": always,
	}
	securityFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"allowPrivilegeEscalation": always, "capabilities": always, "privileged": always, "readOnlyRootFilesystem": always,
		"runAsGroup": always, "runAsNonRoot": always, "runAsUser": always, "seccompProfile": always,
	}
	capabilityFields = taken{"drop": always, "add": featureCapabilities}                  //nolint:gochecknoglobals // A table that doesn't change.
	resourceFields   = taken{"limits": always, "requests": always}                        //nolint:gochecknoglobals // A table that doesn't change.
	portFields       = taken{"name": always, "containerPort": always, "protocol": always} //nolint:gochecknoglobals // A table that doesn't change.
	variableFields   = taken{                                                             //nolint:gochecknoglobals // A table that doesn't change.
		"configMapKeyRef": always, "secretKeyRef": always,
		"fieldRef": "kubernetes.podspec-fieldref", "resourceFieldRef": "kubernetes.podspec-fieldref",
	}
	// Serving's schema has no other field of a probe, though its webhook takes one more.
	probeFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"exec": always, "grpc": always, "httpGet": always, "tcpSocket": always,
		"failureThreshold": always, "initialDelaySeconds": always, "periodSeconds": always, "successThreshold": always, "timeoutSeconds": always,
	}
	mountFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"name": always, "mountPath": always, "readOnly": always, "subPath": always,
		"mountPropagation": "kubernetes.podspec-volumes-mount-propagation",
	}
	volumeFields = taken{ //nolint:gochecknoglobals // A table that doesn't change.
		"configMap": always, "secret": always, "projected": always, "emptyDir": always,
		"csi":                   "kubernetes.podspec-volumes-csi",
		"ephemeral":             "kubernetes.podspec-volumes-ephemeral",
		"hostPath":              "kubernetes.podspec-volumes-hostpath",
		"image":                 "kubernetes.podspec-volumes-image",
		"persistentVolumeClaim": "kubernetes.podspec-persistent-volume-claim",
	}
	projectionFields = taken{"configMap": always, "secret": always, "serviceAccountToken": always, "downwardAPI": always} //nolint:gochecknoglobals // A table that doesn't change.
)

// What Serving keeps for itself.
var (
	reservedVariables  = []string{"K_SERVICE", "K_CONFIGURATION", "K_REVISION"} //nolint:gochecknoglobals // A table that doesn't change.
	reservedPaths      = []string{"/", "/dev", "/dev/log"}                      //nolint:gochecknoglobals // A table that doesn't change.
	reservedContainers = []string{"queue-proxy"}                                //nolint:gochecknoglobals // A table that doesn't change.
	reservedPorts      = []int32{8008, 8012, 8013, 8022, 9090, 9091}            //nolint:gochecknoglobals // A table that doesn't change.
)

// portVariable is another variable of the container that has the port.
const portVariable = "PORT"

// shortestImage is how many letters the name of an image has at least, without its registry.
const shortestImage = 2
