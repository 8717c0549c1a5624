/** What every entry of the package exports, whatever it runs in. */
export { Cluster, type LiveOptions } from './cluster.ts';
export { applyLive, type ItemOf, type LiveChange, type LiveList, type LivePayload } from './live-list.ts';
export type { Document, VariablesOf } from './typed-document.ts';
export type { Client, Informer } from './contract.ts';
export type { Informers } from './informers.ts';
export type { KubeObject, ObjectMeta } from '../meta/object.ts';
export { StatusError, isStatusError, type Status } from '../meta/status.ts';
