// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The domains of annotations of pods.
const (
	autoscaling = "autoscaling.knative.dev"
	queue       = "queue.sidecar.serving.knative.dev"
)

// The annotations that say how many pods there are at least, and at most.
const (
	MinScale = autoscaling + "/min-scale"
	MaxScale = autoscaling + "/max-scale"
)

// The label that says from where a workflow is reached, and its only value.
const (
	labelVisibility = "networking.knative.dev/visibility"
	clusterLocal    = "cluster-local"
)

// OfPods returns those annotations that Knative Serving reads on pods: how it scales them, and
// how large its own container in them is. See
// https://knative.dev/docs/serving/autoscaling/.
func OfPods(annotations map[string]string) map[string]string {
	out := maps.Clone(annotations)
	maps.DeleteFunc(out, func(name, _ string) bool {
		return !strings.HasPrefix(name, autoscaling+"/") && !strings.HasPrefix(name, queue+"/")
	})
	return out
}

// KeepsPod tells whether annotations keep at least one pod while no requests arrive.
func KeepsPod(annotations map[string]string) bool {
	n, err := strconv.Atoi(named(annotations)["min-scale"])
	return err == nil && n > 0
}

// A check says what is wrong with a value; nothing when all is well.
type check func(value string) string

// checks are those of annotations of autoscaling.knative.dev. Others are those of autoscalers that
// aren't Knative's own.
var checks = map[string]check{ //nolint:gochecknoglobals // A table that doesn't change.
	"min-scale":                          whole(0),
	"max-scale":                          whole(0),
	"initial-scale":                      whole(0),
	"activation-scale":                   whole(2),
	"target":                             number(0.01, 0),
	"target-utilization-percentage":      number(1, 100),
	"target-burst-capacity":              burst,
	"panic-window-percentage":            number(1, 100),
	"panic-threshold-percentage":         number(110, 1000),
	"window":                             duration(6*time.Second, time.Second),
	"scale-down-delay":                   duration(0, time.Second),
	"scale-to-zero-pod-retention-period": duration(0, time.Nanosecond),
}

// queueChecks are those of annotations of queue.sidecar.serving.knative.dev.
var queueChecks = map[string]check{ //nolint:gochecknoglobals // A table that doesn't change.
	"resource-percentage":                number(0.1, 100),
	"cpu-resource-request":               quantity,
	"cpu-resource-limit":                 quantity,
	"memory-resource-request":            quantity,
	"memory-resource-limit":              quantity,
	"ephemeral-storage-resource-request": quantity,
	"ephemeral-storage-resource-limit":   quantity,
}

// ValidateAnnotations returns what Knative Serving refuses of annotations of pods.
func ValidateAnnotations(annotations map[string]string, features []string, path *field.Path) field.ErrorList {
	c := checker{features: features}
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		domain, name, _ := strings.Cut(key, "/")
		table := checks
		if domain == queue {
			table = queueChecks
		}
		find, known := table[canonical(name)]
		if !known {
			continue
		}
		if problem := find(annotations[key]); problem != "" {
			c.refuse(path.Key(key), annotations[key], "Knative Serving wants "+problem)
		}
	}
	c.scales(named(annotations), path)
	c.metrics(named(annotations), path)
	return c.errs
}

// scales checks what the numbers of pods say together.
func (c *checker) scales(values map[string]string, path *field.Path) {
	scale := func(name string) (n int, given bool) {
		n, err := strconv.Atoi(values[name])
		return n, err == nil
	}
	least, _ := scale("min-scale")
	most, _ := scale("max-scale")
	if most != 0 && most < least {
		c.refuse(path.Key(MaxScale), values["max-scale"], fmt.Sprintf("is less than %s, which is %d: raise it, or lower that", MinScale, least))
	}
	if n, given := scale("activation-scale"); given && (n < least || most != 0 && n > most) {
		c.refuse(path.Key(autoscaling+"/activation-scale"), values["activation-scale"], "must be between "+MinScale+" and "+MaxScale)
	}
	if n, given := scale("initial-scale"); given && n == 0 {
		c.enabled(path.Key(autoscaling+"/initial-scale"), featureZeroScale)
	}
}

