import type { PersistentVolumeClaim } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { splitKey } from '../control/keys.ts';
import { compareQuantity, parseQuantity } from '../meta/quantity.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';

const storageOf = (amounts: Readonly<Record<string, string>> | undefined) => parseQuantity(amounts?.['storage'] ?? '0');

/** A claim that is bound asks for more than it has. */
const wantsMore = ({ spec, status }: PersistentVolumeClaim): boolean =>
  status?.phase === 'Bound' && compareQuantity(storageOf(spec?.resources?.requests), storageOf(status.capacity)) > 0;

/**
 * Says of claims that are to grow who will make them grow: all volume types whose size Kubernetes itself could change are
 * drivers' of their own now. Source: pkg/controller/volume/expand.
 */
export const expand: Reconciler = {
  name: 'expand',
  source: 'volume_expand',
  watches: [
    {
      resource: CLAIMS,
      *keys(claim, old) {
        if (!claim || !wantsMore(claim)) return;
        const asked = storageOf(old?.spec?.resources?.requests);
        const grows = compareQuantity(storageOf(claim.spec?.resources?.requests), asked) > 0;
        if (grows || old?.status?.phase !== 'Bound') yield `${claim.metadata.namespace}/${claim.metadata.name}`;
      },
    },
    { resource: VOLUMES, keys: () => [] },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const claim = ctx.informer(CLAIMS).get(namespace, name);
    if (!claim || !wantsMore(claim)) return;
    const volume = ctx.informer(VOLUMES).get('', claim.spec?.volumeName ?? '');
    if (volume?.spec?.claimRef?.uid !== claim.metadata.uid)
      throw new Error(`persistent Volume is not bound to PVC being updated : ${key}`);
    ctx.events.event(
      { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
      'Normal',
      'ExternalExpanding',
      'waiting for an external controller to expand this PVC',
    );
  },
};
