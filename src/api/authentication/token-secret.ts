import type { ServiceAccount } from '../../../schema/types.ts';
import { SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_UID, TOKEN_SECRET } from '../../rules/legacy-tokens.ts';
import type { Store, Stored } from '../../store/contract.ts';

/** Whether a Secret holds a token of a service account; its type is a field that the store knows. */
export const isTokenSecret = ({ fields }: Pick<Stored, 'fields'>): boolean => fields?.['type'] === TOKEN_SECRET;

/** The Secrets that hold a token of this very account. */
export const tokenSecretsOf = (store: Store, { metadata: account }: ServiceAccount): Stored[] =>
  store
    .list({ resource: 'secrets', namespace: account.namespace ?? '' }, { field: 'type', values: [TOKEN_SECRET] })
    .items.filter((stored) => {
      const { annotations = {} } = stored.object.metadata;
      const uid = annotations[SERVICE_ACCOUNT_UID];
      return (
        isTokenSecret(stored) &&
        annotations[SERVICE_ACCOUNT_NAME] === account.name &&
        (uid === undefined || uid === '' || uid === account.uid)
      );
    });
