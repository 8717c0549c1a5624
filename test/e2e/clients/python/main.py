"""Checks a server with the official Python client and prints what it saw as one line of JSON.

Usage: python main.py KUBECONFIG NAMESPACE
"""
import json
import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

kubeconfig, namespace = sys.argv[1:3]
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
apps = client.AppsV1Api()
seen = {}


def refused(action):
    """The status that the server answers, as the client gives it."""
    try:
        action()
    except ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return None


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"of": "python"}), data=data)


def typed():
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=namespace)))
    made = core.create_namespaced_config_map(namespace, config_map("typed", step="one"))
    seen["again"] = refused(lambda: core.create_namespaced_config_map(namespace, config_map("typed")))
    patched = core.patch_namespaced_config_map("typed", namespace, {"data": {"step": "two"}})
    seen["patched"] = patched.data
    patched.metadata.resource_version = made.metadata.resource_version
    seen["stale"] = refused(lambda: core.replace_namespaced_config_map("typed", namespace, patched))
    seen["invalid"] = refused(lambda: core.create_namespaced_config_map(namespace, config_map("Not_A_Name")))
    pages, token = [], None
    core.create_namespaced_config_map(namespace, config_map("second"))
    while True:
        page = core.list_namespaced_config_map(namespace, label_selector="of=python", limit=1, _continue=token)
        pages.append([item.metadata.name for item in page.items])
        token = page.metadata._continue
        if not token:
            break
    seen["pages"] = pages


def watched():
    """A watch that begins at the version of a list sees each later change once."""
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.patch_namespaced_config_map("typed", namespace, {"data": {"step": "three"}})
    core.create_namespaced_config_map(namespace, config_map("third"))
    core.delete_namespaced_config_map("second", namespace)
    watcher, events = watch.Watch(), []
    for event in watcher.stream(core.list_namespaced_config_map, namespace, label_selector="of=python",
                                resource_version=version, timeout_seconds=20):
        events.append([event["type"], event["object"].metadata.name])
        if len(events) == 3:
            watcher.stop()
    seen["watched"] = events


def workload():
    labels = {"app": "python"}
    pod = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="main", image="nginx")]))
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=pod)
    apps.create_namespaced_deployment(
        namespace, client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))
    watcher = watch.Watch()
    for event in watcher.stream(apps.list_namespaced_deployment, namespace, timeout_seconds=30):
        if event["object"].status.ready_replicas == 2:
            seen["ready"] = 2
            watcher.stop()
    seen["pods"] = len(core.list_namespaced_pod(namespace, label_selector="app=python").items)
    scale = apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 1}})
    seen["scale"] = scale.spec.replicas


def dynamically():
    """The dynamic client finds kinds by discovery: a built-in one, and one defined here."""
    api = dynamic.DynamicClient(client.ApiClient())
    maps = api.resources.get(api_version="v1", kind="ConfigMap")
    applied = maps.server_side_apply(
        body={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"key": "one"}},
        name="applied", namespace=namespace, field_manager="python")
    seen["applied"] = [applied.data.key, applied.metadata.managedFields[0].operation]
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    crds = api.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
    group = f"{namespace}.example.com"
    crds.create(body={
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"snakes.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "snakes", "kind": "Snake"},
                 "versions": [{"name": "v1", "served": True, "storage": True,
                               "schema": {"openAPIV3Schema": schema}}]}})
    for event in crds.watch(field_selector=f"metadata.name=snakes.{group}", timeout=20):
        conditions = event["object"].status.conditions or []
        if any(c.type == "Established" and c.status == "True" for c in conditions):
            break
    api.resources.invalidate_cache()
    snakes = api.resources.get(api_version=f"{group}/v1", kind="Snake")
    snake = {"apiVersion": f"{group}/v1", "kind": "Snake", "metadata": {"name": "monty"}, "spec": {"size": 3}}
    seen["custom"] = snakes.create(body=snake, namespace=namespace).spec.size
    snake["spec"]["size"] = "long"
    seen["customInvalid"] = refused(lambda: snakes.create(body={**snake, "metadata": {"name": "bad"}}, namespace=namespace))
    crds.delete(name=f"snakes.{group}")


typed()
watched()
workload()
dynamically()
core.delete_namespace(namespace)
print(json.dumps(seen))
