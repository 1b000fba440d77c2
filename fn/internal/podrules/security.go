// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// host checks what the pod shares with its node.
func (c *checker) host(p *v1alpha08.PodSpec, path *field.Path) {
	if ptr.Deref(p.ShareProcessNamespace, false) && p.HostPID {
		c.forbid(path.Child("shareProcessNamespace"), "a pod that sees the node's processes can't have a space of its own for them: remove this or hostPID")
	}
	for _, with := range []struct {
		node string
		used bool
	}{{"hostNetwork", p.HostNetwork}, {"hostPID", p.HostPID}, {"hostIPC", p.HostIPC}} {
		if c.ownUsers && with.used {
			c.forbid(path.Child(with.node), "a pod whose users aren't the node's can't share this with the node: remove this or hostUsers")
		}
	}
	if p.OS != nil {
		choice(c, path.Child("os", "name"), &p.OS.Name, corev1.Linux)
	}
}

// podSecurity checks the security options of the whole pod.
func (c *checker) podSecurity(s corev1.PodSecurityContext, p *v1alpha08.PodSpec, path *field.Path) {
	c.user(s.RunAsUser, path.Child("runAsUser"))
	c.group(s.RunAsGroup, path.Child("runAsGroup"))
	c.group(s.FSGroup, path.Child("fsGroup"))
	for i, g := range s.SupplementalGroups {
		c.group(&g, path.Child("supplementalGroups").Index(i))
	}
	choice(c, path.Child("supplementalGroupsPolicy"), s.SupplementalGroupsPolicy, corev1.SupplementalGroupsPolicyMerge, corev1.SupplementalGroupsPolicyStrict)
	choice(c, path.Child("fsGroupChangePolicy"), s.FSGroupChangePolicy, corev1.FSGroupChangeAlways, corev1.FSGroupChangeOnRootMismatch)
	choice(c, path.Child("seLinuxChangePolicy"), s.SELinuxChangePolicy, corev1.SELinuxChangePolicyRecursive, corev1.SELinuxChangePolicyMountOption)
	c.confined(s.SeccompProfile, s.AppArmorProfile, s.WindowsOptions, path)
	seen := map[string]bool{}
	for i, sysctl := range s.Sysctls {
		at := path.Child("sysctls").Index(i).Child("name")
		c.once(seen, at, sysctl.Name)
		c.sysctl(sysctl.Name, p, at)
	}
}

var (
	kernelParameter = regexp.MustCompile(`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`)
	ofNetwork       = regexp.MustCompile(`^net[./]`)
	ofIPC           = regexp.MustCompile(`^(kernel[./](sem$|shm|msg)|fs[./]mqueue[./])`)
)

// sysctl wants the name of a kernel parameter that the pod has to itself.
func (c *checker) sysctl(name string, p *v1alpha08.PodSpec, path *field.Path) {
	switch {
	case !kernelParameter.MatchString(name) || len(name) > validation.DNS1123SubdomainMaxLength:
		c.refuse(path, name, "not the name of a kernel parameter: use one such as net.core.somaxconn")
	case p.HostNetwork && ofNetwork.MatchString(name):
		c.refuse(path, name, "with hostNetwork this is the node's: remove this or hostNetwork")
	case p.HostIPC && ofIPC.MatchString(name):
		c.refuse(path, name, "with hostIPC this is the node's: remove this or hostIPC")
	}
}

// security checks the security options of a container.
func (c *checker) security(s corev1.SecurityContext, pod corev1.PodSecurityContext, path *field.Path) {
	c.user(s.RunAsUser, path.Child("runAsUser"))
	c.group(s.RunAsGroup, path.Child("runAsGroup"))
	choice(c, path.Child("procMount"), s.ProcMount, corev1.DefaultProcMount, corev1.UnmaskedProcMount)
	if ptr.Deref(s.ProcMount, "") == corev1.UnmaskedProcMount && !c.ownUsers {
		c.refuse(path.Child("procMount"), *s.ProcMount, "only a pod whose users aren't the node's may see this: set hostUsers to false, or remove this")
	}
	c.confined(s.SeccompProfile, s.AppArmorProfile, s.WindowsOptions, path)
	if !ptr.Deref(s.AllowPrivilegeEscalation, true) {
		at := path.Child("allowPrivilegeEscalation")
		if ptr.Deref(s.Privileged, false) {
			c.refuse(at, false, "a privileged container can't be kept from gaining privileges: set privileged to false, or remove this")
		}
		if s.Capabilities != nil && slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
			c.refuse(at, false, "a container with CAP_SYS_ADMIN can't be kept from gaining privileges: remove the capability, or this")
		}
	}
	if inherits(corev1.Container{SecurityContext: &s}) {
		return
	}
	c.root(ptr.Deref(s.RunAsUser, ptr.Deref(pod.RunAsUser, 1)), ptr.Deref(s.RunAsNonRoot, ptr.Deref(pod.RunAsNonRoot, false)), path)
}

// inherits tells whether it is the pod that decides what user a container has.
func inherits(x corev1.Container) bool {
	s := ptr.Deref(x.SecurityContext, corev1.SecurityContext{})
	return s.RunAsUser == nil && s.RunAsNonRoot == nil
}

// root refuses a user that is root and mustn't be.
func (c *checker) root(user int64, nonRoot bool, path *field.Path) {
	if user == 0 && nonRoot {
		c.refuse(path.Child("runAsUser"), 0, "user 0 is root, and with runAsNonRoot such a pod never starts: set another user, or runAsNonRoot to false")
	}
}

func (c *checker) user(id *int64, path *field.Path) {
	if id != nil {
		c.all(path, *id, validation.IsValidUserID(*id))
	}
}

func (c *checker) group(id *int64, path *field.Path) {
	if id != nil {
		c.all(path, *id, validation.IsValidGroupID(*id))
	}
}

// confined checks by what a pod or a container is confined.
func (c *checker) confined(seccomp *corev1.SeccompProfile, appArmor *corev1.AppArmorProfile, windows *corev1.WindowsSecurityContextOptions, path *field.Path) {
	if seccomp != nil {
		at := path.Child("seccompProfile")
		c.profile(string(seccomp.Type), seccomp.LocalhostProfile, at)
		if file := ptr.Deref(seccomp.LocalhostProfile, ""); strings.HasPrefix(file, "/") || climbs(file) {
			c.refuse(at.Child("localhostProfile"), file, "must be a path below the node's folder of profiles, which neither starts with / nor has .. in it")
		}
	}
	if appArmor != nil {
		at := path.Child("appArmorProfile")
		c.profile(string(appArmor.Type), appArmor.LocalhostProfile, at)
		const longest = 4095
		if name := ptr.Deref(appArmor.LocalhostProfile, ""); name != strings.TrimSpace(name) || len(name) > longest {
			c.refuse(at.Child("localhostProfile"), name, "must be the name of a profile, without blanks around it")
		}
	}
	if windows != nil && c.linux {
		c.forbid(path.Child("windowsOptions"), "the pod is for Linux: remove this")
	}
}

// profile checks what profiles of seccomp and AppArmor have in common.
func (c *checker) profile(kind string, local *string, path *field.Path) {
	const localhost = "Localhost"
	choice(c, path.Child("type"), &kind, localhost, "RuntimeDefault", "Unconfined")
	at := path.Child("localhostProfile")
	switch {
	case kind == localhost && ptr.Deref(local, "") == "":
		c.require(at, "name a profile that the node has, or use another type")
	case kind != localhost && local != nil:
		c.refuse(at, *local, "only type Localhost has a profile of its own: remove this, or use that type")
	}
}
