// A driver of devices by the library for kubelet plugins that Kubernetes publishes: it registers at the kubelet's
// socket, publishes its devices as ResourceSlices, and makes those of a claim known to the runtime by a file of the
// Container Device Interface. What it is asked it says on its standard output.
//
// Arguments: KUBECONFIG NODE REGISTRY DATA CDI PREFIX, with which the names of its files begin.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	resource "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"
)

const (
	name   = "gpu.test.example.com"
	vendor = "gpu.test.example.com/gpu"
)

type driver struct{ node, cdi, prefix string }

func (d driver) file(uid types.UID) string {
	return filepath.Join(d.cdi, d.prefix+string(uid)+".json")
}

func (d driver) PrepareResourceClaims(_ context.Context, claims []*resource.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	results := map[types.UID]kubeletplugin.PrepareResult{}
	for _, claim := range claims {
		fmt.Println("prepare", claim.Name)
		result := kubeletplugin.PrepareResult{}
		devices := []any{}
		for _, given := range claim.Status.Allocation.Devices.Results {
			if given.Driver != name {
				continue
			}
			id := string(claim.UID) + "-" + given.Device
			env := []string{"GPU_" + given.Request + "=" + given.Device}
			if given.AdminAccess != nil && *given.AdminAccess {
				env = append(env, "ADMIN_ACCESS=true")
			}
			edits := map[string]any{
				"env":         env,
				"deviceNodes": []any{map[string]any{"path": "/dev/" + given.Device, "hostPath": "/dev/zero", "type": "c", "major": 1, "minor": 5}},
			}
			devices = append(devices, map[string]any{"name": id, "containerEdits": edits})
			result.Devices = append(result.Devices, kubeletplugin.Device{
				Requests: []string{given.Request}, PoolName: given.Pool, DeviceName: given.Device, CDIDeviceIDs: []string{vendor + "=" + id},
			})
		}
		text, err := json.Marshal(map[string]any{"cdiVersion": "0.5.0", "kind": vendor, "devices": devices})
		if err == nil {
			err = os.WriteFile(d.file(claim.UID), text, 0o644)
		}
		result.Err = err
		results[claim.UID] = result
	}
	return results, nil
}

func (d driver) UnprepareResourceClaims(_ context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	results := map[types.UID]error{}
	for _, claim := range claims {
		fmt.Println("unprepare", claim.Name)
		results[claim.UID] = nil
		if err := os.Remove(d.file(claim.UID)); err != nil && !os.IsNotExist(err) {
			results[claim.UID] = err
		}
	}
	return results, nil
}

func (d driver) HandleError(_ context.Context, err error, msg string) {
	fmt.Println("error", msg, err)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	d := driver{node: os.Args[2], cdi: os.Args[5], prefix: os.Args[6]}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	must(err)
	client, err := kubernetes.NewForConfig(config)
	must(err)
	for _, folder := range os.Args[4:6] {
		must(os.MkdirAll(folder, 0o755))
	}
	plugin, err := kubeletplugin.Start(ctx, d,
		kubeletplugin.KubeClient(client),
		kubeletplugin.NodeName(d.node),
		kubeletplugin.DriverName(name),
		kubeletplugin.RegistrarDirectoryPath(os.Args[3]),
		kubeletplugin.PluginDataDirectoryPath(os.Args[4]),
	)
	must(err)
	devices := []resource.Device{{Name: "gpu-0"}, {Name: "gpu-1"}}
	must(plugin.PublishResources(ctx, resourceslice.DriverResources{
		Pools: map[string]resourceslice.Pool{d.node: {Slices: []resourceslice.Slice{{Devices: devices}}}},
	}))
	fmt.Println("started")
	<-ctx.Done()
	plugin.Stop()
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
