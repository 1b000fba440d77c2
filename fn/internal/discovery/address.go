// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/function-sdk-go/errors"
)

// Address returns where what a target names is reached, given the object itself and, for a
// Deployment or StatefulSet, the Services of its namespace. The error says why it has no
// address, and what to do.
func Address(t Target, object *unstructured.Unstructured, services []*unstructured.Unstructured) (string, error) {
	switch t.Kind {
	case Service:
		return ofService(object, t.Port)
	case Deployment, StatefulSet:
		return ofPods(t, object, services)
	case Ingress:
		return ofIngress(object)
	case KnativeService, KnativeBroker:
		url, _, _ := unstructured.NestedString(object.Object, "status", "address", "url")
		if url == "" {
			return "", errors.New("it has no address yet; see its status")
		}
		return url, nil
	case Pod, Route, DeploymentConfig:
	}
	return "", errors.New("its kind isn't looked up")
}

// ofService is where a Service is reached within the cluster. A Service for a load balancer
// is reached there, too.
func ofService(object *unstructured.Unstructured, port string) (string, error) {
	service := corev1.Service{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &service); err != nil {
		return "", fmt.Errorf("it can't be read: %w", err)
	}
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		return "http://" + service.Spec.ExternalName + ":80", nil
	}
	chosen, found := choosePort(service.Spec.Ports, port)
	if !found {
		return "", errors.New("it has no port; add one to its spec.ports")
	}
	return fmt.Sprintf("%s://%s.%s.svc:%d", scheme(chosen), object.GetName(), object.GetNamespace(), chosen.Port), nil
}

// choosePort returns the port of a name, else the one that most likely serves HTTP.
func choosePort(ports []corev1.ServicePort, name string) (corev1.ServicePort, bool) {
	for _, wanted := range []string{name, "https", "http", "web"} {
		i := slices.IndexFunc(ports, func(p corev1.ServicePort) bool { return p.Name == wanted })
		if i >= 0 && wanted != "" {
			return ports[i], true
		}
	}
	if len(ports) == 0 {
		return corev1.ServicePort{}, false
	}
	return ports[0], true
}

func scheme(p corev1.ServicePort) string {
	if p.Name == "https" || p.Port == 443 || p.Port == 8443 {
		return "https"
	}
	return "http"
}

// ofPods is where the pods of a Deployment or StatefulSet are reached: through a Service that
// selects them. Of several, it is the first by name that has the labels of the target, else the
// first.
func ofPods(t Target, object *unstructured.Unstructured, services []*unstructured.Unstructured) (string, error) {
	pods, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
	selects := func(s *unstructured.Unstructured) bool {
		selector, _, err := unstructured.NestedStringMap(s.Object, "spec", "selector")
		return err == nil && len(selector) > 0 && contains(pods, selector)
	}
	candidates := slices.DeleteFunc(slices.Clone(services), func(s *unstructured.Unstructured) bool { return !selects(s) })
	if len(candidates) == 0 {
		return "", fmt.Errorf("no Service of namespace %s selects its pods (%s); create one, or name the Service to call", t.Namespace, labels.FormatLabels(pods))
	}
	slices.SortFunc(candidates, func(a, b *unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	chosen := max(0, slices.IndexFunc(candidates, func(s *unstructured.Unstructured) bool { return contains(s.GetLabels(), t.Labels) }))
	address, err := ofService(candidates[chosen], t.Port)
	if err != nil {
		return "", fmt.Errorf("its pods are selected by Service %s: %w", candidates[chosen].GetName(), err)
	}
	return address, nil
}

// contains tells whether all labels are among others.
func contains(all, some map[string]string) bool {
	for name, value := range some {
		if got, found := all[name]; !found || got != value {
			return false
		}
	}
	return true
}

// ofIngress is where an Ingress is reached, once it has an address.
func ofIngress(object *unstructured.Unstructured) (string, error) {
	entries, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress")
	host := ""
	if len(entries) > 0 {
		entry, _ := entries[0].(map[string]any)
		name, _ := entry["hostname"].(string)
		ip, _ := entry["ip"].(string)
		host = cmp.Or(name, ip)
	}
	if host == "" {
		return "", errors.New("its status.loadBalancer has no address yet; see whether an ingress controller serves it")
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // IPv6.
	}
	if tls, _, _ := unstructured.NestedSlice(object.Object, "spec", "tls"); len(tls) > 0 {
		return "https://" + host + ":443", nil
	}
	return "http://" + host + ":80", nil
}
