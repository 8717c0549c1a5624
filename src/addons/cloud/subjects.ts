import type { Node, Pod } from '../../../schema/types.ts';
import type { EventSubject } from '../../control/contract.ts';

/** What an event is about: objects of caches do not say what kind they are. */
export const aboutNode = ({ metadata }: Node): EventSubject => ({ apiVersion: 'v1', kind: 'Node', metadata });
export const aboutPod = ({ metadata }: Pod): EventSubject => ({ apiVersion: 'v1', kind: 'Pod', metadata });
