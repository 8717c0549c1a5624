package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	applymeta "k8s.io/client-go/applyconfigurations/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	v2 "web.example.com/operator/api/v2"
)

// program shows the files of a folder, each under its name.
const program = `require('node:http').createServer((request, response) => {
  const name = require('node:path').basename(request.url) || 'index.html';
  require('node:fs').readFile('/pages/' + name, (error, page) => {
    response.writeHead(error ? 404 : 200, { 'content-type': 'text/html' }).end(error ? '' : page);
  });
}).listen(8080)`

// reconciler makes what there is what a Site says.
type reconciler struct{ client.Client }

func (r *reconciler) setUp(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v2.Site{}).
		Owns(&corev1.ConfigMap{}).
		Owns(&appsv1.Deployment{}).
		Complete(r)
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var site v2.Site
	if err := r.Get(ctx, request.NamespacedName, &site); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !site.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.end(ctx, &site)
	}
	if controllerutil.AddFinalizer(&site, v2.Finalizer) {
		if err := r.Update(ctx, &site); err != nil {
			return ctrl.Result{}, err
		}
	}
	owner := request.String()
	if err := r.keepHost(ctx, &site, &owner); err != nil {
		return ctrl.Result{}, err
	}
	pages := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: site.Name, Namespace: site.Namespace}}
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, pages, func() error {
		pages.Data = map[string]string{}
		for _, page := range site.Spec.Pages {
			pages.Data[page.Name] = page.HTML
		}
		return controllerutil.SetControllerReference(&site, pages, r.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.Apply(ctx, deploymentOf(&site), client.FieldOwner("site-operator"), client.ForceOwnership); err != nil {
		return ctrl.Result{}, err
	}
	var deployment appsv1.Deployment
	if err := r.Get(ctx, request.NamespacedName, &deployment); client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.writeStatus(ctx, &site, deployment.Status.ReadyReplicas)
}

// end gives the host back and lets the Site go. The garbage collector takes what it owns.
func (r *reconciler) end(ctx context.Context, site *v2.Site) error {
	if !controllerutil.ContainsFinalizer(site, v2.Finalizer) {
		return nil
	}
	if err := r.keepHost(ctx, site, nil); err != nil {
		return err
	}
	controllerutil.RemoveFinalizer(site, v2.Finalizer)
	return client.IgnoreNotFound(r.Update(ctx, site))
}

// keepHost writes whose the host of a Site is: nobody's, where owner is nil.
func (r *reconciler) keepHost(ctx context.Context, site *v2.Site, owner *string) error {
	patch, err := json.Marshal(map[string]any{"data": map[string]*string{site.Spec.Host: owner}})
	if err != nil {
		return err
	}
	hosts := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "hosts", Namespace: "web-system"}}
	return r.Patch(ctx, hosts, client.RawPatch(types.MergePatchType, patch))
}

func (r *reconciler) writeStatus(ctx context.Context, site *v2.Site, ready int32) error {
	old := site.Status.DeepCopy()
	condition := metav1.Condition{
		Type:    "Ready",
		Status:  metav1.ConditionFalse,
		Reason:  "ServersStarting",
		Message: fmt.Sprintf("%d of %d servers are ready", ready, site.Spec.Replicas),
	}
	if ready >= site.Spec.Replicas {
		condition.Status, condition.Reason = metav1.ConditionTrue, "ServersReady"
	}
	site.Status.ObservedGeneration, site.Status.ReadyReplicas = site.Generation, ready
	meta.SetStatusCondition(&site.Status.Conditions, condition)
	if reflect.DeepEqual(old, &site.Status) {
		return nil
	}
	return r.Status().Update(ctx, site)
}

// deploymentOf is the server of a Site's pages.
func deploymentOf(site *v2.Site) *applyapps.DeploymentApplyConfiguration {
	labels := map[string]string{"web.example.com/site": site.Name}
	owner := applymeta.OwnerReference().
		WithAPIVersion("web.example.com/v2").WithKind("Site").WithName(site.Name).WithUID(site.UID).
		WithController(true).WithBlockOwnerDeletion(true)
	container := applycore.Container().
		WithName("server").WithImage("node:20").WithCommand("node", "-e", program).
		WithPorts(applycore.ContainerPort().WithContainerPort(8080)).
		WithVolumeMounts(applycore.VolumeMount().WithName("pages").WithMountPath("/pages"))
	pages := applycore.Volume().WithName("pages").WithConfigMap(applycore.ConfigMapVolumeSource().WithName(site.Name))
	return applyapps.Deployment(site.Name, site.Namespace).
		WithOwnerReferences(owner).
		WithSpec(applyapps.DeploymentSpec().
			WithReplicas(site.Spec.Replicas).
			WithSelector(applymeta.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(applycore.PodTemplateSpec().
				WithLabels(labels).
				WithSpec(applycore.PodSpec().WithContainers(container).WithVolumes(pages))))
}
