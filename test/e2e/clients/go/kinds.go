package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/errors"
	kinds "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// pods: a typed pod through protobuf both ways, and its ready state through a watch.
func pods(ctx context.Context, client kubernetes.Interface) {
	api := client.CoreV1().Pods(ns)
	got(api.Create(ctx, &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "runs", Labels: map[string]string{"a": "b"}},
		Spec: core.PodSpec{Containers: []core.Container{{Name: "main", Image: "nginx"}}}}, meta.CreateOptions{}))
	watch := got(api.Watch(ctx, meta.ListOptions{LabelSelector: "a=b", AllowWatchBookmarks: true}))
	defer watch.Stop()
	for event := range watch.ResultChan() {
		if pod, ok := event.Object.(*core.Pod); ok && pod.Status.Phase == core.PodRunning {
			seen["phase"] = pod.Status.Phase
			break
		}
	}
	must(api.Delete(ctx, "runs", meta.DeleteOptions{}))
}

// elect: a leader is elected through a Lease, and lets it go.
func elect(ctx context.Context, client kubernetes.Interface) {
	ctx, stop := context.WithCancel(ctx)
	lock := got(resourcelock.New(resourcelock.LeasesResourceLock, ns, "leader", client.CoreV1(), client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: "me"}))
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{Lock: lock, ReleaseOnCancel: true,
		LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 100 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { seen["leader"] = "me"; stop() }, OnStoppedLeading: func() {}}})
}

// mapped: a kind that the discovery document resolves, written and listed by the dynamic client.
func mapped(ctx context.Context, client kubernetes.Interface, config *rest.Config) {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	mapping := got(mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"}))
	seen["resource"] = mapping.Resource.String()
	api := got(dynamic.NewForConfig(config)).Resource(mapping.Resource).Namespace(ns)
	labels := map[string]any{"app": "dynamic"}
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "dynamic"}, "spec": map[string]any{"replicas": int64(0), "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": "nginx"}}}}}}}
	got(api.Create(ctx, object, meta.CreateOptions{}))
	seen["listed"] = len(got(api.List(ctx, meta.ListOptions{LabelSelector: "!none", FieldSelector: "metadata.name=dynamic"})).Items)
	seen["scale"] = got(client.AppsV1().Deployments(ns).GetScale(ctx, "dynamic", meta.GetOptions{})).Spec.Replicas
	must(api.DeleteCollection(ctx, meta.DeleteOptions{}, meta.ListOptions{}))
}

// everything: each listed kind is the same in protobuf and in JSON (where both can say the same: objects inside
// objects have no kind in protobuf, so no claim templates here), and so is what a dry run of writing it back answers.
func everything(ctx context.Context, proto, json *kubernetes.Clientset) {
	compared, different := 0, []string{}
	for _, list := range got(proto.Discovery().ServerPreferredResources()) {
		group := got(schema.ParseGroupVersion(list.GroupVersion))
		path := "/apis/" + list.GroupVersion
		if group.Group == "" {
			path = "/api/" + list.GroupVersion
		}
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") || !scheme.Scheme.Recognizes(group.WithKind(resource.Kind)) {
				continue
			}
			compared++
			if err := compare(ctx, proto, json, path, resource); err != nil {
				different = append(different, fmt.Sprintf("%s %s: %v", list.GroupVersion, resource.Name, err))
			}
		}
	}
	seen["many"], seen["different"] = compared > 40, different
}

func compare(ctx context.Context, proto, json *kubernetes.Clientset, path string, resource meta.APIResource) error {
	answer := proto.CoreV1().RESTClient().Get().AbsPath(path, resource.Name).Do(ctx)
	kind := ""
	answer.ContentType(&kind)
	list, err := answer.Get()
	if err != nil || kind != runtime.ContentTypeProtobuf {
		return fmt.Errorf("listed as %s: %v", kind, err)
	}
	for _, item := range got(kinds.ExtractList(list)) {
		named := got(kinds.Accessor(item))
		at := []string{path, "namespaces", named.GetNamespace(), resource.Name, named.GetName()}
		if !resource.Namespaced {
			at = []string{path, resource.Name, named.GetName()}
		}
		one, err := proto.CoreV1().RESTClient().Get().AbsPath(at...).Do(ctx).Get()
		two, again := json.CoreV1().RESTClient().Get().AbsPath(at...).Do(ctx).Get()
		if errors.IsNotFound(err) || errors.IsNotFound(again) {
			continue // it was deleted after the list
		}
		must(err)
		must(again)
		if kept := got(kinds.Accessor(two)).GetResourceVersion(); kept != got(kinds.Accessor(one)).GetResourceVersion() {
			continue // it changed between the two
		}
		if !equality.Semantic.DeepEqual(one, two) {
			return fmt.Errorf("%s in protobuf: %v\nin JSON: %v", named.GetName(), one, two)
		}
		if !slices.Contains(resource.Verbs, "update") {
			continue
		}
		wrote, err := proto.CoreV1().RESTClient().Put().AbsPath(at...).Param("dryRun", "All").Body(one).Do(ctx).Get()
		if errors.IsConflict(err) || errors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		for _, object := range []runtime.Object{one, wrote} {
			got(kinds.Accessor(object)).SetManagedFields(nil)
		}
		if !equality.Semantic.DeepEqual(one, wrote) {
			return fmt.Errorf("%s read: %v\nwritten back: %v", named.GetName(), one, wrote)
		}
	}
	return nil
}
