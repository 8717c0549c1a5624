import type { Node } from '../definitions.ts';

/** What version 2 of another API server says of one group and version: its paths, and what they refer to. */
export interface SecondDocument {
  /** changes when it says something else */
  etag: string;
  paths: ReadonlyMap<string, Node>;
  definitions: ReadonlyMap<string, Node>;
  parameters: ReadonlyMap<string, Node>;
}

/** What API servers beside this one say of what they serve. */
export interface OtherDocuments {
  /** Of version 3: where each document is (a path of this server), by its own path: `apis/GROUP/VERSION` … */
  index(): ReadonlyMap<string, string>;
  /** Of version 2: the servers of the highest priority first. */
  second(): readonly SecondDocument[];
}

export const NO_OTHERS: OtherDocuments = { index: () => new Map(), second: () => [] };
