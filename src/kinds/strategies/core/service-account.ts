import type { ServiceAccount } from '../../../../schema/types.ts';
import type { ObjectLike, Unchecked } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { nameAndAge } from '../../cells.ts';

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';

/** Secrets are of the account's namespace: of what refers to one only the name counts. */
function cleanSecretReferences(object: Unchecked<ServiceAccount>): void {
  if (object.secrets) object.secrets = object.secrets.map(({ name }) => (name ? { name } : {}));
}

export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  prepareForCreate: cleanSecretReferences,
  prepareForUpdate: cleanSecretReferences,
  metadata: { whole: 1 },
  warnings(object, old) {
    const has = ({ metadata }: ObjectLike): boolean => metadata.annotations?.[MOUNTABLE] !== undefined;
    // said once, when the annotation comes
    return has(object) && !(old && has(old))
      ? [
          `metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [];
  },
  generation: false,
  relations: [
    {
      field: 'namedSecrets',
      description: 'Secrets that it names: its own, and those that images are pulled with.',
      to: 'secrets',
      back: 'serviceAccounts',
      form: 'names',
      names: ({ secrets, imagePullSecrets }) =>
        [...(secrets ?? []), ...(imagePullSecrets ?? [])].flatMap(({ name }) => name || []),
    },
  ],
  cells: nameAndAge,
  returnsDeleted: true,
};
