// SPDX-License-Identifier: Apache-2.0

package images_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestResolve(t *testing.T) {
	t.Parallel()
	kogito := func(registry, tag string) images.Set {
		prefix := registry + "/incubator-kie-kogito-"
		return images.Set{
			DataIndexEphemeral:   prefix + "data-index-ephemeral:" + tag,
			DataIndexPostgreSQL:  prefix + "data-index-postgresql:" + tag,
			JobServiceEphemeral:  prefix + "jobs-service-ephemeral:" + tag,
			JobServicePostgreSQL: prefix + "jobs-service-postgresql:" + tag,
			DBMigrator:           prefix + "db-migrator-tool:" + tag,
			WorkflowDevMode:      registry + "/incubator-kie-sonataflow-devmode:" + tag,
			WorkflowBuilder:      registry + "/incubator-kie-sonataflow-builder:" + tag,
			WorkflowRuntime:      "registry.access.redhat.com/ubi9/openjdk-17-runtime:1.24",
			WorkflowPublisher:    "gcr.io/go-containerregistry/crane:v0.22.1",
		}
	}
	redHat := func(rest string) images.Set {
		const prefix = "registry.redhat.io/openshift-serverless-1/logic-"
		return images.Set{
			DataIndexEphemeral:   prefix + "data-index-ephemeral" + rest,
			DataIndexPostgreSQL:  prefix + "data-index-postgresql" + rest,
			JobServiceEphemeral:  prefix + "jobs-service-ephemeral" + rest,
			JobServicePostgreSQL: prefix + "jobs-service-postgresql" + rest,
			DBMigrator:           prefix + "db-migrator-tool" + rest,
			WorkflowDevMode:      prefix + "swf-devmode" + rest,
			WorkflowBuilder:      prefix + "swf-builder" + rest,
			WorkflowRuntime:      "registry.access.redhat.com/ubi9/openjdk-17-runtime:1.24",
			WorkflowPublisher:    "gcr.io/go-containerregistry/crane:v0.22.1",
		}
	}
	kubesmarts := kogito("quay.io/kubesmarts", "main")
	kubesmarts.DBMigrator = "quay.io/kubesmarts/incubator-kie-kogito-db-migrator:main"
	pinned := kogito("mirror.example.com/apache", "10.1.0")
	pinned.DataIndexPostgreSQL = "example.com/di@" + digest
	pinned.DBMigrator = "migrator"
	pinned.WorkflowDevMode = "example.com/devmode:1"
	cases := map[string]struct {
		reason string
		in     v1beta1.Images
		want   images.Set
	}{
		"Default": {
			reason: "Apache's images are the default.",
			want:   kogito("docker.io/apache", "10.2.0"),
		},
		"Apache": {
			reason: "Apache's images can be asked for by name.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileApache},
			want:   kogito("docker.io/apache", "10.2.0"),
		},
		"KubeSmarts": {
			reason: "KubeSmarts calls the migrator by another name, and publishes main.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileKubeSmarts},
			want:   kubesmarts,
		},
		"RedHat": {
			reason: "Red Hat calls all images by other names. The default is a release on RHEL 8.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat},
			want:   redHat("-rhel8:1.36.0"),
		},
		"RedHatOlder": {
			reason: "Releases before 1.36 are on RHEL 8, too.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "1.35.0"},
			want:   redHat("-rhel8:1.35.0"),
		},
		"RedHatLastOnRHEL8": {
			reason: "1.36 is the last release on RHEL 8, also as a floating tag, with a build, or with a v.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "v1.36-4"},
			want:   redHat("-rhel8:v1.36-4"),
		},
		"RedHatFirstOnRHEL9": {
			reason: "1.37 is the first release on RHEL 9, and so are its builds.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "1.37.0-19"},
			want:   redHat("-rhel9:1.37.0-19"),
		},
		"RedHatThreeDigits": {
			reason: "Versions are compared as numbers, not as texts.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "1.100.0"},
			want:   redHat("-rhel9:1.100.0"),
		},
		"RedHatNextMajor": {
			reason: "A later major version is later than 1.36, with any minor version.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "2.0.0"},
			want:   redHat("-rhel9:2.0.0"),
		},
		"RedHatNoVersion": {
			reason: "A tag that isn't a version is taken for a newer release.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Tag: "latest"},
			want:   redHat("-rhel9:latest"),
		},
		"RedHatMirror": {
			reason: "A mirror has the same names.",
			in:     v1beta1.Images{Profile: v1beta1.ImageProfileRedHat, Registry: "mirror.example.com/osl", Tag: "1.37.1"},
			want: images.Set{
				DataIndexEphemeral:   "mirror.example.com/osl/logic-data-index-ephemeral-rhel9:1.37.1",
				DataIndexPostgreSQL:  "mirror.example.com/osl/logic-data-index-postgresql-rhel9:1.37.1",
				JobServiceEphemeral:  "mirror.example.com/osl/logic-jobs-service-ephemeral-rhel9:1.37.1",
				JobServicePostgreSQL: "mirror.example.com/osl/logic-jobs-service-postgresql-rhel9:1.37.1",
				DBMigrator:           "mirror.example.com/osl/logic-db-migrator-tool-rhel9:1.37.1",
				WorkflowDevMode:      "mirror.example.com/osl/logic-swf-devmode-rhel9:1.37.1",
				WorkflowBuilder:      "mirror.example.com/osl/logic-swf-builder-rhel9:1.37.1",
				WorkflowRuntime:      "registry.access.redhat.com/ubi9/openjdk-17-runtime:1.24",
				WorkflowPublisher:    "gcr.io/go-containerregistry/crane:v0.22.1",
			},
		},
		"RegistryAndTag": {
			reason: "Registry and tag win over those of the profile.",
			in:     v1beta1.Images{Registry: "localhost:5000/mirror/apache", Tag: "999-SNAPSHOT"},
			want:   kogito("localhost:5000/mirror/apache", "999-SNAPSHOT"),
		},
		"RegistryWithSlash": {
			reason: "A slash at the end of the registry does no harm.",
			in:     v1beta1.Images{Registry: "mirror.example.com/"},
			want:   kogito("mirror.example.com", "10.2.0"),
		},
		"FullReference": {
			reason: "A full reference wins over profile, registry and tag, and stays as it is, also with a digest or without registry.",
			in: v1beta1.Images{
				Registry: "mirror.example.com/apache", Tag: "10.1.0",
				DataIndexPostgreSQL: "example.com/di@" + digest, DBMigrator: "migrator", WorkflowDevMode: "example.com/devmode:1",
			},
			want: pinned,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if errs := images.Validate(tc.in, field.NewPath("input", "images")); len(errs) > 0 {
				t.Errorf("%s\nValidate(...): %v", tc.reason, errs)
			}
			if diff := cmp.Diff(tc.want, images.Resolve(tc.in)); diff != "" {
				t.Errorf("%s\nResolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     v1beta1.Images
		// want are the field and the value of each error.
		want []string
	}{
		"Reference": {
			reason: "A reference that a container runtime doesn't understand is refused at its own field.",
			in:     v1beta1.Images{DataIndexEphemeral: "Example.com/DI:1", JobServicePostgreSQL: "https://example.com/js", DBMigrator: "example.com/m@sha256:1"},
			want: []string{
				"input.images.dataIndexEphemeral: Example.com/DI:1",
				"input.images.jobServicePostgreSQL: https://example.com/js",
				"input.images.dbMigrator: example.com/m@sha256:1",
			},
		},
		"Tag": {
			reason: "A wrong tag is one error, although five images would have that tag.",
			in:     v1beta1.Images{Tag: "1 0"},
			want:   []string{"input.images.tag: 1 0"},
		},
		"Registry": {
			reason: "A wrong registry is one error, although five images would come from that registry.",
			in:     v1beta1.Images{Registry: "https://registry.example.com"},
			want:   []string{"input.images.registry: https://registry.example.com"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range images.Validate(tc.in, field.NewPath("input", "images")) {
				got = append(got, err.Field+": "+err.BadValue.(string))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		image  string
		want   string
	}{
		"Name":   {reason: "A name alone is enough.", image: "di"},
		"Full":   {reason: "A reference may have everything: a port, a path, a tag and a digest.", image: "example.com:5000/a/b/c:1@" + digest},
		"Latest": {reason: "The tag latest is allowed.", image: "my/di:latest"},
		"Empty": {
			reason: "An empty text isn't an image.",
			want:   `path: Invalid value: "": not an image: invalid reference format; write it like registry.example.com/organisation/name:tag or …/name@sha256:digest`,
		},
		"UpperCase": {
			reason: "Names are lower case, and the message says so.",
			image:  "My/DI",
			want:   `path: Invalid value: "My/DI": not an image: invalid reference format: repository name (DI) must be lowercase; write it like registry.example.com/organisation/name:tag or …/name@sha256:digest`,
		},
		"Blank": {
			reason: "A blank from copying is easily overlooked.",
			image:  "example.com/di:1 ",
			want:   `path: Invalid value: "example.com/di:1 ": not an image: invalid reference format; write it like registry.example.com/organisation/name:tag or …/name@sha256:digest`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := images.Check(tc.image, field.NewPath("path")); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCheck(%q): -want, +got:\n%s", tc.reason, tc.image, diff)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		image  string
		want   string
	}{
		"Tag":          {reason: "The tag is the version.", image: "example.com:5000/di:10.2.0", want: "10.2.0"},
		"TagAndDigest": {reason: "The tag is the version also beside a digest.", image: "example.com/di:10.2.0@" + digest, want: "10.2.0"},
		"Digest":       {reason: "A digest is cut to as much of a digest as people usually write.", image: "example.com/di@" + digest, want: "9f86d081884c"},
		"Neither":      {reason: "Without tag and digest, latest is pulled; a port isn't a tag.", image: "example.com:5000/di", want: "latest"},
		"Underscores":  {reason: "A label's value starts and ends with a letter or digit.", image: "di:_1.0_-", want: "1.0"},
		"OnlyDots":     {reason: "When nothing of a tag is left, the version isn't known.", image: "di:___", want: "unknown"},
		"Long":         {reason: "A tag may be longer than a label's value.", image: "di:" + strings.Repeat("a", 62) + "." + strings.Repeat("b", 65), want: strings.Repeat("a", 62)},
		"Invalid":      {reason: "A text that isn't an image has no version.", image: "A", want: "unknown"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, images.Version(tc.image)); diff != "" {
				t.Errorf("%s\nVersion(%q): -want, +got:\n%s", tc.reason, tc.image, diff)
			}
		})
	}
}

// FuzzVersion holds that any image gives a legal, not empty, value of a label.
func FuzzVersion(f *testing.F) {
	for _, s := range []string{"a", "a:1", "a@" + digest, "a:" + strings.Repeat("-", 128), "localhost:5000/a", "a:_", "A", strings.Repeat("0", 64), "a@md5:" + strings.Repeat("0", 32)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, image string) {
		got := images.Version(image)
		if errs := validation.IsValidLabelValue(got); len(errs) > 0 || got == "" {
			t.Errorf("Version(%q) = %q: %v", image, got, errs)
		}
	})
}
