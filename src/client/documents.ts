/**
 * The documents of the generic client. They are constants, so that the server parses and validates each of them once.
 * Objects travel as one JSON scalar: nothing is executed field by field. They come without managedFields, which no loop
 * reads and which are half of an object.
 */
export const GET = `query Get($resource: String!, $namespace: String, $name: String!, $subresource: String) {
  object(resource: $resource, namespace: $namespace, name: $name, subresource: $subresource, managedFields: false)
}`;

export const LIST = `query List($resource: String!, $namespace: String, $labelSelector: String, $fieldSelector: String,
  $limit: Int, $continue: String) {
  objects(resource: $resource, namespace: $namespace, labelSelector: $labelSelector, fieldSelector: $fieldSelector,
    limit: $limit, continue: $continue, managedFields: false) { resourceVersion continue items }
}`;

export const CREATE = `mutation Create($resource: String!, $namespace: String, $name: String, $subresource: String,
  $object: JSON!) {
  createObject(resource: $resource, namespace: $namespace, name: $name, subresource: $subresource, object: $object,
    managedFields: false)
}`;

export const UPDATE = `mutation Update($resource: String!, $namespace: String, $name: String!, $subresource: String,
  $object: JSON!) {
  updateObject(resource: $resource, namespace: $namespace, name: $name, subresource: $subresource, object: $object,
    managedFields: false)
}`;

export const PATCH = `mutation Patch($resource: String!, $namespace: String, $name: String!, $subresource: String,
  $type: PatchType, $patch: JSON!, $fieldManager: String, $force: Boolean) {
  patchObject(resource: $resource, namespace: $namespace, name: $name, subresource: $subresource, type: $type,
    patch: $patch, fieldManager: $fieldManager, force: $force, managedFields: false)
}`;

export const DELETE = `mutation Delete($resource: String!, $namespace: String, $name: String!, $gracePeriodSeconds: Int,
  $propagationPolicy: String, $uid: String, $resourceVersion: String) {
  deleteObject(resource: $resource, namespace: $namespace, name: $name, gracePeriodSeconds: $gracePeriodSeconds,
    propagationPolicy: $propagationPolicy, uid: $uid, resourceVersion: $resourceVersion, managedFields: false)
}`;

export const KINDS = `query Kinds { kinds(preferred: true) { resource group version kind namespaced verbs } }`;

export const WATCH = `subscription Watch($resource: String!, $namespace: String, $labelSelector: String,
  $fieldSelector: String, $resourceVersion: String) {
  objectsWatch(resource: $resource, namespace: $namespace, labelSelector: $labelSelector,
    fieldSelector: $fieldSelector, resourceVersion: $resourceVersion, managedFields: false)
}`;
