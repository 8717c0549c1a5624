import type { KubeObject } from 'ku7s/client';

export const SITES = 'sites.web.example.com';
/** A Site goes only when its host has been given back. */
export const FINALIZER = 'web.example.com/host';

export interface Page {
  name: string;
  html: string;
}

/** Version 2: what is stored, and what the operator speaks of. */
export interface Site extends KubeObject {
  spec: { host?: string; pages: Page[]; replicas: number };
  status?: { observedGeneration?: number; readyReplicas?: number; conditions?: Condition[] };
}

/** Version 1 has one page. */
export interface SiteV1 extends KubeObject {
  spec: { host?: string; html: string; replicas: number };
  status?: Site['status'];
}

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

/** The host of a Site that says none. */
export const defaultHost = (name: string, namespace: string): string => `${name}.${namespace}.example.com`;
