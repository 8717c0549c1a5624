// Package envtest is an operator's suite as they are written for kube-apiserver and etcd.
package envtest

import (
	"context"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const patience = 2 * time.Minute

func start(t *testing.T, env *envtest.Environment) client.Client {
	t.Helper()
	env.ControlPlaneStartTimeout, env.ControlPlaneStopTimeout = patience, patience
	config, err := env.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not reached: %s", what)
		}
	}
}

func TestControlPlanesSideBySide(t *testing.T) {
	ctx := context.Background()
	first, second := start(t, &envtest.Environment{}), start(t, &envtest.Environment{})
	object := corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one", Namespace: "default"}}
	if err := first.Create(ctx, &object); err != nil {
		t.Fatal(err)
	}
	if err := second.Get(ctx, client.ObjectKeyFromObject(&object), &corev1.ConfigMap{}); !apierrors.IsNotFound(err) {
		t.Fatalf("the other control plane has it too: %v", err)
	}
}

func TestDefinitionsUsersAndKubectl(t *testing.T) {
	ctx := context.Background()
	env := &envtest.Environment{CRDDirectoryPaths: []string{"crds"}, ErrorIfCRDPathMissing: true}
	c := start(t, env)
	shelf := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"books": int64(3)}}}
	shelf.SetGroupVersionKind(schema.GroupVersionKind{Group: "library.example.com", Version: "v1", Kind: "Shelf"})
	shelf.SetName("top")
	shelf.SetNamespace("default")
	if err := c.Create(ctx, shelf); err != nil {
		t.Fatal(err)
	}
	// without controllers no service account is there, and no pod needs one
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
	if err := c.Create(ctx, pod); err != nil {
		t.Fatal(err)
	}
	user, err := env.AddUser(envtest.User{Name: "reader", Groups: []string{"readers"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := client.New(user.Config(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Get(ctx, client.ObjectKeyFromObject(pod), &corev1.Pod{}); !apierrors.IsForbidden(err) {
		t.Fatalf("a user without rights is not refused: %v", err)
	}
}

func TestSwitchesOfAdmission(t *testing.T) {
	env := &envtest.Environment{}
	env.ControlPlane.GetAPIServer().Configure().Set("disable-admission-plugins", "ServiceAccount,TaintNodesByCondition")
	c := start(t, env)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	if err := c.Create(context.Background(), node); err != nil {
		t.Fatal(err)
	}
	if len(node.Spec.Taints) != 0 {
		t.Fatalf("taints: %v", node.Spec.Taints)
	}
}

func TestControllers(t *testing.T) {
	t.Setenv("KU7S_CONTROLLERS", "1")
	ctx := context.Background()
	c := start(t, &envtest.Environment{})
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "brief"}}
	if err := c.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	labels, replicas := map[string]string{"app": "web"}, int32(2)
	web := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "brief"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
			},
		},
	}
	if err := c.Create(ctx, web); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Deployment is available", func() bool {
		return c.Get(ctx, client.ObjectKeyFromObject(web), web) == nil && web.Status.AvailableReplicas == replicas
	})
	if err := c.Delete(ctx, web); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its pods are collected", func() bool {
		var pods corev1.PodList
		return c.List(ctx, &pods, client.InNamespace("brief")) == nil && len(pods.Items) == 0
	})
	if err := c.Delete(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace has ended", func() bool {
		return apierrors.IsNotFound(c.Get(ctx, client.ObjectKeyFromObject(namespace), namespace))
	})
}

func TestMain(m *testing.M) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		panic("KUBEBUILDER_ASSETS is not set")
	}
	os.Exit(m.Run())
}