// Knative's own autoscalers.
const (
	classKPA = "kpa." + autoscaling
	classHPA = "hpa." + autoscaling
)

// metrics checks which autoscaler is asked for, and what it measures.
func (c *checker) metrics(values map[string]string, path *field.Path) {
	class, given := values["class"]
	if strings.HasSuffix(class, autoscaling) && class != classKPA && class != classHPA {
		c.errs = append(c.errs, field.NotSupported(path.Key(autoscaling+"/class"), class, []string{classKPA, classHPA}))
	}
	metric, measured := values["metric"]
	switch {
	case !measured:
	case class == classHPA && metric == "":
		c.errs = append(c.errs, field.Required(path.Key(autoscaling+"/metric"), "name a metric, such as cpu"))
	case (!given || class == classKPA) && metric != "concurrency" && metric != "rps":
		c.errs = append(c.errs, field.NotSupported(path.Key(autoscaling+"/metric"), metric, []string{"concurrency", "rps"}))
	}
	if algorithm := values["metric-aggregation-algorithm"]; class == classKPA && algorithm != "" && algorithm != "linear" && canonical(algorithm) != "weighted-exponential" {
		c.errs = append(c.errs, field.NotSupported(path.Key(autoscaling+"/metric-aggregation-algorithm"), algorithm, []string{"linear", "weighted-exponential"}))
	}
}

// ValidateLabels returns what Knative Serving refuses of the labels of a workflow.
func ValidateLabels(labels map[string]string, path *field.Path) field.ErrorList {
	if v, given := labels[labelVisibility]; given && v != clusterLocal {
		return field.ErrorList{field.NotSupported(path.Key(labelVisibility), v, []string{clusterLocal})}
	}
	return nil
}

// named returns the annotations about autoscaling by their names without domain.
func named(annotations map[string]string) map[string]string {
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(annotations)) { // The newer spelling, which wins, comes last or is the only one.
		if domain, name, _ := strings.Cut(key, "/"); domain == autoscaling && (out[canonical(name)] == "" || canonical(name) == name) {
			out[canonical(name)] = annotations[key]
		}
	}
	return out
}

var capital = regexp.MustCompile(`[A-Z]`)

// canonical turns the older spelling of a name, such as minScale, into the newer one.
func canonical(name string) string {
	return capital.ReplaceAllStringFunc(name, func(c string) string { return "-" + strings.ToLower(c) })
}

// whole wants a whole number that isn't too small.
func whole(least int64) check {
	return func(value string) string {
		if n, err := strconv.ParseInt(value, 10, 32); err != nil || n < least {
			return fmt.Sprintf("a whole number of %d or more", least)
		}
		return ""
	}
}

// number wants a number between two others; 0 as the upper one is no bound.
func number(low, high float64) check {
	return func(value string) string {
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err == nil && n >= low && (high == 0 || n <= high):
			return ""
		case high == 0:
			return fmt.Sprintf("a number of %g or more", low)
		}
		return fmt.Sprintf("a number between %g and %g", low, high)
	}
}

// burst wants how many requests pods take at once beyond their target; -1 is no bound.
func burst(value string) string {
	if n, err := strconv.ParseFloat(value, 64); err != nil || n < 0 && n != -1 {
		return "a number of 0 or more, or -1"
	}
	return ""
}

// duration wants one of at most an hour.
func duration(least, precision time.Duration) check {
	return func(value string) string {
		d, err := time.ParseDuration(value)
		if err == nil && d >= least && d <= time.Hour && d.Round(precision) == d {
			return ""
		}
		return fmt.Sprintf("a duration between %s and 1h, in whole seconds, such as 30s", least)
	}
}

// quantity wants an amount of a resource.
func quantity(value string) string {
	if _, err := resource.ParseQuantity(value); err != nil {
		return "an amount such as 100m or 64Mi"
	}
	return ""
}
