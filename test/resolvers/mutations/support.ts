import type { ApiOptions } from '../../../src/api/api.ts';
import type { Dialer } from '../../../src/api/streams/dialer.ts';
import type { User } from '../../../src/api/contract.ts';
import type { Status } from '../../../src/meta/status.ts';
import { createGraphQL, type GraphQLFacade } from '../../../src/resolvers/graphql.ts';
import { TestApi, admin } from '../../api/support.ts';

export interface Result<T> {
  data: T;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: number; status: Status } }[];
}

/** GraphQL over an API over an empty database of its own. */
export class TestGraphQL {
  private constructor(
    readonly t: TestApi,
    readonly graphql: GraphQLFacade,
  ) {}

  /** @param dialer of nodes */
  static async open(options: Partial<ApiOptions> = {}, dialer?: Dialer): Promise<TestGraphQL> {
    const t = await TestApi.open(options);
    return new TestGraphQL(t, createGraphQL({ api: t.api, ...(dialer && { dialer }) }));
  }

  async close(): Promise<void> {
    await this.graphql.close();
    await this.t.close();
  }

  async run<T>(query: string, variables: Record<string, unknown> = {}, user: User = admin): Promise<Result<T>> {
    return JSON.parse(await this.text(query, variables, user)) as Result<T>;
  }

  /** The same as it goes over the wire. */
  async text(query: string, variables: Record<string, unknown> = {}, user: User = admin): Promise<string> {
    return String(await this.graphql.as(this.t.ctx(user)).execute({ query, variables }));
  }

  /** The data, where nothing goes wrong. */
  async data<T>(query: string, variables: Record<string, unknown> = {}, user: User = admin): Promise<T> {
    const { data, errors } = await this.run<T>(query, variables, user);
    if (errors) throw new Error(JSON.stringify(errors.map(({ message, path }) => ({ message, path }))));
    return data;
  }
}
