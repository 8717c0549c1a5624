import type { Pod } from '../../../schema/types.ts';

/** A pod's place in the network. */
export interface PodAddress {
  ip: string;
  /** path of its network namespace; absent where pods share the host's */
  netns?: string;
}

export interface PodNetwork {
  /** Idempotent per pod; resolves when its traffic is as its policies say. Throws when there is no address left. */
  attach(uid: string, pod: Pod): Promise<PodAddress>;
  detach(uid: string): Promise<void>;
  /** Removes what belongs to no known pod, left by an earlier run. Each is asked for when its turn comes. */
  collect(isKnown: (uid: string) => boolean): Promise<void>;
  close(): Promise<void>;
}
