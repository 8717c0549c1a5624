import { typeDescription } from '../../kinds/descriptions.ts';
import type { ObjectSchema } from '../../kinds/schema.ts';

/** What a struct's types say of it; of one of which nobody has said anything, where to look. */
export const structText = ({ name, description }: ObjectSchema, typeName: string): string =>
  typeDescription(name) ??
  description ??
  (name
    ? `\`${name}\` in Kubernetes' OpenAPI document.`
    : `\`${typeName}\`, of which the definition says no more than its fields.`);
