import { GraphQLEnumType } from 'graphql';

/**
 * An enum of which an answer may have another value: an object that was stored while its definition listed it must not
 * be an error of a query. Nothing else than what is listed is taken.
 */
export class OpenEnum extends GraphQLEnumType {
  override serialize(value: unknown): string | null | undefined {
    return typeof value === 'string' ? value : super.serialize(value);
  }
}
