// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
)

// brokerOf returns the Broker of a platform with eventing.
func (f *faults) brokerOf(p *platform) broker {
	w := f.in(p).world
	return w.broker(w.namespace, "default")
}

// brokerRemoved deletes a Broker, and makes it again. Its Triggers stay meanwhile.
func (f *faults) brokerRemoved() {
	p := f.in(f.eventing[0])
	b := f.brokerOf(p)
	// Knative takes K_SINK from the pods of a workload whose Broker is gone.
	f.touched[p.namespace] = true
	b.delete()
	said := f.saying(p, "EventingReady", "False", "BrokerNotFound")
	if !strings.Contains(said.Message, b.name) {
		f.Errorf("the message doesn't name the Broker: %q", said.Message)
	}
	b.create()
	f.mend()
	p.awaitCondition("EventingReady", "True", "")
}

// knativeKindRemoved deletes the kind Trigger, and with it all Triggers, and installs it
// again.
func (f *faults) knativeKindRemoved() {
	for _, p := range f.eventing {
		for _, trigger := range f.brokerOf(p).awaitTriggers(allTriggers) {
			f.deletes[key(&trigger)] = true
		}
	}
	if _, err := cluster.Kubectl(f.Context(), "", "delete", "customresourcedefinition", "triggers.eventing.knative.dev", "--timeout=90s"); err != nil {
		f.Fatal(err)
	}
	for _, p := range f.eventing {
		// If Crossplane looks for Triggers before it knows that the kind is gone, it
		// can't reconcile the platform until the kind is back. Then it reports its own
		// reason, FatalError.
		said := f.saying(f.in(p), "EventingReady", "", "KnativeNotInstalled", "FatalError")
		if said.Reason == "KnativeNotInstalled" && !strings.Contains(said.Message, "Trigger") {
			f.Errorf("the message doesn't name the kind: %q", said.Message)
		}
	}
	installKnative(f.T)
	f.mend()
	for _, p := range f.eventing {
		b := f.brokerOf(p)
		f.await("new Triggers in "+p.namespace, func(ctx context.Context) error {
			triggers, err := b.triggers(ctx)
			if err != nil {
				return err
			}
			if len(triggers) != allTriggers {
				return fmt.Errorf("there are %d", len(triggers))
			}
			return nil
		})
	}
}

// knativeKilled kills one of Knative Eventing's processes while platforms change, and starts it
// again. Then an event travels through a Broker to its service.
func (f *faults) knativeKilled(process string) {
	f.killed(process, func(launch) { installKnative(f.T) })
	p := f.in(f.eventing[0])
	b, m, id := f.brokerOf(p), p.mailbox(), "after-"+process
	m.open(dataIndex)
	f.await("the Broker to take an event", func(ctx context.Context) error {
		return post(ctx, address(b.namespace, b.name), "JobEvent", id)
	})
	m.awaitAll(map[string]string{id: subscriptions()["JobEvent"]})
}

// servingKilled kills one of Knative Serving's processes while platforms change, and starts it
// again. Then a Knative Service is made, and becomes ready.
func (f *faults) servingKilled(process string) {
	f.killed(process, func(launch) { installServing(f.T) })
	w := f.in(f.eventing[0]).world
	o := w.knativeService("after-"+process, "any")
	w.apply(o)
	w.awaitKnativeService(o.GetName())
	w.kubectl("delete", "services.serving.knative.dev", o.GetName(), "--timeout=90s")
}
