// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A setting is a property of a service that the platform's objects count on.
type setting struct {
	// property is its name. One that ends with a dot stands for all that begin like that.
	property string
	// fine are values that change nothing.
	fine []string
	// why says what any other value does, and what to do instead.
	why string
}

// settings are those of a service. Bound tells that Knative sets its sink, ephemeral that its
// database lasts as long as its pod.
func settings(bound, ephemeral bool) []setting {
	const (
		movesHealth = "has no effect on an image that is built, or moves the state of health away from where the probes look for it; remove it"
		movesImage  = "selects other settings of the image than those that the platform counts on; remove it"
		noDatabase  = "is about a database that the platform doesn't know of: it runs the service with an ephemeral one; set the service's persistence.postgresql instead"
	)
	out := []setting{
		{"quarkus.http.port", []string{"8080"}, "moves the service away from port 8080, where its Service and its probes look for it; remove it"},
		{"quarkus.http.host", []string{"0.0.0.0", "::"}, "lets the service listen on this address alone, where its Service and its probes may not reach it; remove it"},
		{"quarkus.http.insecure-requests", []string{"enabled"}, "turns away what the Service and the probes send to port 8080; remove it"},
		{"quarkus.http.root-path", []string{"/"}, "has no effect on an image that is built, or moves the service away from where probes, workflows and events look for it; remove it"},
		{"quarkus.http.non-application-root-path", []string{"q", "/q"}, movesHealth},
		{"quarkus.smallrye-health.root-path", []string{"health", "/q/health"}, movesHealth},
		{"quarkus.smallrye-health.liveness-path", []string{"live", "/q/health/live"}, movesHealth},
		{"quarkus.smallrye-health.readiness-path", []string{"ready", "/q/health/ready"}, movesHealth},
		{"quarkus.management.enabled", []string{"false"}, movesHealth},
		{"quarkus.profile", []string{"prod", "http-events-support"}, movesImage},
		{"smallrye.config.profile", []string{"prod", "http-events-support"}, movesImage},
		{"kogito.service.url", nil, "replaces the address that the service gives as its own, which the platform sets to that of the Service; remove it"},
		{"kogito.jobs-service.http.job-status-change-events", []string{"true"}, "keeps the Data Index from learning what becomes of jobs; remove it"},
		{"mp.messaging.outgoing.kogito-job-service-job-status-events-http.url", []string{"${K_SINK}"}, "sends the events of jobs elsewhere than the platform does; set spec.services.jobService.sink instead"},
	}
	if !bound {
		out = append(out, setting{"K_SINK", nil, "is no sink that the platform knows, so that its properties don't use it; set the service's sink instead, and Knative sets the variable"})
	}
	if ephemeral {
		for _, property := range []string{"quarkus.datasource.", "quarkus.flyway.", "kogito.persistence.type"} {
			out = append(out, setting{property, nil, noDatabase})
		}
	}
	return out
}

// managed are the settings that the platform makes with environment variables.
func managed(own []corev1.EnvVar) []setting {
	out := make([]setting, 0, len(own))
	for _, e := range own {
		out = append(out, setting{e.Name, []string{e.Value}, "takes the place of " + e.Name + ", which the platform sets; remove it"})
	}
	return out
}

// canonical returns the name of the environment variable that stands for a property. See
// https://smallrye.io/smallrye-config/Main/config/environment-variables/.
func canonical(property string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, property)
}

// same tells whether a name stands for a property, however it is written: with dots, as an
// environment variable, or for a profile of its own (%prod.x, _PROD_X).
func same(name, property string) bool {
	name, property = canonical(name), canonical(property)
	if i := strings.Index(name, "_"+property); i > 0 && name[0] == '_' {
		name = name[i+1:]
	}
	return name == property || strings.HasSuffix(property, "_") && strings.HasPrefix(name, property)
}

// define finds system properties in the arguments of a Java program.
var define = regexp.MustCompile(`(?:^|[\s"'=])-D["']?([^\s="']+)(?:=([^\s"']*))?`)

// properties warns of what moves a service away from where the platform's objects look for
// it. Own are the platform's variables.
func (w *warnings) properties(t Template, own []corev1.EnvVar, path *field.Path) {
	s, bound := t.Spec.Container, len(t.Injected) > 0
	ephemeral := !t.OwnDatabase && !slices.ContainsFunc(own, func(e corev1.EnvVar) bool { return same(e.Name, "quarkus.datasource.") })
	variables := settings(bound, ephemeral)
	defined := slices.Concat(variables, managed(own)) // A variable of the platform's can't be replaced otherwise.
	for i, e := range s.Env {
		w.property(e.Name, e.Name, e.Value, variables, path.Child("env").Index(i))
		w.defined(e.Value, defined, path.Child("env").Index(i))
	}
	for i, text := range s.Command {
		w.defined(text, defined, path.Child("command").Index(i))
	}
	for i, text := range s.Args {
		w.defined(text, defined, path.Child("args").Index(i))
	}
}

// defined warns of settings among the arguments of a Java program.
func (w *warnings) defined(text string, settings []setting, path *field.Path) {
	for _, m := range define.FindAllStringSubmatch(text, -1) {
		w.property(m[1], "-D"+m[1], m[2], settings, path)
	}
}

func (w *warnings) property(name, shown, value string, settings []setting, path *field.Path) {
	i := slices.IndexFunc(settings, func(s setting) bool { return same(name, s.property) })
	if i >= 0 && (value == "" || !slices.Contains(settings[i].fine, value)) {
		w.add(path, shown, settings[i].why)
	}
}
